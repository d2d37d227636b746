import { PatrolError } from '../../src/core/errors.ts'
import { evenHash } from '../../src/core/hash.ts'
import { day, duration, hour, minute } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { World } from '../../src/ports/world.ts'
import type { Result } from '../../src/reconcile/execute.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { Chance } from './chance.ts'
import type { Violation } from './violation.ts'
import { drawOptions, healthy, type Options } from './options.ts'
import { Outside } from './outside.ts'
import { Person } from './person.ts'
import { vault } from './ports.ts'
import { Processes } from './processes.ts'
import { Story } from './story.ts'

export interface Outcome {
  readonly seed: number
  readonly options: Options
  readonly violations: readonly Violation[]
  /** What happened, one line an event, with the time since the beginning. */
  readonly trace: readonly string[]
  /** The troubles that befell calls and the estate, by identity. */
  readonly troubles: readonly string[]
  readonly effects: number
  readonly runs: number
}

export interface Replay {
  /** Troubles that are left out. */
  readonly without?: ReadonlySet<string>
  /** Overrides of what the seed draws. */
  readonly options?: Partial<Options>
}

/** More than a window and an overlap of the longest life, with a run a day. */
const peaceRuns = 16
const partsOfStorm = 40

/** Plays one seed: first anything may go wrong and nothing bad may happen; then nothing goes wrong and all must be well. */
export async function simulate(seed: number, replay: Replay = {}): Promise<Outcome> {
  const chance = new Chance(seed)
  const drawn = { ...drawOptions(chance), ...replay.options }
  const story = new Story(seed, drawn, replay.without ?? new Set())
  return new Simulation(story, chance.fork()).play()
}

class Simulation {
  readonly #story: Story
  readonly #chance: Chance
  readonly #outside: Outside
  readonly #processes: Processes
  readonly #person: Person
  #absentUntil = 0
  #runs = 0

  constructor(story: Story, chance: Chance) {
    this.#story = story
    this.#chance = chance
    this.#outside = new Outside(story)
    this.#processes = new Processes(story, this.#outside)
    this.#person = new Person(story, this.#processes)
  }

