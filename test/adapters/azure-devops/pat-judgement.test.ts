import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  judgeExtension,
  judgeMint,
  judgePage,
  judgeRevocation,
} from '../../../src/adapters/azure-devops/pat-judgement.ts'
import type { Asked } from '../../../src/adapters/azure-devops/refusal.ts'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'
import { asPatrolError, PatrolError } from '../../../src/core/errors.ts'
import { answer, html, serviceError } from '../support/answers.ts'

const reading: Asked = { what: 'listing the PATs in contoso', organization: 'contoso', mutates: false }
const minting: Asked = { what: 'minting a PAT in contoso', organization: 'contoso', mutates: true }

/** Of the form of today, made here because a fixture of that shape would be taken for a leak. */
const value = `${'a'.repeat(52)}JQQJ99CA${'b'.repeat(12)}AAAAAZDOabcd`

const entry = {
  displayName: 'Package feed (patrol abcd12345678)',
  validTo: '2026-07-01T00:00:00.3233333Z',
  scope: 'vso.packaging_write vso.Code',
  targetAccounts: ['38aaa865-2c70-4bf7-a308-0c6539c38c1a'],
  validFrom: '2026-06-01T00:00:00.52Z',
  authorizationId: '4AB5764F-4193-4f1d-b995-64144880b7d7',
  token: null,
}
const pat = {
  authorizationId: '4ab5764f-4193-4f1d-b995-64144880b7d7',
  displayName: 'Package feed (patrol abcd12345678)',
  scopes: ['vso.code', 'vso.packaging_write'],
  validFrom: Date.UTC(2026, 5, 1, 0, 0, 0, 520),
  validTo: Date.UTC(2026, 6, 1, 0, 0, 0, 323),
  allOrganizations: false,
}
const result = (changes: object = {}): object => ({ patToken: entry, patTokenError: 'none', ...changes })
const minted = result({ patToken: { ...entry, token: value } })

function failure(
  judge: (answer: HttpAnswer, asked: Asked) => unknown,
  given: HttpAnswer,
  asked = minting,
): PatrolError {
  try {
    judge(given, asked)
  } catch (thrown) {
    return asPatrolError(thrown)
  }
  return expect.fail('the answer was accepted')
}

describe('a page of PATs', () => {
  it('is read with its dates, scopes and where the next one starts', () => {
    const page = judgePage(answer(200, { continuationToken: 'next', patTokens: [entry] }), reading)
    expect(page).toEqual({ pats: [pat], continuation: 'next' })
  })

  it.each([{ continuationToken: '' }, { continuationToken: null }, {}])('is the last one with %j', (end) => {
    expect(judgePage(answer(200, { ...end, patTokens: [] }), reading)).toEqual({ pats: [], continuation: undefined })
  })

  it.each([{ targetAccounts: null }, { targetAccounts: undefined }])('shows a global PAT by %j', (changes) => {
    const page = judgePage(answer(200, { patTokens: [{ ...entry, ...changes }] }), reading)
    expect(page.pats[0]?.allOrganizations).toBe(true)
  })

  it.each(['soon', '', null, undefined, '9999-12-31T23:59:59.9999999Z'])(
    'keeps a PAT whose validTo is %j as one of unknown expiry',
    (validTo) => {
      const page = judgePage(answer(200, { patTokens: [{ ...entry, validTo }] }), reading)
      expect(page.pats[0]).toEqual({ ...pat, validTo: undefined })
    },
  )

  it('that starts with a byte order mark is read', () => {
    const text = `\uFEFF${JSON.stringify({ patTokens: [entry] })}`
    expect(judgePage(answer(200, text, { 'content-type': 'application/json' }), reading).pats).toEqual([pat])
  })

  it.each([
    ['no list', { continuationToken: '' }],
    ['another envelope', { count: 1, value: [entry] }],
    ['null in place of the list', { patTokens: null }],
    ['null in place of a PAT', { patTokens: [entry, null] }],
    ['text in place of a PAT', { patTokens: ['x'] }],
    ['a PAT without id', { patTokens: [{ ...entry, authorizationId: '' }] }],
    ['a PAT without name', { patTokens: [{ ...entry, displayName: null }] }],
    ['a PAT without scope', { patTokens: [{ ...entry, scope: null }] }],
    ['a PAT with a list of scopes', { patTokens: [{ ...entry, scope: ['vso.code'] }] }],
    ['a PAT without beginning', { patTokens: [{ ...entry, validFrom: 'x' }] }],
    ['a number for the accounts', { patTokens: [{ ...entry, targetAccounts: 7 }] }],
    ['a number as continuation', { patTokens: [], continuationToken: 7 }],
  ])('with %s is refused as a whole', (_name, body) => {
    expect(failure(judgePage, answer(200, body), reading)).toMatchObject({ code: 'unexpected-answer', outcome: 'none' })
  })
})

