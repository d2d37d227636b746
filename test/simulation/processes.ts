import { asPatrolError, PatrolError } from '../../src/core/errors.ts'
import { evenHash } from '../../src/core/hash.ts'
import { markOf } from '../../src/core/names.ts'
import type { Instant } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { Event } from '../../src/ports/reporter.ts'
import type { World } from '../../src/ports/world.ts'
import { Chance } from './chance.ts'
import type { Call } from './gate.ts'
import type { Begun } from './begun.ts'
import type { Outside } from './outside.ts'
import { openPorts } from './ports.ts'
import { StormGate, type Witness } from './storm.ts'
import type { Story } from './story.ts'
import type { Weather } from './weather.ts'
import type { Wish } from './wish.ts'

/** How a process ended, and what befell it. */
export interface Ended<Result> {
  readonly beganAt: Instant
  readonly gate: StormGate
  readonly result: Result | PatrolError | 'crashed'
}

/** The processes of the program, and what they do to the world, of which the judge is told. */
export class Processes implements Witness {
  /** Effects of all processes. */
  effects = 0
  /** What was changed since somebody emptied this. */
  readonly lastMutations: string[] = []
  readonly #story: Story
  readonly #outside: Outside
  /** When each process began, what was declared then, and what it was asked for. */
  readonly #begun = new Map<string, Omit<Begun, 'troubled' | 'lookedAt'> & { readonly gate: StormGate }>()
  /** By process: the kinds of what befell it. */
  readonly #befell = new Map<string, readonly string[]>()
  /** By process: what it minted without an answer, while nothing else went wrong. */
  readonly #lost = new Map<string, readonly string[]>()
  /** Display names of PATs whose mint may take effect late. */
  readonly #givenUp = new Set<string>()

  constructor(story: Story, outside: Outside) {
    this.#story = story
    this.#outside = outside
  }

  /**
   * One process of the program, from its beginning to its end or death.
   *
   * @param name the computer's, a point, and a number
   * @param tokens what is declared for it
   * @param wish what a person asked for; undefined for a run of an instance
   */
  async start<Result>(
    name: string,
    tokens: readonly Token[],
    work: (world: World) => Promise<Result>,
    wish?: Wish,
  ): Promise<Ended<Result>> {
    const { seed, timeline, estate, drawn, judge } = this.#story
    const gate = new StormGate(seed, name, timeline, () => this.#story.options, this)
    const targets = [...new Set(tokens.flatMap((token) => token.targets))]
    const world = openPorts(estate, gate, { concurrency: drawn.concurrency, targets })
    const beganAt = timeline.now
    this.#begun.set(name, { at: beganAt, tokens, process: name, gate, ...(wish === undefined ? {} : { wish }) })
    const result = await Promise.race([work(world).catch(asPatrolError), gate.life.ended])
    if (result === 'crashed') this.#story.note(`${name} crashed`)
    if (result instanceof PatrolError && result.code === 'internal')
      judge.report('I4', `a process failed with a fault of ours: ${result.message}`)
    return { beganAt, gate, result }
  }

  took(process: string, call: Call, lookedAt: Instant | undefined): void {
    if (!call.mutates) return
    const { judge, estate } = this.#story
    this.effects += 1
    this.lastMutations.push(call.name)
    this.#story.note(`${process} ${call.name}`)
    const [kind, subject = ''] = call.name.split(':')
    const begun = this.#begunBy(process, lookedAt)
    if (kind === 'store') judge.afterStore(subject, begun)
    if (kind === 'mint') this.#judgeMint(process, subject)
    if (kind === 'mint') this.#spoil(subject)
    if (kind === 'revoke') judge.afterRevoke(subject, begun)
    if (kind === 'deliver' && estate.firstGiven !== undefined) judge.afterDeliver(subject, estate.firstGiven, begun)
    if (kind === 'disable') judge.afterDisable(subject, begun)
  }

  #begunBy(process: string, lookedAt: Instant | undefined): Begun | undefined {
    const begun = this.#begun.get(process)
    if (begun === undefined) return undefined
    const { gate, ...known } = begun
    // With several turns at once the last look may have been that of another.
    const last = this.#story.drawn.concurrency === 1 ? lookedAt : undefined
    return { ...known, ...(last === undefined ? {} : { lookedAt: last }), troubled: !gate.isUntroubled() }
  }

  /** Where lists show at once what is there, a run can know of what it minted without an answer. */
  #judgeMint(process: string, displayName: string): void {
    // One that lands late is no second one: it was sent before.
    if (this.#story.estate.createLag > 0 || this.#givenUp.has(displayName)) return
    const installation = markOf(displayName)?.installation
    const lost = this.#lost
      .get(process)
      ?.filter((one) => one !== displayName && markOf(one)?.installation === installation)
    this.#story.judge.afterMint(lost ?? [])
  }

  /** A new PAT may be of no use, or be found by a scanner before anybody has it. */
  #spoil(displayName: string): void {
    const { seed, estate, options, troubles, timeline } = this.#story
    const pat = estate.pats.at(-1)
    const chance = new Chance(evenHash(`${seed} ${displayName}`))
    if (pat === undefined || pat.displayName !== displayName) return
    if (chance.happens(options.stillborn) && !this.isLeftOut(`${displayName}:stillborn`)) {
      pat.stillborn = true
      troubles.push(`${displayName}:stillborn`)
      this.#story.note(`${displayName} is stillborn`)
    }
    if (chance.happens(options.foundEarly) && !this.isLeftOut(`${displayName}:found-early`)) {
      troubles.push(`${displayName}:found-early`)
      timeline.in(chance.whole(1, 2 * options.latency), () => {
        this.#story.note(`${displayName} was found and revoked`)
        estate.revokeOutside(pat)
      })
    }
  }

  troubled(identity: string, call: Call): void {
    this.#story.troubles.push(identity)
    this.#story.note(`${identity} of ${call.name}`)
    const process = identity.split('.').slice(0, 2).join('.')
    this.#befell.set(process, [...(this.#befell.get(process) ?? []), identity.split(':').at(-1) ?? ''])
    const [kind, subject = ''] = call.name.split(':')
    // Whoever is troubled besides may not have been able to read back, or to revoke.
    if (kind === 'mint' && identity.endsWith(':late-effect')) this.#givenUp.add(subject)
    if (kind !== 'mint') this.#lost.delete(process)
    else if (identity.endsWith(':lost-answer')) this.#lost.set(process, [...(this.#lost.get(process) ?? []), subject])
  }

  /** Whether nothing went wrong for a process but that one answer to a change was lost. */
  onlyLostOneAnswer(process: string): boolean {
    return (this.#befell.get(process) ?? []).join(' ') === 'lost-answer'
  }

  isLeftOut(identity: string): boolean {
    return this.#story.isLeftOut(identity)
  }

  said(event: Event): void {
    this.#story.judge.afterSpeech(JSON.stringify(event))
  }

  weatherOver(service: string): Weather {
    return this.#story.skies.over(service, this.#story.timeline.elapsed)
  }

  clockAhead(process: string): number {
    return this.#outside.clockAhead(process.split('.')[0] ?? '')
  }
}
