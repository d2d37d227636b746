import { appendFileSync } from 'node:fs'
import type { OpenWorld } from '../../app/compose.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { PatrolError } from '../../core/errors.ts'
import { withWorld } from '../configured.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import type { Io } from '../io.ts'
import { storedValue } from '../stored-value.ts'
import { isoText } from '../time-text.ts'
import { formatValue, registryParts, type ValueFormat } from '../value-format.ts'
import { checkedVariable, variableFor } from '../variable-name.ts'

export interface GetOptions {
  readonly positional: readonly string[]
  readonly show?: boolean
  readonly format?: ValueFormat
  /** A variable's name. */
  readonly name?: string
  readonly registry?: string
  readonly host?: string
  /** Where `github` sets the variable. */
  readonly to?: 'env' | 'output'
}

/** `patrol get`: the one command that prints a secret, and to a terminal only when asked to. */
export const getCommand: Command<GetOptions> = (invocation, given) => {
  const { io, options } = invocation
  const { positional, show, registry } = given
  const [name = ''] = positional
  const format = formatOf(given, options.json)
  const variable = given.name === undefined ? variableFor(name) : checkedVariable(given.name, '--name')
  if (format === 'npmrc') registryParts(registry)
  const runnerFile = format === 'github' ? fileOfRunner(io, given.to ?? 'env') : undefined
  if (io.stdoutIsTerminal && show !== true) {
    throw new PatrolError('usage', 'this would print a secret to the terminal', {
      remedy: `Pipe it to where it is needed, or insist: patrol get ${name} --show`,
    })
  }
  const work = async (wanted: Wanted, { world }: OpenWorld): Promise<ExitCode> => {
    const host = given.host ?? new URL(wanted.endpoints.azureDevOps).hostname
    const stored = await storedValue(wanted, world.stores, name)
    if (stored === undefined)
      throw new PatrolError('pat-not-found', `the store has no value of ${name}`, {
        remedy: 'Run `patrol apply` first.',
      })
    const { organization, validTo } = stored
    const value = stored.value.reveal()
    if (format === 'json') {
      const { jsonLine } = await import('../json.ts')
      io.stdout(jsonLine({ token: name, organization, validTo: isoText(validTo) }, { value }))
      return exitCodes.done
    }
    const { stdout, toRunner } = formatValue(format, value, { variable, registry, host })
    io.stdout(io.stdoutIsTerminal && !stdout.endsWith('\n') ? `${stdout}\n` : stdout)
    // The runner reads the file when the step is over, and what it masks when it sees it: so the mask comes first.
    if (runnerFile !== undefined) append(runnerFile, toRunner)
    return exitCodes.done
  }
  return withWorld(invocation, {}, work, 'stores')
}

/** The form that was asked for, with what belongs to another form refused. */
function formatOf(given: GetOptions, json: boolean): ValueFormat {
  const format = given.format ?? (json ? 'json' : 'value')
  if (json && format !== 'json') {
    throw new PatrolError('usage', `--json and --format ${format} are two forms`, { remedy: 'Keep one of the two.' })
  }
  const homes: readonly (readonly [keyof GetOptions, readonly ValueFormat[]])[] = [
    ['name', ['env', 'azure-pipelines', 'github']],
    ['registry', ['npmrc']],
    ['host', ['netrc']],
    ['to', ['github']],
  ]
  const stray = homes.find(([option, formats]) => given[option] !== undefined && !formats.includes(format))
  if (stray === undefined) return format
  const [option, formats] = stray
  throw new PatrolError('usage', `--${option} means nothing to the format ${format}`, {
    remedy: `It belongs to --format ${formats.join(' or --format ')}.`,
  })
}

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files */
function fileOfRunner({ environment }: Io, to: 'env' | 'output'): string {
  const variable = to === 'env' ? 'GITHUB_ENV' : 'GITHUB_OUTPUT'
  const file = environment[variable]
  if (file !== undefined && file !== '') return file
  throw new PatrolError('usage', `${variable} is not set, so there is nothing to hand a variable to`, {
    remedy: 'The format github is for a step of GitHub Actions. Elsewhere use --format env.',
  })
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text)
  } catch (thrown) {
    const reason = (thrown as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new PatrolError('usage', `the variable could not be handed to the runner (${reason})`, {
      remedy: 'GITHUB_ENV and GITHUB_OUTPUT must name files that can be written to, as the runner sets them.',
    })
  }
}
