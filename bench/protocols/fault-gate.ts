import { PatrolError } from '../../src/core/errors.ts'
import { type Duration, duration, type Instant, instant } from '../../src/core/time.ts'
import type { Skew } from '../../src/ports/clock.ts'
import type { SimulatedEstate } from '../../test/simulation/estate.ts'
import type { Call, Gate } from '../../test/simulation/gate.ts'
import { Life } from '../../test/simulation/life.ts'
import { Refusal } from './services.ts'

/** From a request to its effect, and from there to its answer: milliseconds. */
const oneWay = 500

/** The one thing that goes wrong in a trial. */
export interface FaultPlan {
  /**
   * `kill`: the run ends at a boundary; every request has two, before its effect and between effect and answer.
   * `lose`: a request that changes something takes effect, and its sender gets an error. `refuse`: the service does not
   * create a PAT and says so.
   */
  readonly kind: 'kill' | 'lose' | 'refuse'
  /** Which of the boundaries, changing requests or creations, counted from 1. */
  readonly nth: number
}

/** A fault that waits for its moment, over all runs of a trial. */
export class Fault {
  readonly plan: FaultPlan
  #seen = 0
  /** Where it struck: `before mint`, `after mint`; undefined until then. */
  met: string | undefined

  constructor(plan: FaultPlan) {
    this.plan = plan
  }

  /** Whether the fault strikes at this, which is one more of what it counts. */
  strikes(kind: FaultPlan['kind'], phase: 'before' | 'after', call: Call): boolean {
    if (this.met !== undefined || kind !== this.plan.kind) return false
    this.#seen += 1
    if (this.#seen !== this.plan.nth) return false
    this.met = `${phase} ${kindOf(call)}`
    return true
  }
}

/** The name of a call without what it is about; readings all go by what is read. */
function kindOf({ name, mutates }: Call): string {
  const [kind = '', what = ''] = name.split(':')
  return mutates ? kind : what
}

/** The gate of one run: requests take a second of virtual time, sleeping takes its time, and a fault may strike. */
export class FaultGate implements Gate {
  readonly life = new Life()
  /** Every request that was sent. */
  readonly calls: Call[] = []
  readonly #estate: SimulatedEstate
  readonly #fault: Fault | undefined

  constructor(estate: SimulatedEstate, fault: Fault | undefined) {
    this.#estate = estate
    this.#fault = fault
  }

  pass<Answer>(call: Call, take: () => Answer): Promise<Answer> {
    return this.life.live(() => this.#pass(call, take))
  }

  #pass<Answer>(call: Call, take: () => Answer): Answer {
    if (call.limits !== undefined && this.elapsed() > call.limits.sendBy)
      throw new PatrolError('turn-expired', 'too late to send')
    if (this.#fault?.strikes('kill', 'before', call) === true) return this.#die()
    this.calls.push(call)
    this.#wait(oneWay)
    if (call.name.startsWith('mint') && this.#fault?.strikes('refuse', 'before', call) === true) this.#refuse(call)
    const answer = take()
    if (this.#fault?.strikes('kill', 'after', call) === true) return this.#die()
    this.#wait(oneWay)
    if (call.mutates && this.#fault?.strikes('lose', 'after', call) === true)
      throw new PatrolError('service-unavailable', `${call.name}: no answer came`, { outcome: 'unknown' })
    return answer
  }

  #die(): never {
    this.life.end()
    throw new Error('nobody hears this')
  }

  /** Ports have a word for a refusal; the services of the other sequences put it into their answer. */
  #refuse(call: Call): never {
    if (call.limits === undefined) throw new Refusal('accessDenied')
    throw new PatrolError('access-denied', 'the service did not create the PAT', { outcome: 'none' })
  }

  #wait(ms: number): void {
    this.#estate.now = instant(this.#estate.now + ms)
  }

  now(): Instant {
    return this.#estate.now
  }

  elapsed(): number {
    return this.#estate.now
  }

  async sleep(length: Duration): Promise<void> {
    this.#wait(length)
  }

  skew(): Skew {
    return { kind: 'corrected', offset: duration(0) }
  }

  stopping(): boolean {
    return false
  }

  characters(count: number): string {
    return this.#estate.next().toString(36).padStart(count, '0').slice(-count)
  }

  report(): void {}
}