describe('a minted PAT', () => {
  it('comes with its value and what was granted', () => {
    const { pat: granted, value: secret } = judgeMint(answer(200, minted), minting)
    expect(granted).toEqual(pat)
    expect(secret.reveal()).toBe(value)
  })

  it('is not believed without a value, and may exist', () => {
    for (const token of [null, undefined, '', 7]) {
      const given = answer(200, result({ patToken: { ...entry, token } }))
      expect(failure(judgeMint, given)).toMatchObject({ code: 'unexpected-answer', outcome: 'unknown' })
    }
  })

  it('is not believed without patTokenError, even with a value', () => {
    for (const patTokenError of [undefined, null, true, 0]) {
      const error = failure(judgeMint, answer(200, { ...minted, patTokenError }))
      expect(error).toMatchObject({ code: 'unexpected-answer', outcome: 'unknown' })
      expect(error.message).not.toContain(value)
    }
  })

  it('is not believed with a value beside an error', () => {
    const error = failure(judgeMint, answer(200, { ...minted, patTokenError: 'accessDenied' }))
    expect(error).toMatchObject({ code: 'access-denied', outcome: 'none' })
  })
})

describe('an extended PAT', () => {
  it('has the granted date and usually no value', () => {
    expect(judgeExtension(answer(200, result()), minting)).toEqual({ pat, value: undefined })
  })

  it('may have a value', () => {
    expect(judgeExtension(answer(200, minted), minting).value?.reveal()).toBe(value)
  })

  it('without a PAT is no success', () => {
    const error = failure(judgeExtension, answer(200, { patToken: null, patTokenError: 'none' }))
    expect(error).toMatchObject({ code: 'unexpected-answer', outcome: 'unknown' })
  })
})

describe('a revocation', () => {
  it.each([
    ['204', answer(204)],
    ['an empty 200', answer(200)],
    ['a 200 that says none', answer(200, { patTokenError: 'none' })],
    ['a PAT that was not there', serviceError(404, 'SessionTokenNotFoundException', 'no such token')],
    ['a PAT that was not there, at 400', serviceError(400, 'SessionTokenNotFoundException', 'no such token')],
    ['tokenNotFound', answer(200, { patToken: null, patTokenError: 'tokenNotFound' })],
    ['authorizationNotFound', answer(404, { patToken: null, patTokenError: 'authorizationNotFound' })],
  ])('is done with %s', (_name, given) => {
    expect(judgeRevocation(given, minting)).toBeUndefined()
  })

  it.each([
    ['a sign-in page', html(200), 'not-signed-in', 'unknown'],
    ['a sign-in page with 203', html(203), 'not-signed-in', 'none'],
    ['an empty 203', answer(203), 'not-signed-in', 'none'],
    ['an organization that is not there', html(404), 'organization-not-found', 'none'],
    ['a 500', answer(500), 'service-unavailable', 'unknown'],
    ['an unknown error', answer(200, { patTokenError: 'somethingNew' }), 'unexpected-answer', 'unknown'],
    [
      'an error named as objects have it',
      answer(200, { patTokenError: 'constructor' }),
      'unexpected-answer',
      'unknown',
    ],
    ['a body that tells nothing', answer(200, { a: 1 }), 'unexpected-answer', 'unknown'],
  ])('is not done with %s', (_name, given, code, outcome) => {
    expect(failure(judgeRevocation, given)).toMatchObject({ code, outcome })
  })
})

