import type { Token } from '../../src/core/token.ts'
import type { Begun } from './begun.ts'
import { DeliveryJudge } from './delivery-judge.ts'
import type { SimulatedEstate, SimulatedPat } from './estate.ts'
import { HandoutJudge } from './handout-judge.ts'
import { Memory } from './memory.ts'
import { MintJudge } from './mint-judge.ts'
import { PeaceJudge } from './peace-judge.ts'
import { RevocationJudge } from './revocation-judge.ts'
import { StoreJudge } from './store-judge.ts'
import type { Invariant, Violation } from './violation.ts'
import { WishJudges } from './wish-judges.ts'

/**
 * Watches the estate and knows nothing of how the program works: what must never happen, whoever runs and whatever goes
 * wrong. It is told of every effect right after it took place.
 */
export class Judge {
  readonly #memory: Memory
  readonly wishes: WishJudges
  readonly #handouts: HandoutJudge
  readonly #revocations: RevocationJudge
  readonly #stores: StoreJudge
  readonly #mints: MintJudge
  readonly #deliveries: DeliveryJudge
  readonly #peace: PeaceJudge

  constructor(memory: Memory) {
    this.#memory = memory
    this.wishes = new WishJudges(memory)
    this.#handouts = new HandoutJudge(memory, this.wishes)
    this.#revocations = new RevocationJudge(memory, this.wishes)
    this.#stores = new StoreJudge(memory, this.wishes)
    this.#mints = new MintJudge(memory)
    this.#deliveries = new DeliveryJudge(memory)
    this.#peace = new PeaceJudge(memory, this.wishes)
  }

  static over(estate: SimulatedEstate, tokens: readonly Token[], strangers: readonly SimulatedPat[]): Judge {
    return new Judge(new Memory(estate, tokens, strangers))
  }

  get violations(): readonly Violation[] {
    return this.#memory.violations
  }

  get holds(): Memory['holds'] {
    return this.#memory.holds
  }

  /** A judge of a copy of the estate, who remembers the same. */
  ofCopy(estate: SimulatedEstate): Judge {
    const judge = new Judge(this.#memory.ofCopy(estate))
    judge.#handouts.learnFrom(this.#handouts)
    return judge
  }

  /** All that the judge remembers, as text. */
  fingerprint(): string {
    return this.#memory.fingerprint()
  }

  isStranger(pat: SimulatedPat): boolean {
    return this.#memory.strangers.has(pat)
  }

  declare(tokens: readonly Token[]): void {
    this.#memory.declare(tokens)
  }

  /**
   * A run to which nothing happened that concerns this token.
   *
   * @param token as that run's configuration declares it
   * @param at when it began
   * @param elsewhere whether there was trouble that does not concern this token
   */
  afterCleanRun(token: Token, at: number, elsewhere: boolean): void {
    this.#handouts.afterCleanRun(token, at, elsewhere)
  }

  /** After a PAT was revoked by the program. */
  afterRevoke(authorizationId: string, begun: Begun | undefined): void {
    this.#revocations.afterRevoke(authorizationId, begun)
  }

  /**
   * After the program stored a version.
   *
   * @param begun its run: what was stored since then it need not have seen
   */
  afterStore(secretName: string, begun: Begun | undefined): void {
    this.#stores.afterStore(secretName, begun)
  }

  /** Somebody removed a secret with all its versions. */
  afterLoss(secretName: string): void {
    const key = secretName.toLowerCase()
    this.#memory.estate.secrets.delete(key)
    this.#memory.lost(key)
    this.wishes.rollbacks.lost(key)
  }

  /**
   * After the program minted.
   *
   * @param lost display names of PATs that the same run minted before, without an answer: it could have read back that
   *   they are there
   */
  afterMint(lost: readonly string[]): void {
    this.#mints.afterMint(lost)
  }

  /** After the program said that it established a new PAT. */
  afterMintDone(authorizationId: string): void {
    this.#mints.afterMintDone(authorizationId)
  }

  /** After the program gave a value to a target for the first time: those of earlier groups were given it before. */
  afterDeliver(target: string, value: string, begun: Begun | undefined): void {
    this.#deliveries.afterDeliver(target, value, begun)
  }

  /** After a version was disabled by the program. */
  afterDisable(id: string, begun: Begun | undefined): void {
    this.#revocations.afterDisable(id, begun)
  }

  /** After anything at all: whatever an established token's store hands out works. */
  afterAnything(): void {
    this.#handouts.afterAnything()
  }

  /**
   * When the world has been healthy for long: one active PAT a token, two in the overlap, and no other of ours.
   *
   * @param patience milliseconds after the overlap within which some run must have revoked a superseded PAT
   */
  afterPeace(tokens: readonly Token[], mutationsOfLastRun: readonly string[], patience: number): void {
    this.#peace.afterPeace(tokens, mutationsOfLastRun, patience)
  }

  /**
   * After an untroubled run that began when nothing which had been under way could still land. What a target holds now it
   * holds until the next rotation, which would hide that it got a wrong value.
   */
  afterSettling(tokens: readonly Token[]): void {
    this.#peace.afterSettling(tokens)
  }

  /** Text that the program gave out. */
  afterSpeech(text: string): void {
    // Most of what is said holds nothing that looks like a value, and PATs are many.
    if (!text.includes('value-')) return
    const spoken = this.#memory.estate.pats.find((pat) => new RegExp(`${pat.value}\\b`).test(text))
    if (spoken !== undefined) this.#memory.report('I5', `the value of ${spoken.displayName} was given out`)
  }

  report(invariant: Invariant, message: string): void {
    this.#memory.report(invariant, message)
  }
}
