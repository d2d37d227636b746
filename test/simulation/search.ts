import { day, instant } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { SimulatedEstate, type SimulatedPat } from './estate.ts'
import { Judge } from './judge.ts'
import type { Violation } from './violation.ts'
import { type Move, Moves, type State } from './moves.ts'
import type { Scenario } from './scenario.ts'
import { peaceIn, untroubled } from './untroubled.ts'
import { StateTable } from './state-table.ts'

export interface SearchResult {
  readonly scenario: string
  readonly states: number
  /** The search ended because it had seen everything, not because of its limit. */
  readonly exhausted: boolean
  /** The shortest way to a broken invariant. */
  readonly violation: { readonly schedule: readonly string[]; readonly found: Violation } | undefined
  /** How many states of the estate, stretches of the program and peaces were played; all else was remembered. */
  readonly effort: { readonly worlds: number; readonly replays: number; readonly peaces: number }
}

/**
 * Tries every interleaving of the real program's requests, with every placement of the faults, until nothing new comes:
 * the shorter ways first, so that what breaks is told by the shortest. From each end, untroubled runs must heal everything.
 */
export async function search(scenario: Scenario, mostStates: number): Promise<SearchResult> {
  const field = new Field(scenario)
  await field.begin()
  for (let index = 0; index < field.size && field.size < mostStates; index++) {
    const found = await field.explore(index)
    if (found !== undefined) return await field.result(found)
  }
  return await field.result(undefined)
}

/**
 * Goes one way through a scenario, told in the words in which a search tells it.
 *
 * @throws Error when the way cannot be gone
 */
export async function follow(scenario: Scenario, schedule: readonly string[]): Promise<Violation | undefined> {
  const field = new Field(scenario)
  await field.begin()
  return field.follow(schedule)
}

const instanceNames: readonly string[] = ['A', 'B', 'C']

/** What was found, and where: on the way from a state, or in the peace that was made there. */
interface Finding {
  readonly index: number
  readonly move: Move | undefined
  readonly found: Violation
}

