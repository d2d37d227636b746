import { PatrolError } from '../../src/core/errors.ts'
import { type Duration, type Instant, minute } from '../../src/core/time.ts'
import { type Answer, type Ask, Behaviour, type Point } from './behaviour.ts'
import type { Fate, Manner, Scenario } from './scenario.ts'
import { type Effect, type Sender, SmallWorlds } from './small-worlds.ts'

/** One instance of the program: between runs (`point` 0), or in one. */
export interface Instance {
  readonly point: number
  /** Runs that it began. */
  readonly runs: number
}

/** Everything that what happens next depends on. */
export interface State {
  readonly world: number
  readonly instances: readonly Instance[]
  /** Requests that nobody waits for any more, and that may still take effect. */
  readonly late: readonly number[]
  readonly faults: number
  readonly passes: number
  readonly names: number
}

/** A request that was given up. */
interface Late {
  readonly id: number
  readonly ask: Ask
  readonly sender: Sender
  readonly landBy: number
}

export type Move =
  | { readonly kind: 'begin'; readonly instance: number }
  | { readonly kind: 'meet'; readonly instance: number; readonly fate: Fate }
  | { readonly kind: 'land'; readonly late: number }
  | { readonly kind: 'pass'; readonly length: Duration; readonly fault: boolean }
  | { readonly kind: 'revoke outside'; readonly displayName: string }

/** What can happen in a scenario, and what comes of it. */
export class Moves {
  readonly worlds: SmallWorlds
  readonly behaviour: Behaviour
  readonly #scenario: Scenario
  readonly #began: Instant
  readonly #late: Late[] = []
  readonly #lateByKey = new Map<string, number>()

  constructor(scenario: Scenario, began: Instant) {
    this.#scenario = scenario
    this.#began = began
    this.behaviour = new Behaviour(began, scenario.tokens ?? [scenario.token])
    const silence = new PatrolError('service-unavailable', 'no answer', { outcome: 'unknown' })
    this.worlds = new SmallWorlds(this.behaviour.seat, scenario.token, silence)
  }

  first(world: number, names: number): State {
    const instances = this.#scenario.runs.map(() => ({ point: 0, runs: 0 }))
    return { world, instances, late: [], faults: 0, passes: 0, names }
  }