describe('patTokenError', () => {
  const table: [string, string, string][] = [
    ['displayNameRequired', 'invalid-request', 'none'],
    ['invalidDisplayName', 'invalid-request', 'none'],
    ['invalidValidTo', 'invalid-request', 'none'],
    ['invalidScope', 'invalid-scope', 'none'],
    ['userIdRequired', 'not-a-user-token', 'none'],
    ['invalidUserId', 'not-a-user-token', 'none'],
    ['invalidUserType', 'not-a-user-token', 'none'],
    ['accessDenied', 'access-denied', 'none'],
    ['failedToIssueAccessToken', 'service-unavailable', 'unknown'],
    ['failedToUpdateAccessToken', 'service-unavailable', 'unknown'],
    ['invalidClient', 'sign-in-misconfigured', 'none'],
    ['invalidClientType', 'sign-in-misconfigured', 'none'],
    ['invalidClientId', 'sign-in-misconfigured', 'none'],
    ['invalidTargetAccounts', 'organization-not-found', 'none'],
    ['hostAuthorizationNotFound', 'pat-not-found', 'none'],
    ['authorizationNotFound', 'pat-not-found', 'none'],
    ['tokenNotFound', 'pat-not-found', 'none'],
    ['invalidAuthorizationId', 'pat-not-found', 'none'],
    ['invalidToken', 'pat-not-found', 'none'],
    ['sourceNotSupported', 'access-denied', 'none'],
    ['invalidSourceIP', 'access-denied', 'none'],
    ['invalidSource', 'access-denied', 'none'],
    ['duplicateHash', 'invalid-request', 'none'],
    ['sshPolicyDisabled', 'invalid-request', 'none'],
    ['failedToReadTenantPolicy', 'service-unavailable', 'none'],
    ['failedToReadOrgPolicy', 'service-unavailable', 'none'],
    ['globalPatPolicyViolation', 'policy-global-pat', 'none'],
    ['globalPATCreationBlocked', 'policy-global-pat', 'none'],
    ['fullScopePatPolicyViolation', 'policy-full-scope', 'none'],
    ['patLifespanPolicyViolation', 'policy-lifespan', 'none'],
    ['disablePatCreationPolicyViolation', 'policy-creation-disabled', 'none'],
    ['invalidTokenType', 'not-a-user-token', 'none'],
    ['invalidAudience', 'not-a-user-token', 'none'],
    ['invalidSubject', 'not-a-user-token', 'none'],
    ['deploymentHostNotSupported', 'organization-not-found', 'none'],
    ['expiredPatCannotBeExtended', 'cannot-extend', 'none'],
    ['addedInALaterVersion', 'unexpected-answer', 'unknown'],
  ]
  it.each(table)('%s is %s with outcome %s at every status', (patTokenError, code, outcome) => {
    for (const status of [200, 400, 403, 404, 500]) {
      const error = failure(judgeMint, answer(status, { patToken: null, patTokenError }))
      expect(error).toMatchObject({ code, outcome })
      expect(error.message).toContain(patTokenError)
    }
  })

  it('brings the message of the service, without secrets', () => {
    const body = {
      patToken: null,
      patTokenError: 'disablePatCreationPolicyViolation',
      patTokenErrorMessage: `no ${value}`,
    }
    const { message } = failure(judgeMint, answer(200, body))
    expect(message).toBe(
      'minting a PAT in contoso: Azure DevOps says: a policy restricts the creation of PATs (disablePatCreationPolicyViolation): no [secret]',
    )
  })
})

