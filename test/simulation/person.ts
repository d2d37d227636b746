import { PatrolError } from '../../src/core/errors.ts'
import type { Hold } from '../../src/core/hold.ts'
import { Secret } from '../../src/core/secret.ts'
import { after, day, type Duration, duration, hour, instant, minute } from '../../src/core/time.ts'
import type { Place, Token } from '../../src/core/token.ts'
import type { World } from '../../src/ports/world.ts'
import { adopt } from '../../src/reconcile/adopt.ts'
import { currentVersion } from '../../src/reconcile/current-version.ts'
import { type Revoking, rotateNow } from '../../src/reconcile/emergency.ts'
import { placeHold, releaseHold } from '../../src/reconcile/hold.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { retire, retiredToken } from '../../src/reconcile/retirement.ts'
import { rollBack } from '../../src/reconcile/rollback.ts'
import { propose } from '../../src/reconcile/run.ts'
import type { Chance } from './chance.ts'
import type { SimulatedPat } from './estate.ts'
import type { WishedHold } from './hold-judge.ts'
import type { Ended, Processes } from './processes.ts'
import type { Story } from './story.ts'
import type { Wish } from './wish.ts'

type StoredToken = Token & { readonly place: Place }

/** A token that left the configuration, and how far its end has come. */
interface Retiring {
  readonly token: StoredToken
  /** Undefined: none. */
  readonly grace: Duration | undefined
  hasEnded: boolean
  tries: number
}

/**
 * Somebody who uses the program's commands by hand, on a computer of their own. What they ask for is done by a process
 * like any other, which can die, be suspended and lose answers. They wait for one command before they give the next.
 */
export class Person {
  readonly #story: Story
  readonly #processes: Processes
  #commands = 0
  #busy = false
  readonly #retiring: Retiring[] = []
  #adopted = 0

  constructor(story: Story, processes: Processes) {
    this.#story = story
    this.#processes = processes
  }

  /** Places a hold on a token, of any length and kind, or releases it. */
  holds(chance: Chance): void {
    const { tokens, drawn } = this.#story
    const token = stored(chance.pick(tokens))
    const stops = chance.pick(['revocation', 'revocation', 'replacement', undefined] as const)
    const length = chance.pick([drawn.overlap / 2, drawn.overlap * 2, drawn.lifetime / 4])
    this.#whenFree(() => (stops === undefined ? this.#release(token) : this.#hold(token, stops, duration(length))))
  }

