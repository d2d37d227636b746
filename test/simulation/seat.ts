import { Secret } from '../../src/core/secret.ts'
import { SimulatedEstate } from './estate.ts'

/**
 * Where estates take turns. A process sees one estate, behind which there is always the one in the seat, so that a
 * request that it once made can be tried on any state of the world.
 */
export class Seat {
  readonly view: SimulatedEstate
  #estate = new SimulatedEstate()
  #notes: { readonly part: string; with: readonly unknown[] }[] | undefined

  constructor() {
    this.view = new Proxy(this.#estate, { get: (_, part) => this.#get(String(part)) })
  }

  /** What a request does to this estate. */
  try<Result>(estate: SimulatedEstate, take: () => Result): Result {
    this.#estate = estate
    return take()
  }

  /** What a request would do, told by the operations of the estate that it calls, and with what. */
  describe(take: () => unknown): { readonly text: string; readonly touched: readonly string[] } {
    const notes: { part: string; with: readonly unknown[] }[] = []
    this.#notes = notes
    try {
      take()
    } finally {
      this.#notes = undefined
    }
    return { text: show(notes), touched: notes.map(({ part }) => part) }
  }

  #get(part: string): unknown {
    const notes = this.#notes
    if (notes !== undefined) {
      const note: { part: string; with: readonly unknown[] } = { part, with: [] }
      notes.push(note)
      return (...values: readonly unknown[]) => {
        note.with = values
      }
    }
    const found: unknown = Reflect.get(this.#estate, part)
    return typeof found === 'function' ? found.bind(this.#estate) : found
  }
}

/** Data as text, values of secrets included: what differs must look different. */
export function show(data: unknown): string {
  return JSON.stringify(opened(data)) ?? 'nothing'
}

function opened(data: unknown): unknown {
  if (data instanceof Secret) return { secret: data.reveal() }
  if (data instanceof Map) return { map: [...data].map(([key, value]: [unknown, unknown]) => [key, opened(value)]) }
  if (Array.isArray(data)) return data.map(opened)
  if (typeof data !== 'object' || data === null || data instanceof Error) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, opened(value)]))
}