describe('an answer that is no answer to the question', () => {
  const table: [string, HttpAnswer, string, string][] = [
    ['203', html(203), 'not-signed-in', 'none'],
    ['203 with JSON', answer(203, minted), 'not-signed-in', 'none'],
    ['302', html(302, { location: 'https://spsprod.example/_signin' }), 'not-signed-in', 'none'],
    ['307 without a body', answer(307), 'not-signed-in', 'none'],
    ['200 with HTML', html(200), 'not-signed-in', 'unknown'],
    [
      '200 with JSON called HTML',
      answer(200, JSON.stringify(minted), { 'content-type': 'text/html' }),
      'not-signed-in',
      'unknown',
    ],
    [
      '200 with JSON called text',
      answer(200, JSON.stringify(minted), { 'content-type': 'text/plain' }),
      'unexpected-answer',
      'unknown',
    ],
    ['200 without a content type', answer(200, JSON.stringify(minted)), 'unexpected-answer', 'unknown'],
    ['200 that is empty', answer(200), 'unexpected-answer', 'unknown'],
    ['204', answer(204), 'unexpected-answer', 'unknown'],
    [
      '200 that is cut short',
      answer(200, '{"patToken":{"dis', { 'content-type': 'application/json' }),
      'unexpected-answer',
      'unknown',
    ],
    ['200 with a list', answer(200, [minted]), 'unexpected-answer', 'unknown'],
    ['200 with null', answer(200, 'null', { 'content-type': 'application/json' }), 'unexpected-answer', 'unknown'],
    ['400', serviceError(400, 'VssInvalidPreviewVersionException', 'no preview'), 'invalid-request', 'none'],
    ['401 without a body', answer(401), 'not-signed-in', 'none'],
    [
      '401 with JSON',
      serviceError(401, 'UnauthorizedRequestException', "TF400813: The user '' is not"),
      'not-signed-in',
      'none',
    ],
    ['InvalidAccessException', serviceError(401, 'InvalidAccessException', 'not allowed'), 'not-a-user-token', 'none'],
    ['403', serviceError(403, 'AccessCheckException', 'Access Denied'), 'access-denied', 'none'],
    ['403 without a body', answer(403), 'access-denied', 'none'],
    [
      'VS403463',
      serviceError(403, 'VssServiceException', 'VS403463: The conditional access policy'),
      'conditional-access',
      'none',
    ],
    ['404', html(404), 'organization-not-found', 'none'],
    ['408', answer(408), 'service-unavailable', 'unknown'],
    ['409', answer(409), 'invalid-request', 'none'],
    ['429', serviceError(429, '', 'TF400733: The request has been canceled'), 'throttled', 'none'],
    ['500', serviceError(500, 'X', 'TF400898'), 'service-unavailable', 'unknown'],
    ['502 with HTML', html(502), 'service-unavailable', 'unknown'],
    ['503 with a PAT in it', answer(503, minted), 'service-unavailable', 'unknown'],
  ]
  it.each(table)('%s', (_name, given, code, outcome) => {
    expect(failure(judgeMint, given)).toMatchObject({ code, outcome })
    expect(failure(judgePage, given, reading)).toMatchObject({ code, outcome: 'none' })
  })

  it('names how long to wait: in seconds, in fractions, or until a date by its own clock', () => {
    const date = 'Mon, 01 Jun 2026 12:00:00 GMT'
    const retryAfter = (headers: Record<string, string>): unknown =>
      failure(judgeMint, answer(429, '', headers)).retryAfter
    expect(retryAfter({ 'retry-after': '30' })).toBe(30_000)
    expect(retryAfter({ 'retry-after': '0.25' })).toBe(250)
    expect(retryAfter({ 'retry-after': 'Mon, 01 Jun 2026 12:01:30 GMT', date })).toBe(90_000)
    expect(retryAfter({ 'retry-after': 'Mon, 01 Jun 2026 11:00:00 GMT', date })).toBe(0)
    expect(retryAfter({ 'retry-after': 'Mon, 01 Jun 2026 12:01:30 GMT' })).toBeUndefined()
    expect(retryAfter({ 'retry-after': 'soon', date })).toBeUndefined()
    expect(retryAfter({})).toBeUndefined()
  })

  it("has the service's name of the request", () => {
    const id = randomUUID()
    expect(failure(judgeMint, answer(500, '', { activityid: id })).correlationId).toBe(id)
    expect(failure(judgeMint, answer(500, '', { activityid: 'x', 'x-vss-e2eid': id })).correlationId).toBe(id)
    expect(failure(judgeMint, answer(500, '', { 'x-vss-e2eid': 'not an id\n' })).correlationId).toBeUndefined()
  })

  it.each([
    [serviceError(403, 'X', 'a  b\r\n c'), 'a b c'],
    [answer(403, { count: 1, value: { Message: 'old form' } }), 'old form'],
    [answer(403, { Message: 'older form' }), 'older form'],
    [answer(403, '', { 'x-tfs-serviceerror': 'Access%20Denied%3a+no' }), 'Access Denied: no'],
    [answer(403, '', { 'x-tfs-serviceerror': '100%' }), '100%'],
  ])('brings the text of the service (%#)', (given, text) => {
    expect(failure(judgeMint, given).message).toMatch(new RegExp(`\\(403\\): ${text}$`))
  })

  it('shows no secret, however the service repeats one', () => {
    for (const given of [serviceError(400, 'X', `bad ${value}`), answer(403, '', { 'x-tfs-serviceerror': value })]) {
      expect(failure(judgeMint, given).message).not.toContain(value)
    }
  })
})

describe('arbitrary bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc
      .record({ patToken: fc.anything(), patTokenError: fc.anything(), patTokens: fc.anything() }, { requiredKeys: [] })
      .map((body) =>
        new TextEncoder().encode(
          JSON.stringify(body, (_key, each: unknown) => (typeof each === 'bigint' ? 1 : each)) ?? '',
        ),
      ),
  )
  const headers = fc.record({ 'content-type': fc.constantFrom('application/json', 'text/html', '') })

  it('are either understood or a PatrolError, never another exception', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), headers, bytes, (status, headers, body) => {
        for (const judge of [judgePage, judgeMint, judgeExtension, judgeRevocation]) {
          try {
            judge({ status, headers, body }, minting)
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PatrolError)
          }
        }
      }),
    )
  })
})
