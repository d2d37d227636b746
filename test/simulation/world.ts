import { PatrolError } from '../../src/core/errors.ts'
import { type Duration, duration, instant } from '../../src/core/time.ts'
import type { Event } from '../../src/ports/reporter.ts'
import type { World } from '../../src/ports/world.ts'
import { SimulatedEstate } from './estate.ts'
import type { Call, Gate } from './gate.ts'
import { Life } from './life.ts'
import { openPorts, type View } from './ports.ts'

/** The process of the program ends here: nothing that it awaits comes back any more. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** What happens to an effect: before it takes place, or after it took place and before the answer arrives. */
export type Interference = (effect: string, phase: 'before' | 'after') => void

/**
 * The estate with a gate for tests that tell one story: requests take no time, sleeping moves the clock, and
 * `interfere` may throw a `Crash` or a `PatrolError`, or change the estate. Effects go by their name before the colon,
 * but for revocations.
 */
export class SimulatedWorld extends SimulatedEstate {
  elapsed = 0
  readonly events: Event[] = []
  /** Every effect that took place, in order. */
  readonly effects: string[] = []
  /** Every value that a target was given, in order. */
  readonly delivered = new Map<string, string[]>()
  interfere: Interference = () => undefined
  stopped = false

  /** Lets time pass. */
  pass(length: Duration): void {
    this.now = instant(this.now + length)
    this.elapsed += length
  }

  /** A world as one process of the program sees it. */
  open(
    options: { concurrency?: number; targets?: readonly string[]; proofs?: View['proofs'] } = {},
  ): World & { readonly crashed: Promise<'crashed'> } {
    const life = new Life()
    const gate: Gate = {
      pass: (call, take) => life.live(() => this.#pass(life, call, take)),
      now: () => this.now,
      elapsed: () => this.elapsed,
      sleep: async (length) => this.pass(length),
      skew: () => ({ kind: 'corrected', offset: duration(0) }),
      stopping: () => this.stopped,
      characters: (count) => this.next().toString(36).padStart(count, '0').slice(-count),
      report: (event) => void this.events.push(event),
    }
    const { concurrency = 1, targets = [], proofs = new Map() } = options
    const ports = openPorts(this, gate, { concurrency, targets, proofs })
    return { ...ports, crashed: life.ended }
  }

  #pass<Answer>(life: Life, call: Call, take: () => Answer): Answer {
    const effect =
      call.name.startsWith('revoke:') || call.name.startsWith('deliver:') || !call.mutates
        ? call.name
        : (call.name.split(':')[0] ?? '')
    if (call.limits !== undefined && this.elapsed > call.limits.sendBy)
      throw new PatrolError('turn-expired', 'too late to send')
    try {
      this.interfere(effect, 'before')
      const answer = take()
      if (call.mutates) this.#note(effect)
      if (call.mutates) this.interfere(effect, 'after')
      return answer
    } catch (error) {
      if (error instanceof Crash) life.end()
      throw error
    }
  }

  #note(effect: string): void {
    this.effects.push(effect)
    const [kind, target = ''] = effect.split(':')
    if (kind === 'deliver')
      this.delivered.set(target, [...(this.delivered.get(target) ?? []), this.held.get(target) ?? ''])
  }
}
