import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { jsonSchema } from '../../src/app/config/json-schema.ts'
import { initTemplate } from '../../src/app/config/template.ts'
import { violations } from './draft7.ts'
import { changed, extended, goodFile } from './load-text.ts'

const schema = jsonSchema()
const check = (text: string): readonly string[] => violations(schema, parse(text))

describe('the published schema takes a file as it is written', () => {
  test.each([
    ['the good file', goodFile],
    ['what init prints', initTemplate({})],
    ['what init prints for a vault', initTemplate({ store: 'https://contoso.vault.azure.net' })],
    [
      'references in the place of choices, patterns and truth values',
      extended(
        '    method: ${METHOD:-rotate}\n    lifetime: ${LIFETIME}\n    paused: ${PAUSED:-false}\n    verify: ${VERIFY}\nlimits:\n  maxReplacements: ${MOST}',
      ),
    ],
    [
      'a rule, a credential and limits',
      extended(
        '  - match: "*"\n    organizations: [a, "${B}"]\n    secretName: "pat-{name}"\nlimits:\n  maxReplacements: 5',
      ),
    ],
    [
      'a managed identity',
      goodFile.replace('azure.net\n', 'azure.net\n    credential:\n      type: managed-identity\n'),
    ],
  ])('%s', (_, text) => {
    expect(check(text)).toEqual([])
  })
})

describe('the published schema refuses what the program refuses by its form', () => {
  test.each([
    ['another version', changed(['version: 1', 'version: 2']), '/version: is not 1'],
    ['an unknown key', changed(['defaults:', 'default:']), '/: has the unknown key default'],
    [
      'a key that is missing',
      changed([
        '    signIn:\n      method: password\n      username: ${USER_NAME}\n      password: ${USER_PASSWORD}\n',
        '    user: bot@contoso.com\n',
      ]),
      '/accounts/ci-bot: lacks signIn',
    ],
    ['a name with capitals', changed(['  ci-bot:', '  CI:']), '/accounts/CI: does not fit the pattern'],
    ['a name of a reference', changed(['  ci-bot:', '  "${X}":']), '/accounts/${X}: does not fit the pattern'],
    [
      'a literal password',
      changed(['${USER_PASSWORD}', 'hunter2']),
      '/accounts/ci-bot/signIn: fits 0 of the alternatives',
    ],
    [
      'a password with a default',
      changed(['${USER_PASSWORD}', '${USER_PASSWORD:-x}']),
      '/accounts/ci-bot/signIn: fits 0 of the alternatives',
    ],
    [
      'an unknown method',
      changed(['method: password', 'method: device-code']),
      '/accounts/ci-bot/signIn: fits 0 of the alternatives',
    ],
    ['a duration without unit', extended('    lifetime: 30'), '/tokens/0/lifetime: is not of type string'],
    ['a duration in words', extended('    lifetime: 30 days'), '/tokens/0/lifetime: does not fit the pattern'],
    ['a scope in a text', changed(['[vso.packaging]', 'vso.packaging']), '/tokens/0/scopes: is not of type array'],
    ['no scope', changed(['[vso.packaging]', '[]']), '/tokens/0/scopes: has too few entries'],
    ['an unknown choice', extended('    method: extend'), '/tokens/0/method: fits 0 of the alternatives'],
    ['YAML 1.1', extended('    paused: yes'), '/tokens/0/paused: fits 0 of the alternatives'],
    [
      'a limit beyond everything',
      extended('limits:\n  maxReplacements: 101%'),
      '/limits/maxReplacements: fits 0 of the alternatives',
    ],
  ])('%s', (_, text, expected) => {
    expect(check(text)).toEqual([expected])
  })
})

test('every key has a description, which editors show', () => {
  const silent: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    const { properties, additionalProperties, items, anyOf, oneOf } = node as Record<string, unknown>
    for (const [key, inner] of Object.entries((properties ?? {}) as Record<string, Record<string, unknown>>)) {
      if (typeof inner['description'] !== 'string' || inner['description'].length < 10) silent.push(`${path}/${key}`)
      walk(inner, `${path}/${key}`)
    }
    for (const inner of [additionalProperties, items, ...((anyOf ?? oneOf ?? []) as unknown[])])
      walk(inner, `${path}/*`)
  }
  walk(schema, '')
  expect(silent).toEqual([])
})

test('the validator of this test fails where it should', () => {
  expect(() => violations({ patternProperties: {} }, {})).toThrow('patternProperties')
  expect(violations({ type: 'string', pattern: '^a' }, 'b')).toEqual(['/: does not fit the pattern'])
  expect(violations({ oneOf: [{ type: 'string' }, { const: 'a' }] }, 'a')).toEqual(['/: fits 2 of the alternatives'])
})

test('patrol.schema.json is what the program prints', () => {
  const file: unknown = JSON.parse(readFileSync(new URL('../../patrol.schema.json', import.meta.url), 'utf8'))
  expect(file).toEqual(JSON.parse(JSON.stringify(schema)))
})
