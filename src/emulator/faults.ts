import { z } from 'zod'
import { type Service, services } from './exchange.ts'

const plainEffects = z.enum([
  'answer-lost',
  'drop',
  'html-203',
  'redirect-302',
  'unauthorized-json',
  'unauthorized-empty',
  'conditional-access',
  'throttle-429',
  'block',
  'block-after',
  'truncated',
  'wrong-content-type',
  'duplicate-page',
])

const effectSchema = z.union([
  z.strictObject({ kind: plainEffects.exclude(['throttle-429']) }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(200).max(599),
    body: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    after: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('throttle-429'), retryAfter: z.number().min(0).optional() }),
  z.strictObject({ kind: z.literal('retry-after-200'), seconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal('hold'), ms: z.number().min(0) }),
  z.strictObject({
    kind: z.literal('pat-token-error'),
    value: z.string(),
    status: z.number().int().optional(),
    after: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('aadsts'),
    code: z.number().int(),
    error: z.string().optional(),
    status: z.number().int().optional(),
  }),
])

/** What happens to a request, as an object; the kinds without details may be named by their kind alone. */
export type FaultEffect = z.output<typeof effectSchema>

export const faultRuleSchema = z.strictObject({
  service: z.enum(services),
  method: z.string().optional(),
  /** Part of path and query, compared without regard to case. */
  pathIncludes: z.string().optional(),
  /** Matching requests that pass unharmed first. */
  skip: z.number().int().min(0).optional(),
  /** How many are hit; 1 unless told, `Infinity` for all. */
  times: z.union([z.number().int().min(1), z.literal(Infinity)]).optional(),
  effect: z.union([plainEffects.transform((kind): FaultEffect => ({ kind })), effectSchema]),
})

export type FaultRule = z.input<typeof faultRuleSchema>

export interface FaultControl {
  /** No further request is hit. Those already waiting go on waiting for `release`. */
  cancel(): void
  /** How many requests were hit so far. */
  fired(): number
  /** Resolves when at least `count` requests were hit, counting from the start; 1 unless told. */
  whenFired(count?: number): Promise<void>
  /** Lets every request that waits, or would wait later on, go ahead. */
  release(): void
}

/** A fault that hit one request. */
export interface Fault {
  readonly effect: FaultEffect
  readonly released: Promise<void>
}

interface ActiveRule {
  readonly rule: z.output<typeof faultRuleSchema>
  skipLeft: number
  timesLeft: number
  fired: number
  readonly watchers: { count: number; resolve: () => void }[]
  readonly released: Promise<void>
  readonly release: () => void
}

export class FaultBook {
  readonly #rules: ActiveRule[] = []

  add(written: FaultRule): FaultControl {
    const rule = faultRuleSchema.parse(written)
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const active: ActiveRule = {
      rule,
      skipLeft: rule.skip ?? 0,
      timesLeft: rule.times ?? 1,
      fired: 0,
      watchers: [],
      released,
      release,
    }
    this.#rules.push(active)
    return {
      cancel: () => {
        active.timesLeft = 0
      },
      fired: () => active.fired,
      whenFired: async (count = 1) => {
        if (active.fired >= count) return
        await new Promise<void>((resolve) => active.watchers.push({ count, resolve }))
      },
      release,
    }
  }

  /**
   * The fault that hits this request, if any: the oldest rule that matches and is not used up. A rule that lets the
   * request pass counts it and leaves it to the next.
   */
  strike(service: Service, method: string, url: string): Fault | undefined {
    for (const active of this.#rules) {
      if (active.timesLeft === 0 || !matches(active.rule, service, method, url)) continue
      if (active.skipLeft > 0) {
        active.skipLeft -= 1
        continue
      }
      active.timesLeft -= 1
      active.fired += 1
      for (const watcher of active.watchers) if (active.fired >= watcher.count) watcher.resolve()
      return { effect: active.rule.effect, released: active.released }
    }
    return undefined
  }

  releaseAll(): void {
    for (const active of this.#rules) active.release()
  }
}

function matches(rule: z.output<typeof faultRuleSchema>, service: Service, method: string, url: string): boolean {
  if (rule.service !== service) return false
  if (rule.method !== undefined && rule.method.toUpperCase() !== method) return false
  return rule.pathIncludes === undefined || url.toLowerCase().includes(rule.pathIncludes.toLowerCase())
}
