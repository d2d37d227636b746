import { day, duration, instant } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { declare, declareDifferently } from './declared.ts'
import { SimulatedEstate, type SimulatedPat } from './estate.ts'
import { Judge } from './judge.ts'
import type { Options } from './options.ts'
import { type DeclaredSuccession, withSuccession } from './succession.ts'
import { Timeline } from './timeline.ts'
import { Skies } from './weather.ts'

/** What all who take part in one simulation share: the world, its time, its judge, and what is told of it. */
export class Story {
  readonly seed: number
  /** As the seed drew them. */
  readonly drawn: Options
  /** Those of now: in the peace nothing goes wrong. */
  options: Options
  readonly estate = new SimulatedEstate()
  readonly timeline: Timeline
  readonly skies = new Skies()
  readonly judge: Judge
  /** What is declared now. */
  tokens: readonly Token[]
  /** PATs that nobody may touch: namesakes made by hand, one of another installation, and one for all organizations. */
  readonly strangers: readonly SimulatedPat[]
  readonly trace: string[] = []
  /** The troubles that befell calls and the estate, by identity. */
  readonly troubles: string[] = []
  /** A PAT from before that entries name as replaced. */
  succession: DeclaredSuccession | undefined
  isPeace = false
  readonly #without: ReadonlySet<string>

  /** @param without troubles that are left out, by identity */
  constructor(seed: number, drawn: Options, without: ReadonlySet<string>) {
    this.seed = seed
    this.drawn = drawn
    this.options = drawn
    this.#without = without
    this.timeline = new Timeline(this.estate.now, (now) => (this.estate.now = now))
    this.tokens = declare(drawn)
    this.estate.createLag = duration(drawn.createLag)
    this.estate.revokeLag = duration(drawn.revokeLag)
    this.estate.useLag = duration(drawn.useLag)
    this.estate.extensionChangesValue = drawn.extensionChangesValue
    this.strangers = strangersIn(this.estate, this.tokens[0]?.displayName ?? '')
    this.judge = Judge.over(this.estate, this.tokens, this.strangers)
    this.letBeBlind(this.tokens)
  }

  /** Changes what is declared from now on; runs under way go on with what they began with. */
  declare(tokens: readonly Token[]): void {
    this.tokens = tokens
    this.judge.declare(tokens)
    this.letBeBlind(tokens)
  }

  /** What an instance is told to look after: the second and later ones may be told differently. */
  tokensOf(instance: number): readonly Token[] {
    const tokens = declareDifferently(this.tokens, instance >= 2 ? this.drawn.difference : 'none')
    return this.succession === undefined ? tokens : withSuccession(tokens, this.succession)
  }

  letBeBlind(tokens: readonly Token[]): void {
    if (!this.drawn.blindTargets) return
    for (const target of tokens.flatMap((token) => token.targets)) this.estate.blindTargets.add(target)
  }

  isLeftOut(identity: string): boolean {
    return this.#without.has(identity)
  }

  note(text: string): void {
    this.trace.push(`${(this.timeline.elapsed / day).toFixed(4)}d ${text}`)
  }
}

function strangersIn(estate: SimulatedEstate, displayName: string): readonly SimulatedPat[] {
  const validTo = instant(estate.now + 3_650 * day)
  return [
    estate.createPat({ displayName, validTo }),
    estate.createPat({ displayName: `${displayName} (patrol zzzz00000000)`, validTo }),
    estate.createPat({ displayName, validTo, organization: 'fabrikam', allOrganizations: true }),
  ]
}
