import { describe, expect, test } from 'vitest'
import { forEachBounded } from '../../src/reconcile/bounded.ts'
import { homeKey } from '../../src/reconcile/homes.ts'

/** Works on so many items, each of which ends when all that may run beside it have begun; the most at once. */
async function mostAtOnce(items: number, limit: number): Promise<{ readonly most: number; readonly done: number[] }> {
  const waiting: (() => void)[] = []
  const done: number[] = []
  let running = 0
  let most = 0
  await forEachBounded(
    Array.from({ length: items }, (_, index) => index),
    limit,
    async (item) => {
      running += 1
      most = Math.max(most, running)
      if (running < Math.min(limit, items - done.length)) await new Promise<void>((resolve) => waiting.push(resolve))
      else for (const go of waiting.splice(0)) go()
      running -= 1
      done.push(item)
    },
  )
  return { most, done }
}

describe('work on many items', () => {
  test.each([
    [7, 3, 3],
    [2, 5, 2],
    [3, 1, 1],
    [2, 0, 1],
    [0, 4, 0],
  ])('of %i items, at most %i at once, has %i at once and does each once', async (items, limit, expected) => {
    const { most, done } = await mostAtOnce(items, limit)
    expect(most).toBe(expected)
    expect(done.toSorted((one, other) => one - other)).toEqual(Array.from({ length: items }, (_, index) => index))
  })

  test('goes on after a failure, and ends with the first', async () => {
    const seen: number[] = []
    const work = forEachBounded([1, 2, 3, 4], 2, async (item) => {
      seen.push(item)
      if (item % 2 === 0) throw new Error(`item ${item}`)
    })
    await expect(work).rejects.toThrow('item 2')
    expect(seen).toEqual([1, 2, 3, 4])
  })
})

test('a home is one however the name of its organization is written', () => {
  expect(homeKey({ account: 'bot', organization: 'Contoso' })).toBe(
    homeKey({ account: 'bot', organization: 'contoso' }),
  )
  expect(homeKey({ account: 'Bot', organization: 'contoso' })).not.toBe(
    homeKey({ account: 'bot', organization: 'contoso' }),
  )
})
