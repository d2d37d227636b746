import { asPatrolError, PatrolError } from '../../src/core/errors.ts'
import { evenHash } from '../../src/core/hash.ts'
import { day, duration, hour, instant, minute } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { Result } from '../../src/reconcile/execute.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import type { Event } from '../../src/ports/reporter.ts'
import { Chance } from './chance.ts'
import { declare, declareDifferently, organizations } from './declared.ts'
import { SimulatedEstate, type SimulatedPat } from './estate.ts'
import type { Call } from './gate.ts'
import { type Begun, Judge, type Violation } from './judge.ts'
import { drawOptions, healthy, type Options } from './options.ts'
import { openPorts, vault } from './ports.ts'
import { StormGate, type Witness } from './storm.ts'
import { Timeline } from './timeline.ts'
import { Skies, type Spell, type Weather } from './weather.ts'

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
  const simulation = new Simulation(seed, replay)
  return simulation.play()
}

class Simulation implements Witness {
  readonly #seed: number
  readonly #replay: Replay
  readonly #drawn: Options
  #options: Options
  readonly #estate = new SimulatedEstate()
  readonly #timeline: Timeline
  readonly #chance: Chance
  #tokens: readonly Token[]
  readonly #judge: Judge
  readonly #trace: string[] = []
  readonly #troubles: string[] = []
  readonly #lastMutations: string[] = []
  /** When each run began, and what was declared then. */
  readonly #begun = new Map<string, Pick<Begun, 'at' | 'tokens'> & { readonly gate: StormGate }>()
  /** By run: what it minted without an answer, while nothing else went wrong. */
  readonly #lost = new Map<string, readonly string[]>()
  /** Display names of PATs whose mint may take effect late. */
  readonly #givenUp = new Set<string>()
  readonly #skies = new Skies()
  /** By how many milliseconds each instance's clock is ahead of the services'. */
  readonly #clocksAhead = new Map<number, number>()
  #absentUntil = 0
  #effects = 0
  #runs = 0
  #peace = false

