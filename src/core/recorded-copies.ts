import type { Version } from './facts.ts'
import type { Instant } from './time.ts'

/** A copy of a token's value, as the records in its store tell of it. */
export interface RecordedCopy {
  readonly target: string
  /** The generation that the target was given last. */
  readonly generation: string
  readonly receipt: string | undefined
  /** When that delivery ended; undefined when none ever succeeded. */
  readonly deliveredAt: Instant | undefined
}

/**
 * Every target that any readable version of a token's secret has a record of, with the youngest record of a delivery that
 * succeeded: what a target was given long ago, and nothing since, still stands there.
 */
export function recordedCopies(versions: readonly Version[]): readonly RecordedCopy[] {
  const copies = new Map<string, RecordedCopy>()
  for (const { reading } of versions.toSorted((left, right) => right.createdAt - left.createdAt)) {
    if (reading.kind !== 'read') continue
    const { deliveries, generation } = reading.metadata
    for (const { target, receipt, deliveredAt } of deliveries) {
      const known = copies.get(target)
      const isNews = known === undefined || (known.deliveredAt === undefined && deliveredAt !== undefined)
      if (isNews) copies.set(target, { target, generation, receipt, deliveredAt })
    }
  }
  return [...copies.values()]
}
