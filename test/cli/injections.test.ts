import { describe, expect, test } from 'vitest'
import {
  environmentWith,
  feedVariable,
  type InjectionOptions,
  injectionsOf,
  withoutOwnSecrets,
} from '../../src/cli/injections.ts'
import { withheldIn } from '../../src/app/config/withheld-variables.ts'
import { Secret } from '../../src/core/secret.ts'
import { instant } from '../../src/core/time.ts'

const feed = 'https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json'

function stored(value: string, organization = 'contoso') {
  return { organization, validTo: instant(0), value: new Secret(value) }
}

function environment(names: string, options: InjectionOptions, parent: Record<string, string> = {}) {
  return environmentWith({
    parent,
    injections: injectionsOf(names.split(','), options),
    values: new Map([
      ['reader', stored('r-value')],
      ['writer', stored('w-value', 'fabrikam')],
    ]),
    azureDevOps: 'https://dev.azure.com',
  })
}

describe('a command finds', () => {
  test('each value in the variable that bears the name of its token', () => {
    expect(environment('reader,writer', {}, { PATH: '/bin' })).toEqual({
      PATH: '/bin',
      READER: 'r-value',
      WRITER: 'w-value',
    })
  })

  test('the value of one token in as many variables as were named', () => {
    expect(environment('reader', { as: ['A', 'B'], base64: ['C'] })).toEqual({
      A: 'r-value',
      B: 'r-value',
      C: 'ci12YWx1ZQ==',
    })
  })

  test('values of several tokens where each was put', () => {
    const options = { env: ['reader=READ'], base64: ['writer=WRITE'] }
    expect(environment('reader,writer', options)).toEqual({ READ: 'r-value', WRITE: 'dy12YWx1ZQ==' })
  })

  test('the organization beside the token of Terraform, unless it has one', () => {
    const options = { as: ['AZDO_PERSONAL_ACCESS_TOKEN'] }
    expect(environment('writer', options)['AZDO_ORG_SERVICE_URL']).toBe('https://dev.azure.com/fabrikam')
    const own = { AZDO_ORG_SERVICE_URL: 'https://own' }
    expect(environment('writer', options, own)['AZDO_ORG_SERVICE_URL']).toBe('https://own')
  })

  test('feeds as the credential provider reads them', () => {
    const text = environment('reader', { feed: [feed] })[feedVariable] ?? ''
    expect(JSON.parse(text)).toEqual({
      endpointCredentials: [{ endpoint: feed, username: 'patrol', password: 'r-value' }],
    })
  })

  test('feeds of others beside ours, and ours in place of an older one', () => {
    const other = { endpoint: 'https://other', username: 'x', password: 'y' }
    const parent = { [feedVariable]: JSON.stringify({ endpointCredentials: [other, { endpoint: feed }] }) }
    const text = environment('reader,writer', { feed: [`writer=${feed}`] }, parent)
    expect(JSON.parse(text[feedVariable] ?? '')).toEqual({
      endpointCredentials: [other, { endpoint: feed, username: 'patrol', password: 'w-value' }],
    })
    expect(text['READER']).toBe('r-value')
    expect(text['WRITER']).toBeUndefined()
  })

  test('nothing where its own feeds cannot be read, because they would be lost', () => {
    expect(() => environment('reader', { feed: [feed] }, { [feedVariable]: '[]' })).toThrow('something other than')
    expect(() => environment('reader', { feed: [feed] }, { [feedVariable]: '{' })).toThrow('something other than')
    expect(environment('reader', { feed: [feed] }, { [feedVariable]: ' ' })[feedVariable]).toContain('r-value')
  })
})

describe('what cannot be meant', () => {
  test.each<[string, InjectionOptions, string]>([
    ['reader,', {}, 'a name in the list is empty'],
    ['reader,reader', {}, 'reader is named twice'],
    ['reader,writer', { as: ['A'] }, '--as does not say which of the tokens it means'],
    ['reader,writer', { env: ['A'] }, '--env needs NAME=VARIABLE'],
    ['reader', { env: ['nobody=A'] }, '--env names nobody, which is not in the list'],
    ['reader', { as: ['A-B'] }, '--as needs the name of a variable'],
    ['reader', { as: ['A', 'A'] }, 'A would hold two values'],
    ['reader,writer', { env: ['reader=WRITER'] }, 'WRITER would hold two values'],
    ['reader', { feed: ['http://x'] }, '--feed needs the https address of a feed'],
    ['reader', { as: [feedVariable] }, 'name them with --feed'],
  ])('is refused: %s %j', (names, options, message) => {
    expect(() => injectionsOf(names.split(','), options)).toThrow(message)
  })

  test('is told all at once', () => {
    const work = () => injectionsOf(['reader', ''], { as: ['1'], feed: ['reader=x'] })
    expect(work).toThrow(/a name in the list is empty; --as .*; --feed /)
  })
})

test('a value that no variable can hold is refused before anything could quote it', () => {
  const parts = {
    parent: {},
    injections: injectionsOf(['odd'], {}),
    values: new Map([['odd', stored('secret\0part')]]),
    azureDevOps: '',
  }
  expect(() => environmentWith(parts)).toThrow('the value of odd holds a character that no variable can hold')
})

test('a command gets no secret of Patrol itself but those that are passed on', () => {
  const parent = {
    PATH: '/bin',
    PATROL_AGE_IDENTITY: 'a',
    USER_PASSWORD: 'b',
    BOT_PASSWORD: 'c',
    KEY: 'd',
    GONE: undefined,
  }
  const own = new Set(['BOT_PASSWORD', 'KEY', 'NOT_THERE'])
  const withheld = withoutOwnSecrets(parent, own, [])
  expect(withheld).toEqual({ PATH: '/bin', PATROL_EXEC_WITHHELD: expect.any(String) })
  expect(withheldIn(withheld).toSorted()).toEqual(['BOT_PASSWORD', 'KEY', 'PATROL_AGE_IDENTITY', 'USER_PASSWORD'])
  expect(withoutOwnSecrets(parent, own, ['KEY', 'USER_PASSWORD'])).toEqual({
    PATH: '/bin',
    KEY: 'd',
    USER_PASSWORD: 'b',
    PATROL_EXEC_WITHHELD: expect.any(String),
  })
})

test('what one exec took away is still known within another, and what was set anew meanwhile is not', () => {
  const outer = withoutOwnSecrets({ KEY: 'a', OTHER: 'b', THIRD: 'c' }, ['KEY', 'OTHER'], [])
  const inner = withoutOwnSecrets({ ...outer, OTHER: 'set anew' }, ['THIRD'], [])
  expect(inner).toMatchObject({ OTHER: 'set anew' })
  expect(withheldIn(inner).toSorted()).toEqual(['KEY', 'THIRD'])
})

test('what is passed on must be the name of a variable', () => {
  expect(() => injectionsOf(['reader'], { pass: ['A=b'] })).toThrow('--pass needs the name of a variable')
})