  async play(): Promise<Outcome> {
    const { seed, drawn, judge, trace, troubles, timeline } = this.#story
    this.#scheduleTroubleOfTheEstate()
    for (let instance = 1; instance <= drawn.instances; instance++) this.#keepRunning(instance)
    await timeline.drive(drawn.storm, () => this.#look())
    if (judge.violations.length === 0) await this.#makePeace()
    const { violations } = judge
    return { seed, options: drawn, violations, trace, troubles, effects: this.#processes.effects, runs: this.#runs }
  }

  /** Faults stop, and one instance goes on alone; what the others left under way lands first. */
  async #makePeace(): Promise<void> {
    const { drawn, judge, timeline, estate, skies } = this.#story
    this.#story.isPeace = true
    this.#story.options = healthy(drawn)
    Object.assign(estate, {
      createLag: duration(0),
      revokeLag: duration(0),
      useLag: duration(0),
      maximumLife: undefined,
      extensionChangesValue: false,
    })
    skies.clear()
    this.#story.note('peace')
    let until = drawn.storm + 6 * hour
    // By then nothing of the storm is under way, and a target that failed in it is tried again.
    const settledFrom = drawn.storm + 18 * hour
    // After two unverified generations a token waits for a day.
    const step = Math.max(drawn.lifetime / 30, 2 * hour)
    await timeline.drive(until, () => this.#look())
    for (let run = 1; run <= peaceRuns; run++) {
      const late = until >= settledFrom
      until += step
      if (!(await this.#inPeace(() => this.#person.finish(), until - step / 2))) return
      if (!(await this.#inPeace(() => this.#run(0, run), until))) return
      if (late) judge.afterSettling(this.#story.tokensOf(0))
    }
    // The same again, with hardly any time in between: there is nothing left to do. Something may become due just then,
    // so one quiet run of some is enough.
    const { lastMutations } = this.#processes
    for (let again = 1; again <= 8; again++) {
      lastMutations.length = 0
      until += 2 * minute
      if (!(await this.#inPeace(() => this.#run(0, peaceRuns + again), until))) return
      if (lastMutations.length === 0) break
    }
    judge.afterPeace(this.#story.tokensOf(0), lastMutations, 3 * step)
  }

  async #inPeace(work: () => Promise<unknown>, until: number): Promise<boolean> {
    const ended = work()
    await this.#story.timeline.drive(until, () => this.#look())
    // A broken invariant stops the time, and then nothing ends any more.
    if (this.#story.judge.violations.length > 0) return false
    await ended
    return true
  }

  #keepRunning(instance: number): void {
    const { timeline, seed } = this.#story
    let run = 0
    const chance = new Chance(seed + instance * 7_919)
    const next = (): void => {
      const { runEvery, aligned } = this.#story.options
      const now = timeline.elapsed
      // Two pipelines with the same schedule begin at the same moment.
      const regular = aligned ? (Math.floor(now / runEvery) + 1) * runEvery : now + runEvery * (0.5 + chance.unit())
      const at = Math.max(regular, this.#absentUntil)
      timeline.at(at, () => {
        if (this.#story.isPeace) return
        run += 1
        void this.#run(instance, run).then(next)
      })
    }
    // The instances may well begin at once, as two pipelines with the same schedule do.
    timeline.at(chance.pick([0, 0, chance.whole(0, hour)]), () => {
      run += 1
      void this.#run(instance, run).then(next)
    })
  }

  async #run(instance: number, run: number): Promise<void> {
    this.#runs += 1
    const { judge } = this.#story
    const name = `${instance}.${run}`
    const tokens = this.#story.tokensOf(instance)
    const { gate, beganAt, result } = await this.#processes.start(name, tokens, (world) =>
      this.#apply(name, world, tokens),
    )
    if (result === 'crashed' || gate.skew().kind === 'unreliable') return
    if (!(result instanceof PatrolError) && gate.isUntroubled()) {
      for (const { kind, status, authorizationId } of result)
        if (kind === 'mint' && status === 'done') judge.afterMintDone(authorizationId ?? '')
    }
    // What befell another organization, another token or a target is no excuse, nor that the run as a whole failed.
    for (const token of tokens) {
      const failed =
        !(result instanceof PatrolError) &&
        result.some(({ token: of, status, kind }) => of === token.name && status === 'failed' && kind !== 'deliver')
      if (!failed && gate.isUntroubled(vault, token.organization))
        judge.afterCleanRun(token, beganAt, !gate.isUntroubled())
    }
  }

  async #apply(name: string, world: World, tokens: readonly Token[]): Promise<readonly Result[]> {
    const proposals = await propose(world, { tokens, rules: [] }, { maxReplacements: { kind: 'count', count: 1_000 } })
    for (const { plan } of proposals.proposals)
      for (const action of plan.actions)
        this.#story.note(`${name} plans ${action.kind} of ${action.token}: ${action.reason}`)
    const report = await apply(world, proposals)
    this.#story.judge.afterSpeech(
      JSON.stringify([
        proposals.problems,
        report.problems,
        report.results.map((result) => [result, result.error?.message]),
      ]),
    )
    return report.results
  }

  #look(): boolean {
    this.#story.judge.afterAnything()
    return this.#story.judge.violations.length > 0
  }

  /** Events that no request brings: drawn beforehand, a few for each day. */
  #scheduleTroubleOfTheEstate(): void {
    const { drawn, seed, timeline } = this.#story
    const outside = this.#outside
    const events: readonly (readonly [string, number, (chance: Chance) => void])[] = [
      ['revoked-outside', drawn.revokedOutside, (chance) => outside.revokeSomething(chance)],
      ['policy', drawn.policyChanges, (chance) => outside.changePolicy(chance)],
      ['targets-down', drawn.targetsDown, (chance) => outside.bringTargetsDown(chance)],
      ['service-throttles', drawn.throttling, (chance) => outside.darken(chance, 'throttles')],
      ['service-fails', drawn.failing, (chance) => outside.darken(chance, 'fails')],
      ['clock-step', drawn.clockSteps, (chance) => outside.setClock(chance)],
      ['secret-lost', drawn.secretsLost, (chance) => outside.loseSecret(chance)],
      ['configuration', drawn.configurationChanges, (chance) => outside.changeScopes(chance)],
      ['absence', drawn.absence, (chance) => (this.#absentUntil = timeline.elapsed + chance.whole(1, 20) * day)],
    ]
    // Drawn for themselves, so that what was drawn before there were these stays what it was.
    const wishes: readonly (readonly [string, number, (chance: Chance) => void])[] = [
      ['drift', drawn.drift, (chance) => outside.meddle(chance)],
      ['hold', drawn.holds, (chance) => this.#person.holds(chance)],
      ['emergency', drawn.emergencies, (chance) => this.#person.rotatesNow(chance)],
      ['retirement', drawn.retirements, (chance) => this.#person.retires(chance)],
      ['adoption', drawn.adoptions, (chance) => this.#person.adopts(chance)],
      ['rollback', drawn.rollbacks, (chance) => this.#person.rollsBack(chance)],
      ['succession', drawn.successions, (chance) => this.#outside.declareSuccession(chance)],
    ]
    // As many chances in a short storm as in a long one, because a short one has shorter lives.
    const part = drawn.storm / partsOfStorm
    for (let index = 0; index < partsOfStorm; index++) {
      const forked = events.map((event) => [...event, this.#chance.fork()] as const)
      const aside = wishes.map((event) => [...event, new Chance(evenHash(`${seed} ${event[0]} ${index}`))] as const)
      for (const [name, probability, happen, chance] of [...forked, ...aside]) {
        const at = index * part + chance.whole(0, part - 1)
        const identity = `estate.${index}:${name}`
        if (!chance.happens(probability) || this.#story.isLeftOut(identity)) continue
        timeline.at(at, () => {
          this.#story.troubles.push(identity)
          this.#story.note(identity)
          happen(chance)
        })
      }
    }
  }
}