/** Where the search has been: every state once, with the state from which it was met first. */
class Field {
  readonly #scenario: Scenario
  readonly #moves: Moves
  readonly #table: StateTable
  readonly #lists: (readonly number[])[] = []
  readonly #listByKey = new Map<string, number>()
  readonly #parents: number[] = []
  readonly #peaces = new Map<string, Violation | undefined>()
  #explored = 0

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#moves = new Moves(scenario, new SimulatedEstate().now)
    this.#table = new StateTable(scenario.runs.length + 4)
  }

  get size(): number {
    return this.#table.size
  }

  async begin(): Promise<void> {
    const { token, tokens = [], prepare } = this.#scenario
    const estate = new SimulatedEstate()
    // What a target tells of its copy covers much else that must hold without it.
    for (const target of [token, ...tokens].flatMap((one) => one.targets)) estate.blindTargets.add(target)
    const judge = Judge.over(estate, [token], strangersIn(estate, token))
    let names = 0
    await prepare({
      estate,
      run: async (other = token) => {
        names = (await untroubled(estate, judge, other, names, undefined)).names
      },
      pass: (length) => (estate.now = instant(estate.now + length)),
    })
    judge.afterAnything()
    this.#meet(this.#moves.first(this.#moves.worlds.keep(estate, judge).id, names), -1)
  }

  /** Goes one move on from a state in every way there is. */
  async explore(index: number): Promise<Finding | undefined> {
    this.#explored = index + 1
    const state = this.#decode(this.#table.at(index))
    const moves = this.#moves.of(state)
    for (const move of moves) {
      const made = this.#moves.make(state, move)
      const next = made instanceof Promise ? await made : made
      const [found] = this.#moves.worlds.world(next.world).violations
      if (found !== undefined) return { index, move, found }
      this.#meet(next, index)
    }
    if (!this.#isOver(state)) return undefined
    const found = await this.#makePeace(state)
    return found && { index, move: undefined, found }
  }

  async follow(schedule: readonly string[]): Promise<Violation | undefined> {
    let state = this.#decode(this.#table.at(0))
    for (const [step, words] of schedule.entries()) {
      const moves = this.#moves.of(state)
      if (words === 'peace' && this.#isOver(state)) return this.#makePeace(state)
      const move = moves.find((one) => this.#moves.tell(state, one, instanceNames) === words)
      if (move === undefined) throw new Error(`step ${step + 1} is not possible: ${words}`)
      state = await this.#moves.make(state, move)
      const [found] = this.#moves.worlds.world(state.world).violations
      if (found !== undefined) return found
    }
    return undefined
  }

  #meet(state: State, from: number): void {
    const before = this.#table.size
    const index = this.#table.intern(this.#encode(state).tuple)
    if (index === before) this.#parents.push(from)
  }

  /** Where instances are alike, it does not matter which of them is where: they stand in the order of their numbers. */
  #encode(state: State): { readonly tuple: readonly number[]; readonly order: readonly number[] } {
    const codes = state.instances.map(({ point, runs }) => point * 8 + runs)
    const { runs, tokens, errands } = this.#scenario
    const alike = tokens === undefined && new Set(runs).size === 1 && new Set(errands).size <= 1
    const order = [...codes.keys()].sort(
      (one, other) => (alike && (codes[other] ?? 0) - (codes[one] ?? 0)) || one - other,
    )
    const instances = order.map((at) => codes[at] ?? 0)
    const key = state.late.join()
    const list = this.#listByKey.get(key) ?? this.#lists.push(state.late) - 1
    this.#listByKey.set(key, list)
    return { tuple: [state.world, ...instances, list, state.faults * 16 + state.passes, state.names], order }
  }

  #decode(tuple: readonly number[]): State {
    const [world = 0, ...rest] = tuple
    const [list = 0, troubles = 0, names = 0] = rest.slice(-3)
    const instances = rest.slice(0, -3).map((code) => ({ point: code >> 3, runs: code & 7 }))
    const late = this.#lists[list] ?? []
    return { world, instances, late, faults: troubles >> 4, passes: troubles & 15, names }
  }

  /** No run is under way or still to come, whatever else might happen. */
  #isOver({ instances }: State): boolean {
    return instances.every(({ point, runs }, at) => point === 0 && runs === this.#scenario.runs[at])
  }

  async #makePeace(state: State): Promise<Violation | undefined> {
    const { world, names } = this.#moves.landAll(state)
    const [found] = this.#moves.worlds.world(world).violations
    if (found !== undefined) return found
    const key = `${world} ${names}`
    if (!this.#peaces.has(key)) {
      const { estate, judge } = this.#moves.worlds.copyOf(world)
      this.#peaces.set(key, await peaceIn(estate, judge, this.#scenario.token, names))
    }
    return this.#peaces.get(key)
  }

  /** The moves that led to a finding, in words. */
  async #wayTo({ index, move }: Finding): Promise<readonly string[]> {
    const way: number[] = []
    for (let at = index; at !== -1; at = this.#parents[at] ?? -1) way.unshift(at)
    const schedule: string[] = []
    let names = instanceNames
    for (const [step, at] of way.entries()) {
      const state = this.#decode(this.#table.at(at))
      const to = way[step + 1]
      if (to === undefined) {
        schedule.push(move === undefined ? 'peace' : this.#moves.tell(state, move, names))
        continue
      }
      for (const candidate of this.#moves.of(state)) {
        const { tuple, order } = this.#encode(await this.#moves.make(state, candidate))
        if (this.#table.intern(tuple) !== to) continue
        schedule.push(this.#moves.tell(state, candidate, names))
        const before = names
        names = order.map((place) => before[place] ?? '')
        break
      }
    }
    return schedule
  }

  async result(found: Finding | undefined): Promise<SearchResult> {
    const schedule = found && (await this.#wayTo(found))
    return {
      scenario: this.#scenario.name,
      states: this.#table.size,
      exhausted: found === undefined && this.#explored === this.#table.size,
      violation: found && { schedule: schedule ?? [], found: found.found },
      effort: { worlds: this.#moves.worlds.size, replays: this.#moves.behaviour.replays, peaces: this.#peaces.size },
    }
  }
}

/** PATs that nobody may touch: a namesake made by hand, and one of another installation. */
function strangersIn(estate: SimulatedEstate, { displayName }: Token): readonly SimulatedPat[] {
  const validTo = instant(estate.now + 3_650 * day)
  return [displayName, `${displayName} (patrol zzzz00000000)`].map((name) =>
    estate.createPat({ displayName: name, validTo }),
  )
}
