import { PatrolError } from '../../src/core/errors.ts'
import { type Duration, type Instant, instant, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { Answer, Ask } from './behaviour.ts'
import type { Errand } from './errand.ts'
import type { SimulatedEstate } from './estate.ts'
import type { Begun } from './begun.ts'
import type { Judge } from './judge.ts'
import type { Violation } from './violation.ts'
import type { Manner } from './scenario.ts'
import { type Seat, show } from './seat.ts'

const manners: readonly Manner[] = ['as usual', 'lacks the new', 'shows the dead', 'stays behind']

/** A state of the estate, with what the judge remembers of how it came there. The same number is the same state. */
export interface SmallWorld {
  readonly id: number
  readonly now: Instant
  readonly violations: readonly Violation[]
}

interface Kept extends SmallWorld {
  readonly estate: SimulatedEstate
  readonly judge: Judge
  readonly effects: Map<number, Effect>
  readonly later: Map<Duration, Kept>
}

/** The run that sent a request. */
export interface Sender {
  readonly beganAt: Instant
  /** What it was begun for. */
  readonly errand: Errand
  /** Something had gone wrong by then. */
  readonly troubled: boolean
}

export interface Effect {
  readonly answer: Answer
  readonly world: SmallWorld
}

/** All states of the estate that were met, and what requests made of them, each tried once and remembered. */
export class SmallWorlds {
  readonly #seat: Seat
  readonly #token: Token
  readonly #worlds: Kept[] = []
  readonly #known = new Map<string, Kept>()
  readonly #answers = new Map<string, Answer>()
  readonly #begun = new Map<string, number>()
  /** The answer that never comes. */
  readonly silence: Answer
  /** A target is out of order. */
  readonly refusal: Answer

  constructor(seat: Seat, token: Token, silence: Error) {
    this.#seat = seat
    this.#token = token
    this.silence = this.#answer('silence', { error: silence })
    this.refusal = this.#answer('refusal', { error: new PatrolError('delivery-failed', 'the target is out of order') })
  }

  get size(): number {
    return this.#worlds.length
  }

  /** @returns the state, as it was met first */
  keep(estate: SimulatedEstate, judge: Judge): SmallWorld {
    const key = estate.fingerprint() + judge.fingerprint()
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const { now } = estate
    const { violations } = judge
    const id = this.#worlds.length
    const world: Kept = { id, now, violations, estate, judge, effects: new Map(), later: new Map() }
    this.#worlds.push(world)
    this.#known.set(key, world)
    return world
  }

  world(id: number): SmallWorld {
    return this.#kept(id)
  }

  #kept(id: number): Kept {
    return this.#worlds[id] as Kept
  }

  /** A copy of both, to go on with apart from here. */
  copyOf(id: number): { readonly estate: SimulatedEstate; readonly judge: Judge } {
    const { estate, judge } = this.#kept(id)
    const copy = estate.copy()
    return { estate: copy, judge: judge.ofCopy(copy) }
  }

  /** What a request does. */
  effect(id: number, ask: Ask, manner: Manner, sender: Sender): Effect {
    const world = this.#kept(id)
    const { beganAt, errand, troubled } = sender
    const run = ask.call.mutates ? this.#numberOf(`${beganAt} ${errand} ${troubled}`) : 0
    const key = (ask.id * manners.length + manners.indexOf(manner)) * 1024 + run
    const known = world.effects.get(key)
    if (known !== undefined) return known
    // What a person asked for needs no other reason.
    const tokens = errand === 'rotation' ? [] : [this.#token]
    const wish = errand === 'rollback' ? { wish: { kind: 'rollback' } as const } : {}
    const effect = this.#try(world, ask, manner, { at: beganAt, tokens, troubled, ...wish })
    world.effects.set(key, effect)
    return effect
  }

  #try(world: Kept, ask: Ask, manner: Manner, begun: Begun): Effect {
    const { estate, judge } = this.copyOf(world.id)
    const usual = { createLag: estate.createLag, revokeLag: estate.revokeLag, firstOfASecondStays: false }
    if (manner === 'lacks the new') estate.createLag = times(10, minute)
    if (manner === 'shows the dead') estate.revokeLag = times(45, minute)
    if (manner === 'stays behind') estate.firstOfASecondStays = true
    const answer = this.#answerTo(ask.call.name, () => this.#seat.try(estate, ask.take))
    Object.assign(estate, usual)
    if (!ask.call.mutates || answer.error !== undefined) return { answer, world }
    tell(judge, ask.call.name, begun)
    judge.afterAnything()
    return { answer, world: this.keep(estate, judge) }
  }

  #answerTo(name: string, take: () => unknown): Answer {
    try {
      const value = take()
      return this.#answer(`${name} ${show(value)}`, { value })
    } catch (error) {
      return this.#answer(`!${String(error)} ${show(error)}`, { error })
    }
  }

  #answer(key: string, what: Omit<Answer, 'id'>): Answer {
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const answer = { id: this.#answers.size + 1, ...what }
    this.#answers.set(key, answer)
    return answer
  }

  #numberOf(run: string): number {
    const number = this.#begun.get(run) ?? this.#begun.size + 1
    if (number >= 1024) throw new Error('more runs than there are numbers for')
    this.#begun.set(run, number)
    return number
  }

  /** The same some time later. */
  later(id: number, length: Duration): SmallWorld {
    const world = this.#kept(id)
    const known = world.later.get(length)
    if (known !== undefined) return known
    const { estate, judge } = this.copyOf(id)
    estate.now = instant(estate.now + length)
    judge.afterAnything()
    const later = this.keep(estate, judge) as Kept
    world.later.set(length, later)
    return later
  }

  /** The display names of the token's active PATs, which somebody may revoke. */
  victims(id: number): readonly string[] {
    const { estate, judge } = this.#kept(id)
    return estate
      .active()
      .filter((pat) => !judge.isStranger(pat))
      .map((pat) => pat.displayName)
  }

  afterRevocationOutside(id: number, displayName: string): SmallWorld {
    const { estate, judge } = this.copyOf(id)
    for (const pat of estate.active()) if (pat.displayName === displayName) estate.revokeOutside(pat)
    judge.afterAnything()
    return this.keep(estate, judge)
  }
}

/** The judge is told of what took place. */
export function tell(judge: Judge, name: string, begun: Begun | undefined): void {
  const [kind, subject = ''] = name.split(':')
  if (kind === 'store') judge.afterStore(subject, begun)
  if (kind === 'revoke') judge.afterRevoke(subject, begun)
  if (kind === 'disable') judge.afterDisable(subject, begun)
}