  of(state: State): readonly Move[] {
    const { instances, late, faults, passes } = state
    const scenario = this.#scenario
    const mayFail = faults < scenario.faults
    const idle = instances.every(({ point }) => point === 0)
    const moves: Move[] = []
    for (const [instance, { point, runs }] of instances.entries()) {
      if (point === 0 && runs < (scenario.runs[instance] ?? 0)) moves.push({ kind: 'begin', instance })
      if (point !== 0)
        for (const fate of this.#fates(state, point, mayFail))
          if (this.#isPossible(fate)) moves.push({ kind: 'meet', instance, fate })
    }
    for (const one of new Set(late)) moves.push({ kind: 'land', late: one })
    if (passes < scenario.mostPasses && (idle || mayFail)) {
      for (const length of scenario.passes) moves.push({ kind: 'pass', length, fault: !idle })
    }
    if (scenario.outside === true && mayFail) {
      for (const displayName of this.worlds.victims(state.world)) moves.push({ kind: 'revoke outside', displayName })
    }
    return moves
  }

  #fates(state: State, point: number, mayFail: boolean): readonly Fate[] {
    const waiting = this.behaviour.point(point)
    const { asks } = waiting
    if (asks === undefined) throw new Error('a run that has ended waits for nothing')
    const { call } = asks
    // Requests end soon enough for this: nobody waits for it any more, and it will not land.
    if (call.limits !== undefined && this.#elapsed(state) > call.limits.sendBy + call.limits.timeout)
      return ['timed out']
    if (!mayFail) return ['as usual']
    const differs = (manner: Manner): boolean => {
      const [usual, other] = [this.#effect(state, waiting, 'as usual'), this.#effect(state, waiting, manner)]
      return usual.answer.id !== other.answer.id || usual.world.id !== other.world.id
    }
    if (call.name === 'read:pats') {
      return ['as usual', ...(['lacks the new', 'shows the dead'] as const).filter(differs)]
    }
    if (!call.mutates) return ['as usual']
    const tied = call.name.startsWith('store:') && differs('stays behind') ? (['stays behind'] as const) : []
    // Any other request that comes to nothing is like one that lands last of all.
    const refused = call.name.startsWith('deliver:') ? (['refused'] as const) : []
    return ['as usual', ...tied, ...refused, 'lost with its sender', 'sender dies after', 'answer lost', 'under way']
  }

  #isPossible(fate: Fate): boolean {
    return fate === 'as usual' || fate === 'timed out' || (this.#scenario.fates?.includes(fate) ?? true)
  }

  #elapsed({ world }: State): number {
    return this.worlds.world(world).now - this.#began
  }

  /** The state after a move. */
  make(state: State, move: Move): State | Promise<State> {
    switch (move.kind) {
      case 'begin':
        return this.#begin(state, move.instance)
      case 'meet':
        return this.#meet(state, move.instance, move.fate)
      case 'land':
        return this.#land(state, move.late)
      case 'pass':
        return this.#pass(move.fault ? { ...state, faults: state.faults + 1 } : state, move.length)
      case 'revoke outside':
        return {
          ...state,
          faults: state.faults + 1,
          world: this.worlds.afterRevocationOutside(state.world, move.displayName).id,
        }
    }
  }

  async #begin(state: State, at: number): Promise<State> {
    const { tokens, errands } = this.#scenario
    const runs = (state.instances[at]?.runs ?? 0) + 1
    const { now } = this.worlds.world(state.world)
    const point = await this.behaviour.begin(
      tokens === undefined ? 0 : at,
      runs === 1 ? (errands?.[at] ?? 'run') : 'run',
      now,
      state.names,
    )
    return this.#arrive(replaced(state, at, { point: 0, runs }), at, point)
  }

  #meet(state: State, at: number, fate: Fate): State | Promise<State> {
    const { point: id, runs } = state.instances[at] as Instance
    const point = this.behaviour.point(id)
    const ask = point.asks as Ask
    const { silence } = this.worlds
    const dead = (): State => replaced({ ...state, faults: state.faults + 1 }, at, { point: 0, runs })
    switch (fate) {
      case 'lost with its sender':
        return dead()
      case 'under way': {
        const late = [...state.late, this.#giveUp(ask, senderOf(state, point))].sort((one, other) => one - other)
        return this.#answer({ ...state, late, faults: state.faults + 1 }, at, point, silence)
      }
      case 'refused':
        return this.#answer({ ...state, faults: state.faults + 1 }, at, point, this.worlds.refusal)
      case 'timed out':
        return this.#answer(state, at, point, silence)
      case 'sender dies after':
        return { ...dead(), world: this.#effect(state, point, 'as usual').world.id }
      case 'answer lost': {
        const { world, answer } = this.#effect(state, point, 'as usual')
        const known = answer.error === undefined ? silence : answer
        return this.#answer({ ...state, world: world.id, faults: state.faults + 1 }, at, point, known)
      }
      case 'as usual':
      case 'lacks the new':
      case 'shows the dead':
      case 'stays behind': {
        const { world, answer } = this.#effect(state, point, fate)
        const faults = state.faults + (fate === 'as usual' ? 0 : 1)
        return this.#answer({ ...state, world: world.id, faults }, at, point, answer)
      }
    }
  }

  #effect(state: State, point: Point, manner: Manner): Effect {
    return this.worlds.effect(state.world, point.asks as Ask, manner, senderOf(state, point))
  }

  #answer(state: State, at: number, point: Point, answer: Answer): State | Promise<State> {
    const { now } = this.worlds.world(state.world)
    const next = this.behaviour.answer(point, answer, now, state.names)
    return next instanceof Promise
      ? next.then((found) => this.#arrive(state, at, found))
      : this.#arrive(state, at, next)
  }

  /**
   * An instance comes to rest. Questions whose answers nobody changes are answered at once: it makes no difference to
   * anybody when, unless the program looks at the clock after it.
   */
  #arrive(state: State, at: number, point: Point): State | Promise<State> {
    const names = state.names + point.segment.drawn
    const { runs } = state.instances[at] as Instance
    const arrived = replaced({ ...state, names }, at, { point: point.asks === undefined ? 0 : point.id, runs })
    if (point.asks?.constant !== true) return arrived
    const { answer } = this.#effect(state, point, 'as usual')
    const { now } = this.worlds.world(state.world)
    const next = this.behaviour.answer(point, answer, now, names)
    const goOn = (found: Point): State | Promise<State> =>
      found.segment.sawClock || found.segment.drawn > 0 ? arrived : this.#arrive(arrived, at, found)
    return next instanceof Promise ? next.then(goOn) : goOn(next)
  }

