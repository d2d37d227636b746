import { PatrolError } from '../../core/errors.ts'
import { type Hold, isReason, longestReason } from '../../core/hold.ts'
import { after, day, type Duration, type Instant, times } from '../../core/time.ts'
import { placeHold, releaseHold } from '../../reconcile/hold.ts'
import { withWorld } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import { holdJson } from '../hold-text.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { pointInTime } from '../point-in-time.ts'
import { storedToken } from '../stored-value.ts'
import { clean } from '../terminal.ts'
import { dateText, soonText } from '../time-text.ts'

export interface HoldOptions {
  readonly positional: readonly string[]
  readonly for?: Duration
  readonly until?: string
  readonly reason?: string
  readonly rotation?: boolean
  readonly release?: boolean
}

/** A hold that nobody remembers would keep superseded PATs alive for ever. */
const longestHold = times(365, day)

/** `patrol hold`: keeps superseded PATs of one token from being revoked, or ends that. Only its store is asked. */
export const holdCommand: Command<HoldOptions> = (invocation, given) => {
  checkOptions(given)
  return withWorld(
    invocation,
    {},
    async (wanted, { world }) => {
      const { io, options, speech } = invocation
      const [name = ''] = given.positional
      const token = await storedToken(wanted, world.stores, name)
      speech.note('reading the hold back, which takes some seconds')
      if (given.release === true) {
        const released = await releaseHold(world, token)
        const text = released ? `${token.name} is no longer held\n` : `${token.name} was not held\n`
        io.stdout(options.json ? jsonLine({ token: token.name, hold: null, released }) : clean(text))
        return exitCodes.done
      }
      // What makes no sense is told before anybody is asked; the time that counts is that of the store's answer.
      wantedHold(given, world.clock.now())
      let endsAt: Instant | undefined
      const hold = await placeHold(world, token, (now, { validTo }) => {
        endsAt = validTo
        return wantedHold(given, now)
      })
      // A person may have a reason, but seldom means to let the value die.
      if (hold.stops === 'replacement' && endsAt !== undefined && endsAt <= hold.until) {
        speech.warn(
          `the PAT of ${token.name} ends on ${dateText(endsAt)}, while the hold keeps it from being replaced; release the hold before that: patrol hold ${token.name} --release`,
        )
      }
      const what =
        hold.stops === 'revocation' ? 'nothing is revoked' : 'nothing is revoked, and nothing replaced that works,'
      io.stdout(
        options.json
          ? jsonLine({ token: token.name, hold: holdJson(hold) })
          : clean(
              `${token.name} is held: ${what} until ${dateText(hold.until)} (${soonText(hold.until, world.clock.now())})\n`,
            ),
      )
      return exitCodes.done
    },
    'stores',
  )
}

function checkOptions({
  positional: [name = 'NAME'],
  for: length,
  until,
  reason,
  rotation,
  release,
}: HoldOptions): void {
  const ends = [length, until, release].filter((end) => end !== undefined)
  if (ends.length !== 1) {
    throw new PatrolError(
      'usage',
      `a hold needs one of --for, --until and --release; ${ends.length === 0 ? 'none is' : 'several are'} given`,
      {
        remedy: `For example: patrol hold ${name} --for 3d`,
      },
    )
  }
  if (release === true && (reason !== undefined || rotation !== undefined)) {
    throw new PatrolError('usage', '--release ends a hold, and takes no --reason and no --rotation')
  }
  if (reason !== undefined && !isReason(reason.trim())) {
    throw new PatrolError('usage', `--reason must be one line of at most ${longestReason} characters`)
  }
}

function wantedHold({ for: length, until, reason = '', rotation }: HoldOptions, now: Instant): Hold {
  const end = length === undefined ? pointInTime(until ?? '', '--until') : after(now, length)
  if (end <= now) throw new PatrolError('usage', '--until is in the past', { remedy: 'To end a hold: --release' })
  if (end > after(now, longestHold)) {
    throw new PatrolError('usage', 'a hold of more than a year would be forgotten', {
      remedy: 'Hold it for less; a hold can be placed again.',
    })
  }
  return { until: end, stops: rotation === true ? 'replacement' : 'revocation', reason: reason.trim() }
}
