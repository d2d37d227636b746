import { describe, expect, test } from 'vitest'
import { forEachFair, type Lanes } from '../../src/reconcile/fair-lanes.ts'

/** An item is named after its group: `a1` is of the group `a`. */
const groupOf = (item: string): string => item.charAt(0)

function itemsOf(group: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${group}${index + 1}`)
}

/** Work that ends when the test says so. */
class Bench {
  readonly begun: string[] = []
  readonly running = new Set<string>()
  readonly held = new Set<string>()
  most = 0
  readonly #ends = new Map<string, (error?: Error) => void>()
  readonly #listeners = new Set<() => void>()

  lanes(limit: number): Lanes<string> {
    return {
      limit,
      groupOf,
      isHeld: (item) => this.held.has(groupOf(item)),
      onHold: (listener) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    }
  }

  readonly work = (item: string): Promise<void> => {
    this.begun.push(item)
    this.running.add(item)
    this.most = Math.max(this.most, this.running.size)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#ends.set(item, (error) => (error === undefined ? resolve() : reject(error)))
    return promise
  }

  hold(group: string): void {
    this.held.add(group)
    for (const listener of this.#listeners) listener()
  }

  async end(item: string, error?: Error): Promise<void> {
    this.running.delete(item)
    this.#ends.get(item)?.(error)
    await new Promise((resolve) => setImmediate(resolve))
  }

  get listeners(): number {
    return this.#listeners.size
  }
}

describe('lanes', () => {
  test('are never more than the limit, and all items get one, in the order of their group', async () => {
    const bench = new Bench()
    const items = itemsOf('a', 7)
    const all = forEachFair(items, bench.lanes(3), bench.work)
    for (const item of items) await bench.end(item)
    await all
    expect(bench.begun).toEqual(items)
    expect(bench.most).toBe(3)
    expect(bench.listeners).toBe(0)
  })

  test('are one at least, and none are needed for nothing', async () => {
    const bench = new Bench()
    await forEachFair([], bench.lanes(3), bench.work)
    const all = forEachFair(['a1'], bench.lanes(0), bench.work)
    await bench.end('a1')
    await all
    expect(bench.begun).toEqual(['a1'])
  })

  test('are shared by groups evenly, however long the line of one is', async () => {
    const bench = new Bench()
    const all = forEachFair([...itemsOf('a', 1_000), ...itemsOf('b', 4)], bench.lanes(4), bench.work)
    expect(bench.begun).toEqual(['a1', 'b1', 'a2', 'b2'])
    await bench.end('b1')
    await bench.end('b2')
    expect(bench.begun.slice(4)).toEqual(['b3', 'b4'])
    await bench.end('b3')
    expect(bench.begun.slice(6)).toEqual(['a3'])
    await bench.end('b4')
    for (let index = 1; index <= 1_000; index++) await bench.end(`a${index}`)
    await all
    expect(bench.begun).toHaveLength(1_004)
    expect(bench.most).toBe(4)
  })

  test('go to the group that was served longest ago, when all have as many', async () => {
    const bench = new Bench()
    const all = forEachFair(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'], bench.lanes(1), bench.work)
    for (const item of ['a1', 'b1', 'c1', 'a2', 'b2', 'c2']) {
      expect(bench.begun.at(-1)).toBe(item)
      await bench.end(item)
    }
    await all
  })

  test('of a group that begins to wait go to the others at once', async () => {
    const bench = new Bench()
    const all = forEachFair([...itemsOf('a', 9), ...itemsOf('b', 2), ...itemsOf('c', 2)], bench.lanes(2), bench.work)
    expect(bench.begun).toEqual(['a1', 'b1'])
    bench.hold('a')
    expect(bench.begun.slice(2)).toEqual(['c1'])
    bench.hold('b')
    expect(bench.begun.slice(3)).toEqual(['c2'])
    await bench.end('c1')
    await bench.end('c2')
    // All that is left would only wait.
    expect(bench.begun).toHaveLength(4)
    bench.held.clear()
    for (const item of ['b1', 'b2', ...itemsOf('a', 9)]) await bench.end(item)
    await all
    expect([...bench.begun].sort()).toEqual([...itemsOf('a', 9), ...itemsOf('b', 2), ...itemsOf('c', 2)].sort())
  })

  test('take one item of a group that waits already, which learns how long', async () => {
    const bench = new Bench()
    bench.held.add('a')
    const all = forEachFair(['a1', 'a2', 'b1', 'b2'], bench.lanes(8), bench.work)
    expect(bench.begun).toEqual(['b1', 'b2', 'a1'])
    await bench.end('a1')
    expect(bench.begun.at(-1)).toBe('a2')
    for (const item of ['a2', 'b1', 'b2']) await bench.end(item)
    await all
  })

  test('go on after a failure, which is told when all have ended', async () => {
    const bench = new Bench()
    const all = forEachFair(['a1', 'a2', 'b1'], bench.lanes(1), bench.work)
    const failed = expect(all).rejects.toThrow('first')
    await bench.end('a1', new Error('first'))
    await bench.end('b1', new Error('second'))
    expect(bench.listeners).toBe(1)
    await bench.end('a2')
    await failed
    expect(bench.listeners).toBe(0)
  })
})
