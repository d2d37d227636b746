import { asPatrolError, PatrolError, problemOf } from '../../core/errors.ts'
import { leakedValues } from '../../core/leaked-values.ts'
import { Secret } from '../../core/secret.ts'
import type { World } from '../../ports/world.ts'
import { type Ownership, type Search, whose } from '../../reconcile/whose.ts'
import { comparedTokens } from '../compared-tokens.ts'
import { withWorld } from '../configured.ts'
import { agree } from '../consent.ts'
import { type ExitCode, exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { Command, Invocation } from '../invocation.ts'
import { jsonLine, problemJson } from '../json.ts'
import { type Deed, deedOf, inTurn, leakReason, warningText } from '../leak-deed.ts'
import { askingJson, askingLines, disabledText, ownershipJson, ownershipText } from '../ownership-text.ts'
import { problemsText } from '../plan-text.ts'
import { secretInput } from '../secret-input.ts'
import { revokeCommand } from './revoke.ts'
import { rotateCommand } from './rotate.ts'

export interface WhoseOptions {
  readonly positional: readonly string[]
  /** False: administrations are not asked. */
  readonly administration?: boolean
  readonly check?: boolean
}

/** `patrol whose`: whether a leaked text holds values of ours, whether they still work, and how to end them. */
export const whoseCommand: Command<WhoseOptions> = async (invocation, options) => {
  const { code, deeds } = await withWorld(invocation, {}, async (wanted, { world, administrations }) => {
    const values = valuesIn(await secretInput(invocation, 'the leaked value', 'patrol whose < leaked.txt'))
    if (values.length === 0) return { code: nothingFound(invocation, options), deeds: [] }
    const { tokens, left, homes } = await comparedTokens(invocation, wanted, world)
    const users = new Set([...wanted.accounts.values()].map(({ user }) => user.toLowerCase()))
    const asked = options.administration === false ? new Map<string, never>() : administrations
    const parts = { tokens, homes, users, administrations: asked }
    const search = await whose(world, parts, values)
    const { config } = invocation.options
    const configFile = config === invocation.io.environment['PATROL_CONFIG'] ? undefined : config
    const deeds = search.owners.map((owner) => deedOf(owner, { users, left, configFile }))
    const ours = search.owners.map((owner) => isOurs(owner, users))
    print(invocation, search, ours, deeds)
    return { code: codeOf(search, ours, options, world), deeds }
  })
  if (!invocation.io.canAsk || invocation.options.json) return code
  return worst([code, ...(await offer(invocation, deeds))])
}

function valuesIn(text: string): readonly Secret[] {
  const found = leakedValues(text, (base64) => Buffer.from(base64, 'base64').toString('latin1'))
  const word = text.trim()
  const values = found.length === 0 && /^\S{16,4096}$/.test(word) ? [word] : found
  return values.map((value) => new Secret(value))
}

/**
 * A text without a value is what a check hopes for, and a slip of whoever asks about one.
 *
 * @throws PatrolError `usage` unless it is a check of what came on stdin
 */
function nothingFound({ io, options, speech }: Invocation, { check }: WhoseOptions): ExitCode {
  if (check === true && !io.canAsk) {
    speech.quiet()
    const nothing = { values: [], disabledVersions: 0, administration: [], problems: [] }
    io.stdout(options.json ? jsonLine(nothing) : 'nothing in it has the form of a PAT\n')
    return exitCodes.done
  }
  throw new PatrolError('usage', 'what was given holds nothing of the form of a personal access token', {
    remedy: 'Give the whole value, of 84 or 52 characters; other text around it does no harm.',
  })
}

function isOurs({ holding, known, lives }: Ownership, users: ReadonlySet<string>): boolean {
  const worksAsOurs = lives.some(({ account }) => account !== undefined)
  return holding !== undefined || worksAsOurs || (known !== undefined && users.has(known.user))
}

function print(
  { io, options, pen, speech }: Invocation,
  { owners, disabled, failures, askings }: Search,
  ours: readonly boolean[],
  deeds: readonly (Deed | undefined)[],
): void {
  const problems = failures.map(({ token, failure }) => problemOf(token, failure))
  if (options.json) {
    const values = owners.map((owner, index) =>
      ownershipJson(owner, ours[index] === true, { deed: deeds[index], disabled }),
    )
    speech.quiet()
    const administration = askings.map(askingJson)
    io.stdout(jsonLine({ values, disabledVersions: disabled, administration, problems: problems.map(problemJson) }))
    return
  }
  for (const line of askingLines(askings)) speech.note(line)
  if (disabled > 0) speech.note(disabledText(disabled))
  speech.quiet()
  const texts = owners.map((owner, index) =>
    ownershipText(io, owner, { deed: deeds[index], disabled }, index + 1, owners.length),
  )
  io.stdout(texts.join('') + problemsText(io, pen, problems))
}

function codeOf(
  { owners, failures, askings }: Search,
  ours: readonly boolean[],
  { check }: WhoseOptions,
  world: World,
): ExitCode {
  const incomplete = askings.flatMap(({ failure }) =>
    failure === undefined || failure.code === 'access-denied' ? [] : [exitCodeOf(failure.code)],
  )
  const works = owners.some(({ lives, known }) => known?.isValid === true || lives.some(({ life }) => life === 'alive'))
  const isBad = check === true && (works || ours.includes(true))
  return worst([
    isBad ? exitCodes.pending : exitCodes.done,
    ...failures.map(({ failure }) => exitCodeOf(failure.code)),
    ...(world.stopping() ? [] : incomplete),
  ])
}

/** One question for each deed; what was agreed to is done at once, and one that fails keeps no other from being done. */
async function offer(invocation: Invocation, deeds: readonly (Deed | undefined)[]): Promise<readonly ExitCode[]> {
  const { io, speech } = invocation
  const codes: ExitCode[] = []
  const rotated = new Set<string>()
  for (const deed of inTurn(deeds)) {
    if (io.stop.aborted) break
    if (deed.token !== undefined && rotated.has(deed.token)) continue
    if (!(await agree(invocation, warningText(deed)))) continue
    try {
      codes.push(await carryOut(invocation, deed))
      if (deed.kind === 'rotate') rotated.add(deed.token)
    } catch (thrown) {
      const failure = asPatrolError(thrown)
      speech.failed(failure)
      codes.push(exitCodeOf(failure.code))
    }
  }
  return codes
}

async function carryOut(invocation: Invocation, deed: Deed): Promise<ExitCode> {
  if (deed.kind === 'revoke') return revokeCommand(invocation, { positional: [deed.authorizationId], yes: true })
  return rotateCommand(invocation, { positional: [deed.token], revokeFirst: true, reason: leakReason, yes: true })
}
