import { expect, test } from 'vitest'
import { collectedTests, collectFrom, describe, it } from './collected-tests.ts'

test('tests are collected with their names, and run when they are asked to', async () => {
  const ran: unknown[] = []
  await collectFrom('a.test.ts', async () => {
    describe('a clock', () => {
      describe('that is slow', () => {
        it('is noticed', () => ran.push('noticed'), 1_000)
      })
      it.each([{ by: 1 }, { by: 2 }])('is off by $by', ({ by }: { readonly by: number }) => ran.push(by))
    })
  })
  await collectFrom('b.test.ts', async () => {
    it.each([['one', 'two']])('takes %s and %s', (...words: readonly string[]) => ran.push(words))
  })
  const tests = collectedTests()
  expect(ran).toEqual([])
  expect(tests.map(({ file, name }) => [file, name])).toEqual([
    ['a.test.ts', 'a clock > that is slow > is noticed'],
    ['a.test.ts', 'a clock > is off by $by (1)'],
    ['a.test.ts', 'a clock > is off by $by (2)'],
    ['b.test.ts', 'takes %s and %s (1)'],
  ])
  expect(new Set(tests.map(({ id }) => id)).size).toBe(4)
  for (const { body } of tests) body()
  expect(ran).toEqual(['noticed', 1, 2, ['one', 'two']])
  expect(() => it('has none')).toThrow('The test "has none" has no body.')
})
