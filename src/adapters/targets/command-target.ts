import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import { type Duration, duration, formatDuration, shortest } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee, Removal, Target } from '../../ports/target.ts'
import { filled } from '../placeholders.ts'
import { assertRunnable, type Ending, type Program, run, withoutSecrets } from './program.ts'

export interface CommandTargetParts {
  readonly name: string
  /** Words, in which placeholders stand as written, or a text for a shell. */
  readonly command: readonly string[] | { readonly shell: string }
  /** The variable that holds the value; undefined for the standard input. */
  readonly variable: string | undefined
  readonly inspect: readonly string[] | undefined
  readonly remove: readonly string[] | undefined
  readonly timeout: Duration
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'elapsed'>
}

/** By these exit codes an inspecting program says what it found. */
const codes = { intact: 0, overwritten: 10, gone: 11 } as const

/** What has no time-out of its own must not hold up a run. */
const inspectionTimeout: Duration = duration(20_000)

/**
 * A program that puts the value where it belongs. The value goes to its standard input or into its environment, never
 * into an argument. Of Patrol's own environment it gets all that holds no secret of Patrol.
 */
export function commandTarget(parts: CommandTargetParts): Target {
  const call = (
    command: Program['command'],
    of: Addressee,
    { variables, input, timeout }: Pick<Program, 'variables' | 'input' | 'timeout'>,
  ): Promise<Ending> =>
    run({
      command: 'shell' in command ? command : command.map((word) => filled(word, of)),
      directory: parts.directory,
      variables: { ...withoutSecrets(parts.environment), ...namesOf(of, parts.name), ...variables },
      input,
      timeout,
    })
  const timeoutWithin = (limits: Limits): Duration => {
    if (parts.clock.elapsed() > limits.sendBy) {
      throw new PatrolError('turn-expired', 'the turn is over; the program was not started')
    }
    return shortest(parts.timeout, limits.timeout)
  }
  return {
    name: parts.name,
    async deliver(consignment, limits) {
      const timeout = timeoutWithin(limits)
      const value = consignment.value.reveal()
      const variables = {
        PATROL_GENERATION: consignment.generation,
        PATROL_VALID_TO: new Date(consignment.validTo).toISOString(),
        ...(parts.variable === undefined ? {} : { [parts.variable]: value }),
      }
      const input = parts.variable === undefined ? value : ''
      const ending = await call(parts.command, consignment, { variables, input, timeout })
      if (ending.code !== 0) throw failureOf(ending, 'the program', timeout)
      return undefined
    },
    async inspect(copy): Promise<Condition> {
      if (parts.inspect === undefined) return { kind: 'unknowable' }
      const timeout = shortest(parts.timeout, inspectionTimeout)
      const ending = await call(parts.inspect, copy, {
        variables: { PATROL_GENERATION: copy.generation },
        input: '',
        timeout,
      })
      if (ending.code === codes.intact) return { kind: 'intact' }
      const message = ending.said === '' ? 'the program that inspects it says so' : ending.said
      if (ending.code === codes.overwritten) return { kind: 'overwritten', message }
      if (ending.code === codes.gone) return { kind: 'gone', message }
      throw failureOf(ending, 'the program that inspects', timeout)
    },
    async remove(copy, limits): Promise<Removal> {
      if (parts.remove === undefined) return { kind: 'kept', why: 'no program is named that could take it away' }
      const timeout = timeoutWithin(limits)
      const ending = await call(parts.remove, copy, {
        variables: { PATROL_GENERATION: copy.generation },
        input: '',
        timeout,
      })
      if (ending.code === codes.intact) return { kind: 'removed' }
      if (ending.code === codes.gone) return { kind: 'absent' }
      if (ending.code === codes.overwritten) return { kind: 'kept', why: ending.said || 'something else is there' }
      throw failureOf(ending, 'the program that removes', timeout)
    },
    async check() {
      const file = 'shell' in parts.command ? undefined : parts.command[0]
      await assertRunnable(file, parts.directory, parts.environment)
    },
  }
}

function namesOf(of: Addressee, target: string): Readonly<Record<string, string>> {
  return { PATROL_TARGET: target, PATROL_TOKEN: of.token, PATROL_ORGANIZATION: of.organization }
}

/** What a program that failed may have done is not known. */
function failureOf({ code, timedOut, said }: Ending, what: string, timeout: Duration): PatrolError {
  const ending = timedOut
    ? `took longer than ${formatDuration(timeout)} and was ended`
    : code === undefined
      ? 'was ended by a signal'
      : `ended with ${code}`
  return new PatrolError('delivery-failed', `${what} ${ending}${said === '' ? '' : `: ${said}`}`, {
    outcome: 'unknown',
  })
}