  #giveUp(ask: Ask, sender: Sender): number {
    const { sendBy, timeout } = ask.call.limits as NonNullable<typeof ask.call.limits>
    const landBy = sendBy + timeout
    const key = `${ask.id} ${sender.beganAt} ${sender.errand} ${landBy}`
    const known = this.#lateByKey.get(key)
    if (known !== undefined) return known
    const id = this.#late.length
    this.#late.push({ id, ask, sender: { ...sender, troubled: true }, landBy })
    this.#lateByKey.set(key, id)
    return id
  }

  #land(state: State, id: number): State {
    const { ask, sender } = this.#late[id] as Late
    const late = state.late.toSpliced(state.late.indexOf(id), 1)
    return { ...state, late, world: this.worlds.effect(state.world, ask, 'as usual', sender).world.id }
  }

  /** What is under way lands before its time is over: requests end soon enough for that. */
  #pass(state: State, length: Duration): State {
    let landed = state
    for (;;) {
      const until = this.#elapsed(landed) + length
      const overdue = landed.late.find((id) => (this.#late[id]?.landBy ?? 0) < until)
      if (overdue === undefined) break
      landed = this.#land(landed, overdue)
    }
    return { ...landed, passes: state.passes + 1, world: this.worlds.later(landed.world, length).id }
  }

  /** Everything under way lands. */
  landAll(state: State): State {
    let landed = state
    while (landed.late.length > 0) landed = this.#land(landed, landed.late[0] as number)
    return landed
  }

  /** A move in words. */
  tell(state: State, move: Move, names: readonly string[]): string {
    switch (move.kind) {
      case 'begin':
        return `${names[move.instance]} begins`
      case 'land':
        return `${this.#late[move.late]?.ask.call.name} lands late`
      case 'pass':
        return `${move.length / minute} minutes pass`
      case 'revoke outside':
        return `${move.displayName} is revoked outside`
      case 'meet': {
        const name = names[move.instance] ?? ''
        const ask = this.behaviour.point(state.instances[move.instance]?.point ?? 0).asks
        return `${name} ${ask?.call.name}${endings[move.fate].replaceAll('its sender', name)}`
      }
    }
  }
}

const endings: Readonly<Record<Fate, string>> = {
  'as usual': '',
  'lacks the new': ', which does not show yet what is new',
  'shows the dead': ', which still shows what was revoked',
  'stays behind': ', in the second of another version, which stays current',
  refused: ' is refused',
  'lost with its sender': ' is lost on the way, and its sender dies',
  'sender dies after': ', then its sender dies',
  'answer lost': ', whose answer is lost',
  'under way': ' is given up and still under way',
  'timed out': ' has timed out',
}

function senderOf({ faults }: State, { beganAt, errand }: Point): Sender {
  return { beganAt, errand, troubled: faults > 0 }
}

function replaced(state: State, at: number, instance: Instance): State {
  return { ...state, instances: state.instances.with(at, instance) }
}
