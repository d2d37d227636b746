import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Loaded } from '../../src/app/config/load.ts'
import { changed, goodFile, load, secrets } from './load-text.ts'

/** What every answer owes, whatever the file was. */
function expectSound(text: string, loaded: Loaded): void {
  const problems = loaded.kind === 'ok' ? loaded.warnings : loaded.problems
  const lines = text.replace(/^\ufeff/, '').split('\n')
  expect(loaded.kind === 'ok' || problems.some(({ severity }) => severity === 'error')).toBe(true)
  for (const { code, message, remedy, file, line, column } of problems) {
    expect(code).toBe('config-invalid')
    expect(message).not.toBe('')
    expect(remedy).not.toBe('')
    expect(file).toBe('patrol.yaml')
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines.length)
    expect(column).toBeGreaterThanOrEqual(1)
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
    expect(message + remedy).not.toMatch(/undefined|\[object|NaN/)
  }
  const order = problems.map(({ line, column }) => line * 100_000 + column)
  expect(order).toEqual(order.toSorted((one, other) => one - other))
  const all = JSON.stringify(loaded)
  for (const secret of Object.values(secrets)) expect(all).not.toContain(secret)
}

test('no text makes it throw, and every problem has a place within the file', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expectSound(text, load(text))
    }),
    { numRuns: 500 },
  )
})

const marks = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '*',
  '&a ',
  '*a',
  '!',
  '"',
  "'",
  '\n',
  '\n  ',
  '\t',
  '#',
  '|',
  '>',
  '${',
  '${X}',
  '$(X)',
  '%',
  '@',
  '<<: ',
  '? ',
  'null',
  '~',
  '5',
  'true',
  '\r',
  '---\n',
  '__proto__: ',
)

test('no damage to a good file makes it throw, and no secret comes out', () => {
  const damage = fc.tuple(fc.nat(goodFile.length), fc.nat(12), fc.oneof(marks, fc.string({ maxLength: 5 })))
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const text = damages.reduce(
        (before, [at, length, mark]) => before.slice(0, at) + mark + before.slice(at + length),
        goodFile,
      )
      expectSound(text, load(text))
    }),
    { numRuns: 1500 },
  )
})

/** Values of every kind, under known and unknown keys. */
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'vault',
      'ci-bot',
      'renew',
      'rotate',
      '30d',
      '400d',
      '50%',
      'https://x.vault.azure.net',
      '${USER_NAME}',
      '${USER_PASSWORD}',
      '$(X)',
      '*',
      'vso.code',
    ),
    fc.string({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        'name',
        'match',
        'scopes',
        'method',
        'store',
        'account',
        'organization',
        'organizations',
        'lifetime',
        'overlap',
        'renewBefore',
        'type',
        'url',
        'path',
        'identity',
        'credential',
        'signIn',
        'username',
        'password',
        'token',
        'file',
        'tenant',
        'user',
        'constructor',
        'x',
      ),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value

test('no values in the place of others make it throw', () => {
  const place = fc.constantFrom('version', 'endpoints', 'tls', 'accounts', 'stores', 'defaults', 'tokens', 'limits')
  fc.assert(
    fc.property(fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 3 }), (parts) => {
      const replaced = Object.fromEntries(parts)
      const rest = goodFile
        .split(/^(?=\w)/m)
        .filter((section) => !Object.hasOwn(replaced, section.split(':', 1)[0] ?? ''))
      const text =
        rest.join('') +
        parts
          .filter(([key], index) => parts.findLastIndex(([other]) => other === key) === index)
          .map(([key, part]) => `${key}: ${JSON.stringify(part)}\n`)
          .join('')
      expectSound(text, load(text))
    }),
    { numRuns: 1500 },
  )
})

test('every fault of a file is told in the first answer: taking one away leaves the others', () => {
  const faults: readonly (readonly [string, string])[] = [
    ['version: 1', 'version: 9'],
    ['contoso.onmicrosoft.com', 'common'],
    ['${USER_NAME}', 'ci-bot'],
    ['${USER_PASSWORD}', 'literal'],
    ['https://contoso', 'http://contoso'],
    ['organization: contoso', 'organisation: contoso'],
    ['store: vault', 'store: valt'],
    ['[vso.packaging]', '[vso.pats]'],
    ['name: package-feed', 'name: Package feed'],
  ]
  fc.assert(
    fc.property(fc.subarray([...faults], { minLength: 1 }), (chosen) => {
      const loaded = load(changed(...chosen))
      const errors = loaded.kind === 'ok' ? [] : loaded.problems.filter(({ severity }) => severity === 'error')
      expect(errors).toHaveLength(chosen.length)
    }),
  )
})

test('a file of aliases that doubles at every level is refused, and soon', () => {
  const levels = Array.from({ length: 40 }, (_, index) => `  - &a${index + 1} [*a${index}, *a${index}]`)
  const loaded = load(`version: 1\ntokens:\n  - &a0 [x]\n${levels.join('\n')}\n`)
  expect(loaded.kind === 'invalid' && loaded.problems.some(({ message }) => message.includes('aliases'))).toBe(true)
})

test('ten thousand tokens are checked, and a fault in the last is found', () => {
  const entries = Array.from({ length: 10_000 }, (_, index) => `  - name: token-${index}\n    scopes: [vso.code]\n`)
  const loaded = load(`${goodFile}${entries.join('')}    lifetime: 400d\n`)
  expect(loaded.kind === 'invalid' && loaded.problems.map(({ line, message }) => [line, message])).toEqual([
    [20_020, expect.stringContaining('tokens[token-9999].lifetime: 400d')],
  ])
})
