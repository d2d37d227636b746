import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Additions, withEntries } from '../../app/config/added-entries.ts'
import { replaceConfig, writeNewConfig } from '../../app/config/config-file.ts'
import { loadConfig } from '../../app/config/load.ts'
import { decoded } from '../../app/config/references.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { globalPatsOf } from '../../app/migrate/global-pats.ts'
import { PatrolError } from '../../core/errors.ts'
import { type Migration, proposeMigrations } from '../../core/migration.ts'
import type { Narrowing } from '../../core/narrowing.ts'
import { daysUntilGlobalPatsEnd, globalPatsEndAt } from '../../core/succession.ts'
import { accountNamed } from '../account-named.ts'
import { configOption, quoted } from '../config-option.ts'
import { withWorld } from '../configured.ts'
import { agree, asks } from '../consent.ts'
import { exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import { type Command, ConfigurationFaults, type Invocation } from '../invocation.ts'
import { jsonLine, problemJson } from '../json.ts'
import { migrationJson, migrationsText } from '../migration-text.ts'
import { problemsText } from '../plan-text.ts'
import { clean, count } from '../terminal.ts'
import { textDifference } from '../text-difference.ts'
import { isoText } from '../time-text.ts'
import { knownNames } from '../unknown-name.ts'

export interface MigrateOptions {
  readonly account?: string
  readonly narrow: Narrowing
  readonly store?: string
  readonly revokeReplaced?: boolean
  readonly output?: string
  readonly inPlace?: boolean
  readonly yes?: boolean
}

/** The configuration as it is and as it would be. */
interface Change {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** `patrol migrate global`: entries that take the place of PATs for all organizations. It writes nothing but files. */
export const migrateCommand: Command<MigrateOptions> = (invocation, options) => {
  if (options.output !== undefined && options.inPlace === true) {
    throw new PatrolError('usage', '--output and --in-place are two different things', { remedy: 'Leave one out.' })
  }
  return withWorld(invocation, {}, async (wanted, open) => {
    const { io, pen, speech } = invocation
    if (options.account !== undefined) accountNamed(options.account, open.accounts)
    const chosen = options.account === undefined ? [...wanted.accounts.keys()] : [options.account]
    const accounts = chosen.flatMap((name) => wanted.accounts.get(name) ?? [])
    const { reaches, problems } = await globalPatsOf(open, accounts)
    const migrations = proposeMigrations(reaches, wanted.tokens, options.narrow)
    const now = open.world.clock.now()
    const change = changeOf(invocation, wanted, migrations, options)
    speech.quiet()
    const difference = change === undefined ? '' : `\n${textDifference(change.file, change.before, change.after)}`
    const shown = migrationsText(io, pen, migrations, now) + clean(difference)
    const isAsked = change !== undefined && options.inPlace === true && asks(invocation, options)
    const agreed = !isAsked || (await agree(invocation, shown))
    const written = change === undefined || !agreed ? undefined : await write(invocation, change, options)
    io.stdout(
      invocation.options.json
        ? jsonLine({
            globalPatsEndAt: isoText(globalPatsEndAt),
            daysLeft: daysUntilGlobalPatsEnd(now),
            pats: migrations.map(migrationJson),
            ...(change === undefined ? {} : { configuration: change.after }),
            ...(written === undefined ? {} : { written }),
            problems: problems.map(problemJson),
          })
        : // Who was asked has seen it.
          (isAsked ? '' : shown) +
            problemsText(io, pen, problems) +
            (agreed ? closing(migrations, change, written, repeated(invocation, options)) : ''),
    )
    return worst([agreed ? exitCodes.done : exitCodes.failed, ...problems.map(({ code }) => exitCodeOf(code))])
  })
}

/** The file with the proposed entries, and whether it would be a right one; undefined when there is nothing to add. */
function changeOf(
  { io }: Invocation,
  wanted: Wanted,
  migrations: readonly Migration[],
  options: MigrateOptions,
): Change | undefined {
  const entries = migrations.flatMap((migration) => migration.entries)
  if (entries.length === 0) return undefined
  const file = wanted.file ?? ''
  const full = resolve(io.workingDirectory, file)
  const before = decoded(readFileSync(full)) ?? ''
  const additions = { entries, store: storeFor(wanted, options), revokeReplaced: options.revokeReplaced === true }
  const after = withEntries(before, additions satisfies Additions)
  const environment = {
    variables: io.environment,
    readFile: (path: string) => (path === full ? after : readFileSync(path)),
    workingDirectory: io.workingDirectory,
  }
  const loaded = loadConfig(file, environment)
  if (loaded.kind === 'invalid') throw new ConfigurationFaults(loaded.problems)
  return { file, before, after }
}

/** The one that was named, or the only one there is: where `defaults` say the same, it need not be written. */
function storeFor({ stores }: Wanted, { store }: MigrateOptions): string | undefined {
  if (store === undefined) return stores.size === 1 ? [...stores.keys()][0] : undefined
  if (stores.has(store)) return store
  throw new PatrolError('usage', `there is no store named ${store}`, {
    remedy: stores.size === 0 ? 'Declare one under stores.' : knownNames(store, [...stores.keys()]),
  })
}

/** @returns the file that was written; undefined when none was */
async function write(
  { io }: Invocation,
  { file, before, after }: Change,
  options: MigrateOptions,
): Promise<string | undefined> {
  if (options.output !== undefined) {
    await writeNewConfig(resolve(io.workingDirectory, options.output), after)
    return options.output
  }
  if (options.inPlace !== true) return undefined
  await replaceConfig(resolve(io.workingDirectory, file), before, after)
  return file
}

/** The command line that writes what was shown, and nothing else. */
function repeated(invocation: Invocation, { account, narrow, store, revokeReplaced }: MigrateOptions): string {
  const parts = [
    ...(account === undefined ? [] : [`--account ${quoted(account)}`]),
    ...(narrow === 'keep' ? [] : [`--narrow ${narrow}`]),
    ...(store === undefined ? [] : [`--store ${quoted(store)}`]),
    ...(revokeReplaced === true ? ['--revoke-replaced'] : []),
  ]
  return `patrol migrate global --in-place${parts.map((part) => ` ${part}`).join('')}${configOption(invocation)}`
}

/** @param command what would write what was shown */
function closing(
  migrations: readonly Migration[],
  change: Change | undefined,
  written: string | undefined,
  command: string,
): string {
  if (migrations.length === 0) return ''
  if (change === undefined) return '\nnothing to add; `patrol plan` shows what comes next\n'
  const entries = count(migrations.flatMap((migration) => migration.entries).length, 'entry').replace(
    'entrys',
    'entries',
  )
  if (written === undefined)
    return `\n${entries} proposed; \`${clean(command)}\` writes ${entries.startsWith('1 ') ? 'it' : 'them'}\n`
  return `\nwrote ${entries} into ${clean(written)}; \`patrol plan\` shows what comes of that, and \`patrol apply\` does it\n`
}
