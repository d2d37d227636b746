import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PatrolError } from '../../src/core/errors.ts'
import { initTemplate } from '../../src/app/config/template.ts'
import { load, told, wanted } from './load-text.ts'

describe('what init prints passes validation without a warning', () => {
  test.each([
    ['as it is', {}],
    ['for an organization', { organization: 'fabrikam', tenant: 'fabrikam.com' }],
    ['for a vault', { store: 'https://fabrikam.vault.azure.net' }],
    ['with references', { organization: '${ORG:-fabrikam}', tenant: '${TENANT:-fabrikam.com}' }],
    [
      'with names that YAML would read otherwise',
      { organization: '2024', tenant: '11111111-2222-3333-4444-555555555555' },
    ],
    ['with a name that reads as a truth value', { organization: 'true' }],
  ])('%s', (_, parts) => {
    expect(told(load(initTemplate(parts)))).toEqual([])
  })
})

test('it says what was asked for', () => {
  const asked = wanted(
    initTemplate({ organization: '2024', tenant: 'fabrikam.com', store: 'https://fabrikam.vault.azure.net' }),
  )
  expect(asked.tokens[0]?.organization).toBe('2024')
  expect(asked.accounts.get('ci-bot')?.tenant).toBe('fabrikam.com')
  expect([...asked.stores.values()]).toEqual([
    expect.objectContaining({ type: 'azure-key-vault', url: 'https://fabrikam.vault.azure.net' }),
  ])
})

test('what is commented out is right, too', () => {
  const text = initTemplate({})
    .replaceAll(/^# (endpoints:|tls:)/gm, '$1')
    .replaceAll(/^# {3}(entra|vssps|azureDevOps|caFile):/gm, '  $1:')
    .replaceAll(/^ {2}# ( *(?:- match|method|lifetime):? ?)/gm, '  $1')
  expect(text).toContain('\nendpoints:\n  entra:')
  expect(text).toContain('\n  - match: "deploy-*"\n    method: renew\n    lifetime: 60d\n')
  const files = { '/etc/ssl/corporate.pem': '-----BEGIN CERTIFICATE-----\n' }
  expect(told(load(text, { files }))).toEqual([])
})

test('a directory is a store of files', () => {
  for (const store of ['/var/lib/patrol', './kept values', 'secrets', '../up']) {
    expect([...wanted(initTemplate({ store })).stores.values()]).toEqual([
      expect.objectContaining({ type: 'file', path: resolve('/etc/patrol', store) }),
    ])
  }
})

test.each([
  [{ organization: 'https://dev.azure.com/contoso' }, /^--organization: https:\S+ is not the name/, 'contoso'],
  [{ organization: 'contoso\nversion: 2' }, /^--organization: "contoso\\nversion: 2" is not the name/, ''],
  [{ tenant: 'common' }, /^--tenant: common is not a tenant id/, 'name the tenant'],
  [{ store: 'http://contoso.vault.azure.net' }, /^--store: http:\S+ is not an address/, 'https://'],
  [{ store: 'https://contoso.vault.azure.net/secrets' }, /^--store: https:\S+ has a path/, 'https://contoso'],
  [{ store: '~/secrets' }, /^--store: ~\/secrets begins with ~/, '${HOME}'],
  [{ organization: '-', tenant: 'x' }, /^--tenant: x is not .*; --organization: - is not /, ''],
])('%j is refused by the name of its flag', (parts, message, remedy) => {
  let thrown: unknown
  try {
    initTemplate(parts)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'usage', message: expect.stringMatching(message) })
  expect((thrown as PatrolError).remedy).toContain(remedy)
})