  async #hold(token: StoredToken, stops: Hold['stops'], length: Duration): Promise<void> {
    const { judge, timeline } = this.#story
    const secretName = token.place.secretName.toLowerCase()
    judge.holds.changed(secretName, timeline.now)
    const { result, name, gate } = await this.#ask([token], { kind: 'hold' }, async (world) => {
      let wished: WishedHold | undefined
      const hold = await placeHold(world, token, (now) => {
        wished = judge.holds.wished(secretName, { until: after(now, length), stops }, timeline.now)
        return { until: after(now, length), stops, reason: '' }
      })
      return { wished, hold }
    })
    if (result instanceof PatrolError && this.#processes.onlyLostOneAnswer(name) && gate.skew().kind === 'corrected')
      judge.report('I4', `a hold was given up, although one answer was lost and nothing else: ${result.message}`)
    if (result === 'crashed' || result instanceof PatrolError) return
    if (result.wished !== undefined) result.wished.placedAt = timeline.now
    this.#story.note(`${token.name} is held against ${stops} until ${result.hold.until - timeline.now} ms from now`)
  }

  async #release(token: StoredToken): Promise<void> {
    const { judge, timeline } = this.#story
    judge.holds.changed(token.place.secretName.toLowerCase(), timeline.now)
    await this.#ask([token], { kind: 'hold' }, (world) => releaseHold(world, token))
  }

  /** Wants the value of before back, of one token. */
  rollsBack(chance: Chance): void {
    const token = stored(chance.pick(this.#story.tokens))
    this.#whenFree(() => this.#rollBack(token))
  }

  async #rollBack(token: StoredToken): Promise<void> {
    const { judge, timeline } = this.#story
    const secretName = token.place.secretName.toLowerCase()
    // Its hold takes none away that stands. It may stand from now on, for a week or as long as what could be put back lives.
    const longest = Math.max(0, ...judge.wishes.emergencies.livingOf(token).map(({ validTo }) => validTo))
    const until = instant(Math.min(timeline.now + 7 * day, Math.max(longest, timeline.now + 2 * token.orphanAfter)))
    judge.holds.wished(secretName, { until, stops: 'replacement' }, timeline.now)
    const { result, name, beganAt, gate } = await this.#ask([token], { kind: 'rollback' }, (world) =>
      rollBack(world, new PatLists(world), token, { reason: '' }),
    )
    if (result === 'crashed') return
    const failure =
      result instanceof PatrolError ? result : result.results.find(({ kind }) => kind === 'rollback')?.error
    const isLost = failure?.code === 'service-unavailable' && this.#processes.onlyLostOneAnswer(name)
    if (isLost && gate.skew().kind === 'corrected')
      judge.report('I4', `a rollback was given up, although one answer was lost and nothing else: ${failure.message}`)
    if (result instanceof PatrolError) return
    judge.afterSpeech(JSON.stringify([result, result.results.map(({ error }) => error?.message)]))
    const { to, results, proofs, hold } = result
    if (failure?.code === 'moved-on') judge.wishes.rollbacks.afterMovedOn(secretName, to, beganAt)
    if (hold?.stops === 'replacement')
      judge.holds.wished(secretName, { until: hold.until, stops: 'replacement' }, timeline.now).placedAt = timeline.now
    if (results.some(({ status }) => status !== 'done') || proofs[0]?.kind !== 'current') return
    judge.wishes.rollbacks.afterDone(secretName, { to, targets: token.targets, until: hold?.until, beganAt })
    this.#story.note(`${token.name} has its value of before again`)
  }

  /** Asks for new values of one token or of all, in one of the three orders. */
  rotatesNow(chance: Chance): void {
    const { tokens } = this.#story
    const chosen = chance.happens(0.3) ? tokens : [chance.pick(tokens)]
    const revoking = chance.pick(['after-overlap', 'when-delivered', 'when-delivered', 'first'] as const)
    this.#whenFree(() => this.#rotate(chosen, revoking))
  }

  async #rotate(chosen: readonly Token[], revoking: Revoking): Promise<void> {
    const { judge } = this.#story
    const tokens = this.#story.tokensOf(1)
    const only = (name: string): boolean => chosen.some((token) => token.name === name)
    const old = new Map(chosen.map((token) => [token.name, judge.wishes.emergencies.livingOf(token)]))
    const { result, beganAt } = await this.#ask(tokens, { kind: 'emergency', revoking }, async (world) => {
      const maxReplacements = { kind: 'count', count: 1_000 } as const
      const proposals = await propose(world, { tokens, rules: [] }, { only, requested: { has: only }, maxReplacements })
      return rotateNow(world, proposals, revoking)
    })
    if (result === 'crashed' || result instanceof PatrolError) return
    const { results, proofs } = result
    judge.afterSpeech(JSON.stringify([result, results.map(({ error }) => error?.message), proofs]))
    if (revoking === 'after-overlap') return
    for (const token of chosen) {
      const own = results.filter((one) => one.token === token.name)
      if (own.some(({ kind }) => kind === 'mint') && own.every(({ status }) => status === 'done'))
        judge.wishes.emergencies.afterDone(token, old.get(token.name) ?? [], beganAt)
    }
  }

  /** Takes a token out of the configuration, and ends it: at once, or when its consumers had some time. */
  retires(chance: Chance): void {
    const { tokens, drawn, judge, timeline, estate } = this.#story
    const token = stored(chance.pick(tokens))
    const grace = chance.pick([undefined, duration(drawn.overlap), duration(drawn.overlap * 2)])
    if (tokens.length === 1) return
    this.#whenFree(async () => {
      this.#story.declare(tokens.filter((one) => one.name !== token.name))
      const retiring: Retiring = { token, grace, hasEnded: false, tries: 0 }
      this.#retiring.push(retiring)
      // What the store does not hand out nobody needs time for.
      const isHandedOut = estate.current(token.place.secretName)?.enabled === true
      const time = isHandedOut ? (grace ?? 0) : 0
      judge.wishes.retirements.begins(token.place.secretName, { token, grace: time, askedAt: timeline.now })
      await this.#retire(retiring)
    })
  }

  async #retire(retiring: Retiring): Promise<void> {
    const { judge, timeline } = this.#story
    const { token, grace } = retiring
    const { place } = token
    retiring.tries += 1
    retiring.hasEnded = false
    const { result, beganAt } = await this.#ask([token], { kind: 'retirement' }, async (world) => {
      const store = world.stores.get(place.store)
      const version = store && (await currentVersion(store, place.secretName))
      // Nobody would know what there is to end.
      if (version?.reading.kind !== 'read') return undefined
      const { metadata } = version.reading
      const retired = { ...retiredToken(token.name, token.account, place, metadata), place }
      return retire(world, new PatLists(world), retired, grace)
    })
    if (result !== 'crashed' && !(result instanceof PatrolError) && result?.kind === 'ended') {
      const isWhole = result.copies.every(({ kind }) => kind !== 'failed')
      retiring.hasEnded = isWhole && result.results.every(({ status }) => status === 'done')
      if (retiring.hasEnded) judge.wishes.retirements.afterEnd(place.secretName, beganAt)
    }
    if (retiring.hasEnded || this.#story.isPeace || retiring.tries > 8) return
    timeline.in((grace ?? hour) * (retiring.tries > 1 ? 0.5 : 1) + 2 * minute, () =>
      this.#whenFree(() => this.#retire(retiring)),
    )
  }

  /** Makes a PAT by hand, an entry for it, and adopts it; sometimes, by mistake, for a second entry, too. */
  adopts(chance: Chance): void {
    const { tokens, drawn, estate, timeline } = this.#story
    const [model] = tokens
    if (model === undefined || this.#adopted >= 2 || this.#busy) return
    this.#adopted += 1
    const life = chance.pick([drawn.lifetime / 2, drawn.lifetime])
    const isDeclaredFirst = chance.happens(0.5)
    const alsoFor = chance.happens(0.3)
    const entries = ['a', ...(alsoFor ? ['b'] : [])].map((letter) => this.#entryFor(model, letter))
    const [first] = entries
    if (first === undefined) return
    const pat = estate.createPat({
      displayName: first.displayName,
      scopes: model.scopes ?? [],
      organization: first.organization,
      validTo: after(estate.now, duration(life)),
    })
    // Right before the instances' next runs, where these begin all at once.
    const { runEvery, aligned, latency } = drawn
    const nextRun = (Math.floor(timeline.elapsed / runEvery) + 1) * runEvery - timeline.elapsed
    const wait = aligned && chance.happens(0.5) ? Math.max(0, nextRun - chance.whole(0, 4 * latency)) : 0
    const declareThem = (): void => this.#story.declare([...this.#story.tokens, ...entries])
    this.#whenFree(async () => {
      this.#story.judge.declare(entries)
      if (isDeclaredFirst) declareThem()
      await this.#pause(wait)
      for (const entry of entries) await this.#adopt(entry, pat)
      if (!isDeclaredFirst) declareThem()
    })
  }

  #entryFor(model: Token, letter: string): StoredToken {
    const name = `adopted-${this.#adopted}-${letter}`
    const { drawn } = this.#story
    const targets = drawn.targets > 0 ? [`target-${name}`] : []
    const { groups: _groups, ...terms } = model
    return {
      ...terms,
      name,
      displayName: `Adopted ${this.#adopted}`,
      place: { store: 'vault', secretName: name },
      targets,
    }
  }

  async #adopt(entry: StoredToken, pat: SimulatedPat): Promise<void> {
    const { judge } = this.#story
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { result, name } = await this.#ask([entry], { kind: 'adoption' }, (world) =>
        adopt(world, entry, new Secret(pat.value), {
          id: pat.authorizationId,
          replaced: new Set(),
          tokens: [],
          homes: [],
          administrations: new Map(),
        }),
      )
      if (result instanceof PatrolError && result.code !== 'moved-on' && this.#processes.onlyLostOneAnswer(name))
        judge.report('I4', `an adoption was given up, although one answer was lost and nothing else: ${result.message}`)
      const isOver = result !== 'crashed' && (!(result instanceof PatrolError) || result.code === 'usage')
      if (isOver) return
      // An answer that never came may still take effect for some minutes.
      await this.#pause(10 * minute)
    }
  }

  #pause(length: number): Promise<void> {
    return new Promise((resolve) => this.#story.timeline.in(length, resolve))
  }

  /** What they have begun and what did not come to its end yet, they ask for again; and once more what did. */
  async finish(): Promise<void> {
    for (const retiring of this.#retiring) {
      if (retiring.tries < 0) continue
      await this.#retire(retiring)
      if (retiring.hasEnded) retiring.tries = -1
    }
  }

  #whenFree(command: () => Promise<void>): void {
    if (this.#busy || this.#story.isPeace) return this.#story.note('the person is busy')
    this.#busy = true
    void command().finally(() => (this.#busy = false))
  }

  async #ask<Result>(
    tokens: readonly Token[],
    wish: Wish,
    work: (world: World) => Promise<Result>,
  ): Promise<Ended<Result> & { readonly name: string }> {
    this.#commands += 1
    const name = `person.${this.#commands}`
    this.#story.note(`${name} begins: ${JSON.stringify(wish)} of ${tokens.map((token) => token.name).join(', ')}`)
    const ended = await this.#processes.start(
      name,
      tokens,
      async (world) => {
        try {
          return await work(world)
        } catch (error) {
          this.#story.note(`${name} failed: ${error instanceof Error ? error.message : ''}`)
          throw error
        }
      },
      wish,
    )
    return { ...ended, name }
  }
}

function stored(token: Token): StoredToken {
  if (token.place === undefined) throw new Error('every token of this world has a store')
  return { ...token, place: token.place }
}
