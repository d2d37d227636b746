import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../guards/tracked-files.ts'
import * as standIn from './collected-tests.ts'
import { testedFiles } from './one-worker.ts'

const { collectedTests, collectFrom, describe, it } = standIn

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
    describe.each(['a hold', 'no hold'])('with %s', (what: string) => it('stands', () => ran.push(what)))
  })
  const tests = collectedTests()
  expect(ran).toEqual([])
  expect(tests.map(({ file, name }) => [file, name])).toEqual([
    ['a.test.ts', 'a clock > that is slow > is noticed'],
    ['a.test.ts', 'a clock > is off by $by (1)'],
    ['a.test.ts', 'a clock > is off by $by (2)'],
    ['b.test.ts', 'takes %s and %s (1)'],
    ['b.test.ts', 'with %s (1) > stands'],
    ['b.test.ts', 'with %s (2) > stands'],
  ])
  expect(new Set(tests.map(({ id }) => id)).size).toBe(tests.length)
  for (const { body } of tests) body()
  expect(ran).toEqual(['noticed', 1, 2, ['one', 'two'], 'a hold', 'no hold'])
  expect(() => it('has none')).toThrow('The test "has none" has no body.')
  expect(() => it.each([1])('has none')).toThrow('"has none" has no body.')
})

test('the tests that changed code is held against need nothing of vitest that is not there', () => {
  const files = testedFiles(root)
  expect(files.length).toBeGreaterThan(30)
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    const imported = [...text.matchAll(/import \{([^}]*)\} from 'vitest'/g)].flatMap(([, names = '']) =>
      names.split(','),
    )
    for (const name of imported) expect(Object.keys(standIn), file).toContain(name.trim())
    for (const [, how] of text.matchAll(/^\s*(?:describe|it|test)\.(\w+)\(/gm)) expect(how, file).toBe('each')
  }
})