  constructor(seed: number, replay: Replay) {
    this.#seed = seed
    this.#replay = replay
    const chance = new Chance(seed)
    this.#drawn = { ...drawOptions(chance), ...replay.options }
    this.#options = this.#drawn
    this.#chance = chance.fork()
    this.#timeline = new Timeline(this.#estate.now, (now) => (this.#estate.now = now))
    this.#tokens = declare(this.#drawn)
    this.#estate.createLag = duration(this.#drawn.createLag)
    this.#estate.revokeLag = duration(this.#drawn.revokeLag)
    this.#estate.useLag = duration(this.#drawn.useLag)
    this.#estate.extensionChangesValue = this.#drawn.extensionChangesValue
    for (const target of this.#tokens.flatMap((token) => token.targets))
      if (this.#drawn.blindTargets) this.#estate.blindTargets.add(target)
    this.#estate.letTargetsLie((target, { generation }) => this.#lie(target, generation))
    this.#judge = new Judge(this.#estate, this.#tokens, this.#strangers())
  }

  async play(): Promise<Outcome> {
    this.#scheduleTroubleOfTheEstate()
    for (let instance = 1; instance <= this.#drawn.instances; instance++) this.#keepRunning(instance)
    await this.#timeline.drive(this.#drawn.storm, () => this.#look())
    if (this.#judge.violations.length === 0) await this.#makePeace()
    return {
      seed: this.#seed,
      options: this.#drawn,
      violations: this.#judge.violations,
      trace: this.#trace,
      troubles: this.#troubles,
      effects: this.#effects,
      runs: this.#runs,
    }
  }

  /** Faults stop, and one instance goes on alone; what the others left under way lands first. */
  async #makePeace(): Promise<void> {
    this.#peace = true
    this.#options = healthy(this.#drawn)
    Object.assign(this.#estate, {
      createLag: duration(0),
      revokeLag: duration(0),
      useLag: duration(0),
      maximumLife: undefined,
      extensionChangesValue: false,
    })
    this.#skies.clear()
    this.#note('peace')
    let until = this.#drawn.storm + 6 * hour
    // By then nothing of the storm is under way, and a target that failed in it is tried again.
    const settledFrom = this.#drawn.storm + 18 * hour
    // After two unverified generations a token waits for a day.
    const step = Math.max(this.#drawn.lifetime / 30, 2 * hour)
    await this.#timeline.drive(until, () => this.#look())
    for (let run = 1; run <= peaceRuns; run++) {
      const late = until >= settledFrom
      until += step
      if (!(await this.#runInPeace(run, until))) return
      if (late) this.#judge.afterSettling(this.#tokens)
    }
    // The same again, with hardly any time in between: there is nothing left to do. Something may become due just then,
    // so one quiet run of some is enough.
    for (let again = 1; again <= 8; again++) {
      this.#lastMutations.length = 0
      until += 2 * minute
      if (!(await this.#runInPeace(peaceRuns + again, until))) return
      if (this.#lastMutations.length === 0) break
    }
    this.#judge.afterPeace(this.#tokens, this.#lastMutations, 3 * step)
  }

  async #runInPeace(run: number, until: number): Promise<boolean> {
    const ended = this.#run(0, run)
    await this.#timeline.drive(until, () => this.#look())
    // A broken invariant stops the time, and then nothing ends any more.
    if (this.#judge.violations.length > 0) return false
    await ended
    return true
  }

  #keepRunning(instance: number): void {
    let run = 0
    const chance = new Chance(this.#seed + instance * 7_919)
    const next = (): void => {
      const { runEvery, aligned } = this.#options
      const now = this.#timeline.elapsed
      // Two pipelines with the same schedule begin at the same moment.
      const regular = aligned ? (Math.floor(now / runEvery) + 1) * runEvery : now + runEvery * (0.5 + chance.unit())
      const at = Math.max(regular, this.#absentUntil)
      this.#timeline.at(at, () => {
        if (this.#peace) return
        run += 1
        void this.#run(instance, run).then(next)
      })
    }
    // The instances may well begin at once, as two pipelines with the same schedule do.
    this.#timeline.at(chance.pick([0, 0, chance.whole(0, hour)]), () => {
      run += 1
      void this.#run(instance, run).then(next)
    })
  }

  async #run(instance: number, run: number): Promise<void> {
    this.#runs += 1
    const name = `${instance}.${run}`
    const gate = new StormGate(this.#seed, name, this.#timeline, () => this.#options, this)
    const tokens = this.#tokensOf(instance)
    const targets = [...new Set(tokens.flatMap((token) => token.targets))]
    const world = openPorts(this.#estate, gate, { concurrency: this.#drawn.concurrency, targets })
    const beganAt = this.#timeline.now
    this.#begun.set(name, { at: beganAt, tokens, gate })
    const work = async (): Promise<readonly Result[]> => {
      const proposals = await propose(
        world,
        { tokens, rules: [] },
        { maxReplacements: { kind: 'count', count: 1_000 } },
      )
      for (const { plan } of proposals.proposals)
        for (const action of plan.actions)
          this.#note(`${name} plans ${action.kind} of ${action.token}: ${action.reason}`)
      const report = await apply(world, proposals)
      this.#judge.afterSpeech(
        JSON.stringify([
          proposals.problems,
          report.problems,
          report.results.map((result) => [result, result.error?.message]),
        ]),
      )
      for (const { kind, status, authorizationId } of report.results) {
        if (kind === 'mint' && status === 'done' && gate.isUntroubled())
          this.#judge.afterMintDone(authorizationId ?? '')
      }
      return report.results
    }
    const ended = await Promise.race([work().catch(asPatrolError), gate.life.ended])
    if (ended === 'crashed') {
      this.#note(`${name} crashed`)
      return
    }
    if (ended instanceof PatrolError && ended.code === 'internal')
      this.#judge.report('I4', `a run failed with a fault of ours: ${ended.message}`)
    if (gate.skew().kind === 'unreliable') return
    // What befell another organization, another token or a target is no excuse, nor that the run as a whole failed.
    for (const token of tokens) {
      const failed =
        !(ended instanceof PatrolError) &&
        ended.some(({ token: of, status, kind }) => of === token.name && status === 'failed' && kind !== 'deliver')
      if (!failed && gate.isUntroubled(vault, token.organization))
        this.#judge.afterCleanRun(token, beganAt, !gate.isUntroubled())
    }
  }

  #look(): boolean {
    this.#judge.afterAnything()
    return this.#judge.violations.length > 0
  }

  took(process: string, call: Call): void {
    if (!call.mutates) return
    this.#effects += 1
    this.#lastMutations.push(call.name)
    this.#note(`${process} ${call.name}`)
    const [kind, subject = ''] = call.name.split(':')
    const begun = this.#begunBy(process)
    if (kind === 'store') this.#judge.afterStore(subject, begun)
    if (kind === 'mint') this.#judgeMint(process, subject)
    if (kind === 'mint') this.#spoil(subject)
    if (kind === 'revoke') this.#judge.afterRevoke(subject, begun)
    if (kind === 'deliver' && this.#estate.firstGiven !== undefined)
      this.#judge.afterDeliver(subject, this.#estate.firstGiven, begun)
    if (kind === 'disable') this.#judge.afterDisable(subject, begun)
  }

  #begunBy(process: string): Begun | undefined {
    const begun = this.#begun.get(process)
    return begun && { at: begun.at, tokens: begun.tokens, troubled: !begun.gate.isUntroubled() }
  }

  /** Where lists show at once what is there, a run can know of what it minted without an answer. */
  #judgeMint(process: string, displayName: string): void {
    // One that lands late is no second one: it was sent before.
    if (this.#estate.createLag > 0 || this.#givenUp.has(displayName)) return
    const [base] = displayName.split(' (patrol ')
    const lost = this.#lost.get(process)?.filter((one) => one !== displayName && one.startsWith(`${base} (patrol `))
    this.#judge.afterMint(lost ?? [])
  }

  /** A new PAT may be of no use, or be found by a scanner before anybody has it. */
  #spoil(displayName: string): void {
    const pat = this.#estate.pats.at(-1)
    const chance = new Chance(evenHash(`${this.#seed} ${displayName}`))
    if (pat === undefined || pat.displayName !== displayName) return
    if (chance.happens(this.#options.stillborn) && !this.isLeftOut(`${displayName}:stillborn`)) {
      pat.stillborn = true
      this.#troubles.push(`${displayName}:stillborn`)
      this.#note(`${displayName} is stillborn`)
    }
    if (chance.happens(this.#options.foundEarly) && !this.isLeftOut(`${displayName}:found-early`)) {
      this.#troubles.push(`${displayName}:found-early`)
      this.#timeline.in(chance.whole(1, 2 * this.#options.latency), () => {
        this.#note(`${displayName} was found and revoked`)
        this.#estate.revokeOutside(pat)
      })
    }
  }

  troubled(identity: string, call: Call): void {
    this.#troubles.push(identity)
    this.#note(`${identity} of ${call.name}`)
    const process = identity.split('.').slice(0, 2).join('.')
    const [kind, subject = ''] = call.name.split(':')
    // Whoever is troubled besides may not have been able to read back, or to revoke.
    if (kind === 'mint' && identity.endsWith(':late-effect')) this.#givenUp.add(subject)
    if (kind !== 'mint') this.#lost.delete(process)
    else if (identity.endsWith(':lost-answer')) this.#lost.set(process, [...(this.#lost.get(process) ?? []), subject])
  }

  isLeftOut(identity: string): boolean {
    return this.#replay.without?.has(identity) ?? false
  }

  said(event: Event): void {
    this.#judge.afterSpeech(JSON.stringify(event))
  }

  #note(text: string): void {
    const at = this.#timeline.elapsed
    this.#trace.push(`${(at / day).toFixed(4)}d ${text}`)
  }

  /** Events that no request brings: drawn beforehand, a few for each day. */
  #scheduleTroubleOfTheEstate(): void {
    const events: readonly (readonly [string, number, (chance: Chance) => void])[] = [
      ['revoked-outside', this.#drawn.revokedOutside, (chance) => this.#revokeSomething(chance)],
      ['policy', this.#drawn.policyChanges, (chance) => this.#changePolicy(chance)],
      ['targets-down', this.#drawn.targetsDown, (chance) => this.#bringTargetsDown(chance)],
      ['service-throttles', this.#drawn.throttling, (chance) => this.#darken(chance, 'throttles')],
      ['service-fails', this.#drawn.failing, (chance) => this.#darken(chance, 'fails')],
      ['clock-step', this.#drawn.clockSteps, (chance) => this.#setClock(chance)],
      ['secret-lost', this.#drawn.secretsLost, (chance) => this.#loseSecret(chance)],
      ['configuration', this.#drawn.configurationChanges, (chance) => this.#changeConfiguration(chance)],
      [
        'absence',
        this.#drawn.absence,
        (chance) => (this.#absentUntil = this.#timeline.elapsed + chance.whole(1, 20) * day),
      ],
    ]
    // As many chances in a short storm as in a long one, because a short one has shorter lives.
    const part = this.#drawn.storm / partsOfStorm
    for (let index = 0; index < partsOfStorm; index++) {
      const aside = new Chance(evenHash(`${this.#seed} drift ${index}`))
      const forked = events.map((event) => [...event, this.#chance.fork()] as const)
      const drift = ['drift', this.#drawn.drift, (chance: Chance) => this.#meddle(chance), aside] as const
      for (const [name, probability, happen, chance] of [...forked, drift]) {
        const at = index * part + chance.whole(0, part - 1)
        const identity = `estate.${index}:${name}`
        if (!chance.happens(probability) || this.isLeftOut(identity)) continue
        this.#timeline.at(at, () => {
          this.#troubles.push(identity)
          this.#note(identity)
          happen(chance)
        })
      }
    }
  }

  #revokeSomething(chance: Chance): void {
    const ours = this.#estate.active().filter((pat) => /\(patrol (?!zzzz)/.test(pat.displayName))
    if (ours.length > 0) this.#estate.revokeOutside(chance.pick(ours))
  }

  /** Somebody deleted and purged a secret; its consumers still hold the value. */
  #loseSecret(chance: Chance): void {
    this.#judge.afterLoss(chance.pick(this.#tokens).place?.secretName ?? '')
  }

  #changePolicy(chance: Chance): void {
    this.#estate.maximumLife = chance.pick([
      undefined,
      duration(this.#drawn.lifetime / 2),
      duration(this.#drawn.lifetime),
    ])
  }

  /** Somebody restores an old copy, writes something else over it, or deletes it; of a target that shows what it holds. */
  #meddle(chance: Chance): void {
    const seeing = [...this.#estate.given.keys()].filter((target) => !this.#estate.blindTargets.has(target))
    if (seeing.length === 0) return
    const target = chance.pick(seeing)
    const value = chance.pick([undefined, 'something else', ...(this.#estate.given.get(target) ?? [])])
    this.#note(`somebody ${value === undefined ? 'deletes' : 'overwrites'} the copy in ${target}`)
    this.#estate.meddle(target, value)
  }

  /** Some deliveries are taken with a yes and not kept, again the same in every replay. */
  #lie(target: string, generation: string): boolean {
    if (this.#estate.blindTargets.has(target)) return false
    const identity = `${target} ${generation}:lies`
    const chance = new Chance(evenHash(`${this.#seed} ${identity}`))
    if (!chance.happens(this.#options.lies) || this.isLeftOut(identity)) return false
    this.#troubles.push(identity)
    this.#note(`${target} says yes to ${generation} and keeps what it has`)
    return true
  }

  #bringTargetsDown(chance: Chance): void {
    for (const target of this.#tokens.flatMap((token) => token.targets)) {
      if (chance.happens(0.5)) this.#skies.darken(target, 'is-down', this.#spellEnds(chance))
    }
  }

  #darken(chance: Chance, spell: Spell): void {
    const service = chance.pick([...organizations.slice(0, this.#drawn.organizations), vault])
    this.#note(`${service} ${spell}`)
    this.#skies.darken(service, spell, this.#spellEnds(chance))
  }

  #spellEnds(chance: Chance): number {
    // A tenth of a lifetime, or half of one.
    return this.#timeline.elapsed + (chance.whole(1, 72) * this.#drawn.lifetime) / chance.pick([720, 720, 144])
  }

  /** The clock of an instance's computer is set, and in half of the cases set right later, while a run may go on. */
  #setClock(chance: Chance): void {
    const instance = chance.whole(1, this.#drawn.instances)
    const by = chance.pick([-1, 1]) * chance.pick([30_000, 10 * minute, 3 * hour, 2 * day])
    const set = (ms: number): void => {
      this.#note(`the clock of ${instance} is set by ${ms} ms`)
      this.#clocksAhead.set(instance, this.#aheadOf(instance) + ms)
    }
    set(by)
    if (chance.happens(0.5)) this.#timeline.in(chance.whole(1, chance.pick([minute, hour, day])), () => set(-by))
  }

  #aheadOf(instance: number): number {
    const { clockWrong } = this.#drawn
    const drawn = (): number =>
      new Chance(evenHash(`${this.#seed} clock of ${instance}`)).whole(-clockWrong, clockWrong)
    const ahead = this.#clocksAhead.get(instance) ?? drawn()
    this.#clocksAhead.set(instance, ahead)
    return ahead
  }

  weatherOver(service: string): Weather {
    return this.#skies.over(service, this.#timeline.elapsed)
  }

  clockAhead(process: string): number {
    return this.#aheadOf(Number(process.split('.')[0]))
  }

  #tokensOf(instance: number): readonly Token[] {
    return declareDifferently(this.#tokens, instance >= 2 ? this.#drawn.difference : 'none')
  }

  #changeConfiguration(chance: Chance): void {
    const scopes = chance.pick([['vso.packaging_write'], ['vso.packaging']])
    this.#tokens = this.#tokens.map((token) => ({ ...token, scopes }))
    this.#judge.declare(this.#tokens)
  }

  /** PATs that nobody may touch: namesakes made by hand, one of them for all organizations, and one of another installation. */
  #strangers(): readonly SimulatedPat[] {
    const validTo = instant(this.#estate.now + 3_650 * day)
    const [token] = this.#tokens
    const base = token?.displayName ?? ''
    return [
      this.#estate.createPat({ displayName: base, validTo }),
      this.#estate.createPat({ displayName: `${base} (patrol zzzz00000000)`, validTo }),
      this.#estate.createPat({ displayName: base, validTo, organization: 'fabrikam', allOrganizations: true }),
    ]
  }
}
