import { PatrolError } from '../core/errors.ts'
import type { Pat } from '../core/pat.ts'
import type { Duration } from '../core/time.ts'
import type { World } from '../ports/world.ts'
import { homeKey } from './homes.ts'

/** A point in the order of what this process did. Finer than any clock: no two are the same. */
export type Moment = number

interface Reading {
  readonly beganAt: Moment
  /** The same on the scale of `Clock.elapsed()`. */
  readonly startedAt: number
  readonly pats: Promise<readonly Pat[]>
  ended: boolean
}

/**
 * The lists of PATs that a run reads, shared by its turns: whoever needs a list that began no earlier than some moment
 * gets one that another turn has read or is reading, and only else causes a new reading. A thousand tokens of one
 * organization so cost one list, not a thousand. A list that could not be read fails those who wait for it and is asked
 * for anew by whoever comes later.
 */
export class PatLists {
  readonly #world: World
  readonly #readings = new Map<string, Reading>()
  readonly #revoked = new Map<string, Promise<readonly Pat[]>>()
  #lastMoment: Moment = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Now: what is read from here on is later. */
  moment(): Moment {
    this.#lastMoment += 1
    return this.#lastMoment
  }

  /**
   * From where on facts about an organization may be taken: from right before its last reading, when that began after
   * `since` and is not older than `age`, and else from now on.
   *
   * @returns the moment, and when it was on the scale of `Clock.elapsed()`
   */
  recent(
    account: string,
    organization: string,
    since: Moment,
    age: Duration,
  ): { readonly moment: Moment; readonly startedAt: number } {
    const now = this.#world.clock.elapsed()
    const known = this.#readings.get(homeKey({ account, organization }))
    if (known === undefined || known.beganAt <= since || now - known.startedAt > age) {
      return { moment: this.moment(), startedAt: now }
    }
    return { moment: known.beganAt - 1, startedAt: known.startedAt }
  }

  /** The active PATs of an account in an organization, from a reading that began after `notBefore`. */
  active(account: string, organization: string, notBefore: Moment): Promise<readonly Pat[]> {
    const key = homeKey({ account, organization })
    const known = this.#readings.get(key)
    if (known !== undefined && known.beganAt > notBefore) return known.pats
    // A reading under way began too early, but the next one serves everybody who waits for it to end.
    const turn = known === undefined || known.ended ? Promise.resolve() : settled(known.pats)
    const next = turn.then(async () => {
      const newer = this.#readings.get(key)
      if (newer !== undefined && newer !== known && newer.beganAt > notBefore) return newer.pats
      const reading: Reading = {
        beganAt: this.moment(),
        startedAt: this.#world.clock.elapsed(),
        pats: this.#authority(account).listActive(organization),
        ended: false,
      }
      this.#readings.set(key, reading)
      reading.pats.then(
        () => (reading.ended = true),
        () => {
          if (this.#readings.get(key) === reading) this.#readings.delete(key)
        },
      )
      return reading.pats
    })
    return next
  }

  /** The revoked PATs, read once in a run: what this run revokes itself is not among them. */
  revoked(account: string, organization: string): Promise<readonly Pat[]> {
    const key = homeKey({ account, organization })
    const known = this.#revoked.get(key)
    if (known !== undefined) return known
    const list = this.#authority(account).listRevoked(organization)
    this.#revoked.set(key, list)
    list.catch(() => this.#revoked.delete(key))
    return list
  }

  #authority(account: string) {
    const authority = this.#world.authorities.get(account)
    if (authority === undefined) throw new PatrolError('config-invalid', `there is no account ${account}`)
    return authority
  }
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.then(
    () => undefined,
    () => undefined,
  )
}
