import { describe, expect, it } from 'vitest'
import {
  judgeAccounts,
  judgeAdministratedPage,
  judgeMemberPage,
  judgeMembershipState,
  judgeProfile,
} from '../../../src/adapters/azure-devops/administration-judgement.ts'
import type { Asked } from '../../../src/adapters/azure-devops/refusal.ts'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { answer } from '../support/answers.ts'

const asked: Asked = { what: 'listing the PATs of a user of contoso', organization: 'contoso', mutates: false }
const ok = (body: unknown, headers: Record<string, string> = {}): HttpAnswer =>
  answer(200, body, { 'content-type': 'application/json; charset=utf-8; api-version=7.1', ...headers })

const session = {
  authorizationId: 'A0000000-0000-4000-8000-000000000001',
  displayName: 'Feed',
  scope: 'vso.code VSO.Build',
  validFrom: '2026-11-01T00:00:00Z',
  validTo: '2026-12-01T00:00:00.1234567Z',
  targetAccounts: ['0a6a0000-0000-4000-8000-000000000001'],
  isValid: true,
  token: null,
}

function failure(judge: () => unknown): PatrolError {
  try {
    judge()
  } catch (thrown) {
    if (thrown instanceof PatrolError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

describe('a page of the PATs of a user', () => {
  const page = (value: unknown, continuationToken: unknown = null) =>
    judgeAdministratedPage(ok({ value, continuationToken }), asked)

  it('has each with whether it is valid, and goes on by the token in its body', () => {
    const ended = { ...session, isValid: false }
    const pat = {
      authorizationId: 'a0000000-0000-4000-8000-000000000001',
      displayName: 'Feed',
      scopes: ['vso.build', 'vso.code'],
      validFrom: Date.UTC(2026, 10, 1),
      validTo: Date.UTC(2026, 11, 1, 0, 0, 0, 123),
      allOrganizations: false,
    }
    expect(page([session, ended], 'b0000000-0000-4000-8000-000000000002')).toEqual({
      pats: [
        { pat, hash: undefined, isValid: true },
        { pat, hash: undefined, isValid: false },
      ],
      continuation: 'b0000000-0000-4000-8000-000000000002',
    })
  })

  it('has the hash of a value where the service tells it, and leaves out what ended and cannot be read', () => {
    const hashed = { ...session, crossCompanyCorrelatingId: 'AAECAwQFBgcICQoLDA0O' }
    const torn = { ...session, isValid: false, validFrom: 'soon' }
    const { pats } = page([hashed, { ...session, crossCompanyCorrelatingId: 7 }, torn])
    expect(pats.map(({ hash }) => hash)).toEqual(['AAECAwQFBgcICQoLDA0O', undefined])
  })

  it.each([null, undefined, ''])('is the last one when that is %j', (token) => {
    expect(page([], token).continuation).toBeUndefined()
  })

  it('means UTC where its instants have no zone', () => {
    const [pat] = page([{ ...session, validFrom: '2026-11-01T00:00:00', validTo: '2026-12-01T00:00:00' }]).pats
    expect([pat?.pat.validFrom, pat?.pat.validTo]).toEqual([Date.UTC(2026, 10, 1), Date.UTC(2026, 11, 1)])
  })

  it.each([null, undefined])('takes targetAccounts of %j for all organizations', (targetAccounts) => {
    expect(page([{ ...session, targetAccounts }]).pats[0]?.pat.allOrganizations).toBe(true)
  })

  it('lets an end that cannot be read be unknown, and a name and a scope be missing', () => {
    const { validTo: _, displayName: __, scope: ___, ...rest } = session
    expect(page([rest]).pats[0]?.pat).toMatchObject({ displayName: '', scopes: [], validTo: undefined })
  })

  it.each<[string, unknown, unknown]>([
    ['value is not a list', {}, null],
    ['a PAT is missing', [null], null],
    ['a PAT has no authorizationId', [{ ...session, authorizationId: '' }], null],
    ['an unreadable validFrom of PAT', [{ ...session, validFrom: 'soon' }], null],
    ['unreadable targetAccounts of PAT', [{ ...session, targetAccounts: 'all' }], null],
    ['continuationToken is not text', [session], 7],
  ])('is refused when %s', (why, value, token) => {
    const { code, message } = failure(() => page(value, token))
    expect(code).toBe('unexpected-answer')
    expect(message).toContain(why)
  })

  it('tells whoever is no administrator what is missing', () => {
    const refused = answer(
      401,
      {
        message: "TF400813: The user 'x' is not authorized to access this resource.",
        typeKey: 'UnauthorizedRequestException',
      },
      { 'content-type': 'application/json', 'x-vss-e2eid': 'e2e' },
    )
    const { code, message, remedy, correlationId } = failure(() => judgeAdministratedPage(refused, asked))
    expect({ code, correlationId }).toEqual({ code: 'access-denied', correlationId: 'e2e' })
    expect(message).toContain('TF400813')
    expect(remedy).toContain('Project Collection Administrator')
  })

  it.each<[string, HttpAnswer, string]>([
    ['an empty 401', answer(401), 'not-signed-in'],
    ['a sign-in page', answer(203, '<html>', { 'content-type': 'text/html' }), 'not-signed-in'],
    ['a page in place of JSON', answer(200, '<html>', { 'content-type': 'text/html' }), 'not-signed-in'],
    [
      'a 404',
      answer(404, { message: 'x', typeKey: 'GraphSubjectNotFoundException' }, { 'content-type': 'application/json' }),
      'organization-not-found',
    ],
    ['a 429', answer(429, '', { 'retry-after': '3' }), 'throttled'],
    ['a 500', answer(500), 'service-unavailable'],
    ['half an answer', answer(200, '{"value": [', { 'content-type': 'application/json' }), 'unexpected-answer'],
  ])('%s is no page', (_, given, code) => {
    expect(failure(() => judgeAdministratedPage(given, asked)).code).toBe(code)
  })
})

describe('a page of users', () => {
  const ann = { descriptor: 'aad.QW5u', principalName: 'Ann@Contoso.example', mailAddress: 'ann@contoso.example' }

  it('goes on by its header', () => {
    const next = judgeMemberPage(ok({ count: 1, value: [ann] }, { 'x-ms-continuationtoken': 'more' }), asked)
    expect(next).toEqual({
      members: [{ descriptor: 'aad.QW5u', user: 'ann@contoso.example', state: 'unknown' }],
      next: 'more',
    })
    expect(judgeMemberPage(ok({ value: [] }), asked).next).toBeUndefined()
  })

  it('tells who is gone, and names personal accounts by their address', () => {
    const { members } = judgeMemberPage(
      ok({ value: [{ ...ann, isDeletedInOrigin: true }, { ...ann, principalName: '' }, { descriptor: 'msa.x' }] }),
      asked,
    )
    expect(members.map(({ user, state }) => [user, state])).toEqual([
      ['ann@contoso.example', 'deleted'],
      ['ann@contoso.example', 'unknown'],
      ['msa.x', 'unknown'],
    ])
  })

  it.each([[{}], [{ value: [null] }], [{ value: [{ principalName: 'x' }] }]])('is refused as %j', (body) => {
    expect(failure(() => judgeMemberPage(ok(body), asked)).code).toBe('unexpected-answer')
  })
})

it('membership, profile and accounts are read, or refused', () => {
  expect(judgeMembershipState(ok({ active: false }), asked)).toBe(false)
  expect(failure(() => judgeMembershipState(ok({}), asked)).code).toBe('unexpected-answer')
  expect(judgeProfile(ok({ id: 'me' }), asked)).toBe('me')
  expect(failure(() => judgeProfile(ok({ id: '' }), asked)).code).toBe('unexpected-answer')
  expect(judgeAccounts(ok({ value: [{ accountName: 'contoso' }, { accountName: 'fabrikam' }] }), asked)).toEqual([
    'contoso',
    'fabrikam',
  ])
  for (const body of [{}, { value: [{}] }, { value: [null] }]) {
    expect(failure(() => judgeAccounts(ok(body), asked)).code).toBe('unexpected-answer')
  }
})
