import { describe, expect, test } from 'vitest'
import { initTemplate } from '../../src/app/config/template.ts'
import { load, told, wanted } from './load-text.ts'

describe('what init prints passes validation without a warning', () => {
  test.each([
    ['as it is', {}],
    ['for an organization', { organization: 'fabrikam', tenant: 'fabrikam.com' }],
    ['for a vault', { storeUrl: 'https://fabrikam.vault.azure.net' }],
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
    initTemplate({ organization: '2024', tenant: 'fabrikam.com', storeUrl: 'https://fabrikam.vault.azure.net' }),
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

test('a value with a line break cannot add a line', () => {
  const text = initTemplate({ organization: 'contoso\nversion: 2' })
  expect(told(load(text))).toEqual([
    expect.stringMatching(
      /^\d+:17 error defaults\.organization: "contoso\\nversion: 2" is not the name of an organization/,
    ),
  ])
})
