import { describe, expect, test } from 'vitest'
import { day, times } from '../../src/core/time.ts'
import { configFromFlags, type Flags, flagsBesideFile, givenFlags } from '../../src/app/config/flags.ts'
import type { Loaded } from '../../src/app/config/load.ts'
import { secrets } from './load-text.ts'

const variables = {
  USER_NAME: 'CI-Bot@contoso.com',
  USER_PASSWORD: secrets.password,
  TENANT_ID: 'contoso.onmicrosoft.com',
  PATROL_AGE_IDENTITY: secrets.identity,
}

function from(flags: Partial<Flags>, changes: Readonly<Record<string, string | undefined>> = {}): Loaded {
  const environment = {
    variables: { ...variables, ...changes },
    readFile: (path: string): string => {
      throw Object.assign(new Error(path), { code: 'ENOENT' })
    },
  }
  return configFromFlags({ organizations: ['contoso'], ...flags }, environment, '/work')
}

function faults(loaded: Loaded): readonly string[] {
  return loaded.kind === 'ok' ? [] : loaded.problems.map(({ message, remedy }) => `${message} -> ${remedy}`)
}

test('the organization alone extends every PAT of the user', () => {
  const loaded = from({})
  expect(loaded.kind === 'ok' && loaded.wanted).toMatchObject({
    file: undefined,
    tokens: [],
    rules: [
      {
        match: '*',
        method: 'renew',
        organizations: ['contoso'],
        owner: 'ci-bot@contoso.com',
        store: undefined,
        lifetime: times(30, day),
      },
    ],
    warnings: [],
  })
})

test('flags say what a file would', () => {
  const loaded = from({
    organizations: ['contoso', 'fabrikam'],
    tenant: 'contoso.com',
    match: 'deploy-*',
    method: 'rotate',
    lifetime: '60d',
    renewBefore: '25%',
    store: 'https://contoso.vault.azure.net',
    user: 'Other@contoso.com',
  })
  expect(loaded.kind === 'ok' && loaded.wanted).toMatchObject({
    rules: [
      {
        match: 'deploy-*',
        method: 'rotate',
        organizations: ['contoso', 'fabrikam'],
        lifetime: times(60, day),
        renewBefore: times(15, day),
        owner: 'other@contoso.com',
        store: 'default',
        secretNameTemplate: '{name}',
      },
    ],
  })
  const wanted = loaded.kind === 'ok' ? loaded.wanted : undefined
  expect(wanted?.accounts.get('default')).toMatchObject({ tenant: 'contoso.com', user: 'other@contoso.com' })
  expect(wanted?.stores.get('default')).toMatchObject({ url: 'https://contoso.vault.azure.net' })
})

test('a store that is no address is a directory, which the environment opens', () => {
  const loaded = from({ method: 'rotate', store: 'secrets' })
  const store = loaded.kind === 'ok' ? loaded.wanted.stores.get('default') : undefined
  expect(store).toMatchObject({ type: 'file', path: '/work/secrets' })
  expect(store?.type === 'file' && store.identity.reveal()).toBe(secrets.identity)
})

test('a shell has expanded the flags: what is left is meant as it stands', () => {
  const loaded = from({ match: '${USER_PASSWORD}*' })
  expect(loaded.kind === 'ok' && loaded.wanted.rules[0]?.match).toBe('${USER_PASSWORD}*')
})

describe('what is missing', () => {
  test('is named all at once', () => {
    const nothing = { USER_NAME: undefined, USER_PASSWORD: '', TENANT_ID: undefined, PATROL_AGE_IDENTITY: undefined }
    expect(
      faults(from({ organizations: [], method: 'rotate', store: './secrets', lifetime: '60 days' }, nothing)),
    ).toEqual([
      '--lifetime: "60 days" is not a duration such as 90s, 15m, 12h or 30d, or max -> write 60d',
      '--organization is missing -> write --organization with the name of the organization',
      'USER_NAME, USER_PASSWORD, PATROL_AGE_IDENTITY are not set -> set them in the environment; in Azure Pipelines hand secret variables to the step under env:',
    ])
  })

  test('a store, for new values', () => {
    expect(faults(from({ method: 'rotate' }))).toEqual([
      '--method rotate needs --store, which keeps each new value -> write --store with the address of a key vault, or a directory',
    ])
  })

  test.each([undefined, ''])('a tenant is not: it is found from the organization', (unset) => {
    const loaded = from({}, { TENANT_ID: unset })
    expect(faults(loaded)).toEqual([])
    const account = loaded.kind === 'ok' ? loaded.wanted.accounts.get('default') : undefined
    expect(account).toMatchObject({ tenant: undefined, organizations: ['contoso'] })
  })
})

describe('what is wrong is named by its flag or variable', () => {
  test.each<[Partial<Flags>, Readonly<Record<string, string>>, string]>([
    [
      { organizations: ['https://dev.azure.com/contoso'] },
      {},
      '--organization: https://dev.azure.com/contoso is not the name',
    ],
    [{ tenant: 'common' }, {}, '--tenant: common is not a tenant id'],
    [{ method: 'extend' }, {}, '--method: extend is not one of rotate, renew'],
    [{ lifetime: '400d' }, {}, '--lifetime: 400d is longer than 365d'],
    [{ renewBefore: '30d' }, {}, '--renew-before: 30d is not shorter than lifetime 30d (built in)'],
    [{ match: '' }, {}, '--match: "" is not 1 to 200 characters'],
    [{ user: 'bot' }, {}, '--user: bot is not a user name'],
    [
      { method: 'rotate', store: 'http://vault.example' },
      {},
      '--store: http://vault.example is not an address that begins with https://',
    ],
    [
      { method: 'rotate', store: 'https://contoso.vault.azure.net/secrets' },
      {},
      '--store: https://contoso.vault.azure.net/secrets has a path',
    ],
    [{}, { USER_NAME: 'bot' }, 'USER_NAME: the value of ${USER_NAME} is not a user name'],
    [
      {},
      { USER_PASSWORD: '$(sa_password)' },
      'USER_PASSWORD: the variable USER_PASSWORD is $(sa_password), which Azure Pipelines leaves',
    ],
    [
      {},
      { TENANT_ID: '$(TENANT_ID)' },
      'TENANT_ID: the variable TENANT_ID is $(TENANT_ID), which Azure Pipelines leaves',
    ],
    [{}, { TENANT_ID: 'common' }, 'TENANT_ID: the value of ${TENANT_ID} is not a tenant id'],
  ])('%j %j', (flags, changes, expected) => {
    const found = faults(from(flags, changes))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
    expect(found.join('')).not.toContain(secrets.password)
  })
})

test('flags beside a configuration file are refused by name', () => {
  expect(flagsBesideFile({ organizations: [] }, 'patrol.yaml')).toBeUndefined()
  expect(flagsBesideFile({ organizations: ['a'], renewBefore: '5d' }, 'patrol.yaml')).toMatchObject({
    message: '--organization, --renew-before cannot stand beside the configuration patrol.yaml',
    remedy: 'give either the flags or a configuration; --no-config leaves that out',
    severity: 'error',
  })
  expect(givenFlags({ organizations: [], tenant: undefined, store: 'x' })).toEqual(['--store'])
})
