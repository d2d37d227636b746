import { PatrolError, type Problem } from '../core/errors.ts'
import { currentMetadata, type Facts, type Version } from '../core/facts.ts'
import { holdOf, holdRemedy, holdText } from '../core/hold-in-force.ts'
import { markOf } from '../core/names.ts'
import type { Pat } from '../core/pat.ts'
import { type Duration, duration, minute, second, shortest, times } from '../core/time.ts'
import type { Place, Token } from '../core/token.ts'
import type { Authority, SignedInUser } from '../ports/authority.ts'
import type { Limits } from '../ports/limits.ts'
import type { Step } from '../ports/reporter.ts'
import type { Store } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import type { Ceilings } from './ceilings.ts'
import { currentVersion } from './current-version.ts'
import type { Owners } from './owners.ts'
import type { PatLists } from './pat-lists.ts'

/** What the turns of one run have in common. */
export interface Shared {
  readonly lists: PatLists
  readonly owners: Owners
  readonly ceilings: Ceilings
}

/** Above the 30 seconds for which Azure DevOps may hold a request back. */
const longestRequest = times(100, second)

/** After a signal these are still done, because a PAT was minted already; nothing else is begun. */
const makesSafe: ReadonlySet<Step> = new Set(['store', 'record'])

/** How often a request that the service turned away for its rate is sent again within a turn. */
const mostThrottled = 5

/**
 * One observe-plan-execute of one token: what its effects share. A turn has a deadline. After it, no mutating request
 * is sent, and the time-outs are short enough that none can land later than `orphanAfter` after the turn began, so that
 * whoever finds a PAT older than that knows that no turn still works on it.
 */
export class Turn {
  readonly world: World
  readonly token: Token
  /** When the observation that the turn acts on began, on the scale of `Clock.elapsed()`. */
  readonly beganAt: number
  readonly problems: Problem[] = []
  /** False when a person was shown a plan without a new PAT, and said yes to that. */
  mayMint = true
  /** The effect that was begun last; where a failure happened. */
  step: Step | undefined
  readonly #shared: Shared

  constructor(world: World, token: Token, shared: Shared, beganAt: number) {
    this.world = world
    this.token = token
    this.beganAt = beganAt
    this.#shared = shared
  }

  get lists(): PatLists {
    return this.#shared.lists
  }

  get ceilings(): Ceilings {
    return this.#shared.ceilings
  }

  get authority(): Authority {
    const authority = this.world.authorities.get(this.token.account)
    if (authority === undefined) throw new PatrolError('config-invalid', `there is no account ${this.token.account}`)
    return authority
  }

  get place(): Place {
    if (this.token.place !== undefined) return this.token.place
    throw new PatrolError('config-invalid', `${this.token.name} needs a store to put a new value into`)
  }

  get store(): Store {
    const store = this.world.stores.get(this.place.store)
    if (store === undefined) throw new PatrolError('config-invalid', `there is no store ${this.place.store}`)
    return store
  }

  /** Whose PATs these are; rejects with `wrong-account` when it is not the account's user. */
  owner(): Promise<SignedInUser> {
    return this.#shared.owners.check(this.token)
  }

  /** After this, on the scale of `Clock.elapsed()`, nothing that changes anything is sent. */
  get deadline(): number {
    return this.beganAt + this.token.turnLimit
  }

  limits(): Limits {
    const { orphanAfter, turnLimit } = this.token
    return {
      sendBy: this.deadline,
      timeout: shortest(longestRequest, duration((orphanAfter - turnLimit) / 2)),
    }
  }

  /**
   * Sends one mutating request within the turn's deadline, as its owner and no other. It is sent again only when the
   * service said that it turned it away.
   */
  async mutate<Answer>(step: Step, request: (limits: Limits) => Promise<Answer>, subject?: string): Promise<Answer> {
    await this.owner()
    const skew = this.world.clock.skew()
    if (skew.kind === 'unreliable') throw new PatrolError('clock-unreliable', skew.message)
    this.report(step, subject)
    for (let attempt = 1; ; attempt++) {
      if (this.world.clock.elapsed() > this.deadline) {
        throw new PatrolError('turn-expired', `the turn of ${this.token.name} is over; nothing was sent`)
      }
      try {
        return await request(this.limits())
      } catch (error) {
        const turnedAway = error instanceof PatrolError && error.code === 'throttled' && error.outcome === 'none'
        if (!turnedAway || attempt === mostThrottled) throw error
        const wait = error.retryAfter ?? times(2 ** attempt, second)
        this.world.reporter.report({ kind: 'waiting', token: this.token.name, why: 'rate limit', ms: wait })
        await this.world.clock.sleep(wait, makesSafe.has(step) ? 'go-on' : 'wake')
        if (this.world.stopping() && !makesSafe.has(step)) {
          throw new PatrolError('interrupted', `told to stop while the service asked to wait; nothing was sent`)
        }
      }
    }
  }

  /** The active PATs as of now. */
  activePats(): Promise<readonly Pat[]> {
    return this.lists.active(this.token.account, this.token.organization, this.lists.moment())
  }

  /** What the store hands out as of now. */
  currentVersion(): Promise<Version | undefined> {
    return currentVersion(this.store, this.place.secretName)
  }

  /**
   * Reads the current generation again, right before something that cannot be taken back.
   *
   * @param heedsHold whether a hold that a person placed meanwhile stops it, too
   * @throws PatrolError `moved-on` when another instance has stored a version since the facts were read; `held`
   */
  async assertUnmoved(facts: Facts, heedsHold: boolean): Promise<void> {
    const now = await this.currentVersion()
    const hold = heedsHold ? holdOf(now, this.world.clock.now()) : undefined
    if (hold !== undefined) {
      const remedy = holdRemedy(hold, this.token.name)
      throw new PatrolError('held', `${holdText(hold)}; nothing was revoked of ${this.token.name}`, { remedy })
    }
    const seen = currentMetadata(facts)?.generation
    const generation = now?.reading.kind === 'read' ? now.reading.metadata.generation : undefined
    if (generation === seen && now?.enabled === facts.current?.enabled) return
    throw new PatrolError('moved-on', `another instance changed ${this.token.name}; nothing was revoked`)
  }

  report(step: Step, authorizationId?: string): void {
    this.step = step
    const subject = authorizationId === undefined ? {} : { authorizationId }
    this.world.reporter.report({ kind: 'step', token: this.token.name, step, ...subject })
  }

  /** Whether so much of the turn has passed that its facts should be read again. */
  isStale(): boolean {
    return this.world.clock.elapsed() - this.beganAt > factsLast(this.token)
  }
}

/** How old the facts may be that a turn of this token begins with. */
export function factsLast(token: Token): Duration {
  return shortest(minute, duration(token.turnLimit / 3))
}

/** The generation in a PAT's display name. */
export function generationOf(pat: Pat): string | undefined {
  return markOf(pat.displayName)?.generation
}
