import { isatty } from 'node:tty'
import type { OpenWorld } from '../../app/compose.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { PatrolError } from '../../core/errors.ts'
import type { Duration } from '../../core/time.ts'
import type { Random } from '../../ports/random.ts'
import type { Store } from '../../ports/store.ts'
import { type ChildEnd, codeOf, startChild } from '../child.ts'
import { withWorld } from '../configured.ts'
import { type ExitCode, passedOn } from '../exit-code.ts'
import {
  environmentWith,
  type Injection,
  type InjectionOptions,
  injectionsOf,
  withoutOwnSecrets,
} from '../injections.ts'
import type { Command, Invocation } from '../invocation.ts'
import type { RelayedSignal } from '../signals.ts'
import { type StoredValue, storedValue } from '../stored-value.ts'
import { supervise, type Watch } from '../supervision.ts'

export interface ExecOptions extends InjectionOptions {
  /** The names, separated by commas, and the words of the command. */
  readonly positional: readonly [string, readonly string[]]
  readonly watch?: boolean
  readonly every: Duration
  readonly grace: Duration
}

type Values = ReadonlyMap<string, StoredValue>
type Environment = Readonly<Record<string, string | undefined>>

/** `patrol exec`: runs a command that finds values in its environment, and ends as it does. */
export const execCommand: Command<ExecOptions> = async (invocation, options) => {
  const [list, [command = '', ...words]] = options.positional
  const names = list.split(',').map((name) => name.trim())
  const injections = injectionsOf(names, options)
  const begin = (environment: Environment, watch: Watch | undefined): Promise<ChildEnd> =>
    supervise({
      environment,
      start: (one) => startChild(command, words, one),
      relay: (to) => invocation.io.relaySignals?.(to) ?? (() => undefined),
      shared: sharedSignals(),
      watch,
    })
  let first: Environment | undefined
  const end = await withWorld(
    invocation,
    {},
    async (wanted, { world }) => {
      const values = await valuesOf(names, wanted, world.stores)
      first = environmentOf(invocation, options, wanted, injections, values)
      refuseInterrupted(invocation)
      if (options.watch !== true) return undefined
      return begin(first, watchFor({ invocation, options, wanted, world, names, injections, values, command }))
    },
    'stores',
  )
  // Without a watch nothing of Patrol's stays open while the command runs.
  return ended(invocation, command, end ?? (await begin(first ?? {}, undefined)))
}

async function valuesOf(names: readonly string[], wanted: Wanted, stores: ReadonlyMap<string, Store>): Promise<Values> {
  const values = new Map<string, StoredValue>()
  for (const name of names) {
    const stored = await storedValue(wanted, stores, name)
    if (stored === undefined) {
      throw new PatrolError('pat-not-found', `the store has no value of ${name}`, {
        remedy: 'Run `patrol apply` first.',
      })
    }
    values.set(name, stored)
  }
  return values
}

function environmentOf(
  { io }: Invocation,
  { pass = [] }: ExecOptions,
  wanted: Wanted,
  injections: readonly Injection[],
  values: Values,
): Environment {
  const { azureDevOps } = wanted.endpoints
  const parent = withoutOwnSecrets(io.environment, wanted.secretVariables, pass)
  return environmentWith({ parent, injections, values, azureDevOps })
}

function refuseInterrupted({ io }: Invocation): void {
  if (io.stop.aborted) throw new PatrolError('interrupted', 'the command was not started')
}

interface WatchParts {
  readonly invocation: Invocation
  readonly options: ExecOptions
  readonly wanted: Wanted
  readonly world: OpenWorld['world']
  readonly names: readonly string[]
  readonly injections: readonly Injection[]
  readonly values: Values
  readonly command: string
}

/** Looks at the stores from time to time. A store that cannot be read is told once; the command goes on as it is. */
function watchFor(parts: WatchParts): Watch {
  const { invocation, options, wanted, world, names, injections, command } = parts
  const { io, speech } = invocation
  let { values } = parts
  let isFailing = false
  const look = async (): Promise<Environment | undefined> => {
    let fresh: Values
    try {
      fresh = await valuesOf(names, wanted, world.stores)
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      if (!isFailing) speech.warn(`${command} goes on with what it has: ${reason}`)
      isFailing = true
      return undefined
    }
    isFailing = false
    const changed = names.filter((name) => {
      const [before, now] = [values.get(name)?.value, fresh.get(name)?.value]
      return before !== undefined && now !== undefined && !before.equals(now)
    })
    if (changed.length === 0) return undefined
    speech.note(`${changed.join(', ')}: there is a new value`)
    values = fresh
    return environmentOf(invocation, options, wanted, injections, fresh)
  }
  return {
    look,
    // Many that were started at once shall not look at once.
    pause: (signal) => io.wait(Math.round(options.every * (0.8 + 0.4 * share(world.random))), signal),
    grace: (signal) => io.wait(options.grace, signal),
    restarting: () => speech.note(`${command}: is ended and started anew`),
  }
}

/** A number from 0 to 1, each equally likely. */
function share(random: Random): number {
  return Number.parseInt(random.characters(4), 36) / 36 ** 4
}

/** The keys Ctrl-C and Ctrl-\ reach every program of the terminal; handed on, they would count twice. */
function sharedSignals(): ReadonlySet<RelayedSignal> {
  return new Set(isatty(0) ? (['SIGINT', 'SIGQUIT'] as const) : [])
}

function ended({ speech }: Invocation, command: string, end: ChildEnd): ExitCode {
  if (end.kind === 'not-started') {
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such program',
      EACCES: 'it is no program, or you may not run it',
    }
    speech.failed(
      new PatrolError('usage', `${command} could not be started: ${reasons[end.reason] ?? end.reason}`, {
        remedy:
          'Write the program and its words behind --, without quotes around all of it: patrol exec NAME -- npm ci',
      }),
    )
  }
  return passedOn(codeOf(end))
}
