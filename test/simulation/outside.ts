import { evenHash } from '../../src/core/hash.ts'
import { day, duration, hour, minute } from '../../src/core/time.ts'
import { Chance } from './chance.ts'
import { organizations } from './declared.ts'
import { vault } from './ports.ts'
import type { Story } from './story.ts'
import type { Spell } from './weather.ts'

/** What befalls the world from outside, whatever anybody's program does. */
export class Outside {
  readonly #story: Story
  /** By how many milliseconds each computer's clock is ahead of the services'. */
  readonly #clocksAhead = new Map<string, number>()

  constructor(story: Story) {
    this.#story = story
    story.estate.letTargetsLie((target, { generation }) => this.#lie(target, generation))
  }

  revokeSomething(chance: Chance): void {
    const ours = this.#story.estate.active().filter((pat) => /\(patrol (?!zzzz)/.test(pat.displayName))
    if (ours.length > 0) this.#story.estate.revokeOutside(chance.pick(ours))
  }

  /** Somebody deleted and purged a secret; its consumers still hold the value. */
  loseSecret(chance: Chance): void {
    this.#story.judge.afterLoss(chance.pick(this.#story.tokens).place?.secretName ?? '')
  }

  changePolicy(chance: Chance): void {
    const { lifetime } = this.#story.drawn
    this.#story.estate.maximumLife = chance.pick([undefined, duration(lifetime / 2), duration(lifetime)])
  }

  changeScopes(chance: Chance): void {
    const scopes = chance.pick([['vso.packaging_write'], ['vso.packaging']])
    this.#story.declare(this.#story.tokens.map((token) => ({ ...token, scopes })))
  }

  /** From now on entries name a PAT from before as replaced, all of them or all but one with the word to revoke it. */
  declareSuccession(chance: Chance): void {
    const { strangers, tokens, judge } = this.#story
    const [namesake, , global] = strangers
    const replaced = chance.pick([namesake, global])
    const names = tokens.slice(0, chance.whole(1, tokens.length)).map(({ name }) => name)
    const spoken = chance.happens(0.7) ? names : names.slice(1)
    if (this.#story.succession !== undefined || replaced === undefined) return
    this.#story.note(
      `${names.join(', ')} replace ${replaced.authorizationId}, and ${spoken.join(', ') || 'nobody'} says to revoke it`,
    )
    judge.wishes.successions.begins(replaced)
    this.#story.succession = {
      authorizationId: replaced.authorizationId,
      names: new Set(names),
      spoken: new Set(spoken),
    }
  }

  /** Somebody restores an old copy, writes something else over it, or deletes it; of a target that shows what it holds. */
  meddle(chance: Chance): void {
    const { estate } = this.#story
    const seeing = [...estate.given.keys()].filter((target) => !estate.blindTargets.has(target))
    if (seeing.length === 0) return
    const target = chance.pick(seeing)
    const value = chance.pick([undefined, 'something else', ...(estate.given.get(target) ?? [])])
    this.#story.note(`somebody ${value === undefined ? 'deletes' : 'overwrites'} the copy in ${target}`)
    estate.meddle(target, value)
  }

  /** Some deliveries are taken with a yes and not kept, again the same in every replay. */
  #lie(target: string, generation: string): boolean {
    const { estate, seed, options } = this.#story
    if (estate.blindTargets.has(target)) return false
    const identity = `${target} ${generation}:lies`
    const chance = new Chance(evenHash(`${seed} ${identity}`))
    if (!chance.happens(options.lies) || this.#story.isLeftOut(identity)) return false
    this.#story.troubles.push(identity)
    this.#story.note(`${target} says yes to ${generation} and keeps what it has`)
    return true
  }

  bringTargetsDown(chance: Chance): void {
    for (const target of this.#story.tokens.flatMap((token) => token.targets)) {
      if (chance.happens(0.5)) this.#story.skies.darken(target, 'is-down', this.#spellEnds(chance))
    }
  }

  darken(chance: Chance, spell: Spell): void {
    const service = chance.pick([...organizations.slice(0, this.#story.drawn.organizations), vault])
    this.#story.note(`${service} ${spell}`)
    this.#story.skies.darken(service, spell, this.#spellEnds(chance))
  }

  #spellEnds(chance: Chance): number {
    // A tenth of a lifetime, or half of one.
    const { timeline, drawn } = this.#story
    return timeline.elapsed + (chance.whole(1, 72) * drawn.lifetime) / chance.pick([720, 720, 144])
  }

  /** The clock of an instance's computer is set, and in half of the cases set right later, while a run may go on. */
  setClock(chance: Chance): void {
    const { timeline, drawn } = this.#story
    const instance = String(chance.whole(1, drawn.instances))
    const by = chance.pick([-1, 1]) * chance.pick([30_000, 10 * minute, 3 * hour, 2 * day])
    const set = (ms: number): void => {
      this.#story.note(`the clock of ${instance} is set by ${ms} ms`)
      this.#clocksAhead.set(instance, this.clockAhead(instance) + ms)
    }
    set(by)
    if (chance.happens(0.5)) timeline.in(chance.whole(1, chance.pick([minute, hour, day])), () => set(-by))
  }

  /** By how many milliseconds the clock of this computer is ahead of the services' now. */
  clockAhead(computer: string): number {
    const { seed, drawn } = this.#story
    const { clockWrong } = drawn
    const ahead =
      this.#clocksAhead.get(computer) ??
      new Chance(evenHash(`${seed} clock of ${computer}`)).whole(-clockWrong, clockWrong)
    this.#clocksAhead.set(computer, ahead)
    return ahead
  }
}
