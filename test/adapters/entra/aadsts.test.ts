import { describe, expect, it } from 'vitest'
import { judgeSignIn, type SignInRefusal } from '../../../src/adapters/entra/aadsts.ts'
import { signInFailure } from '../../../src/adapters/entra/sign-in-failure.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { answer } from '../support/answers.ts'

const refusal = (changes: Partial<SignInRefusal>): SignInRefusal => ({
  status: 400,
  errorCodes: [],
  error: 'invalid_grant',
  suberror: '',
  ...changes,
})

describe('the number of a refused sign-in', () => {
  const table: [codes: number[], refusalClass: string, code: string][] = [
    [[50034, 50126], 'person', 'sign-in-invalid-credentials'],
    [[50053], 'later', 'sign-in-blocked'],
    [[50055, 50144], 'person', 'sign-in-expired'],
    [[50056, 50105, 50128, 90002, 50059, 50020, 50194], 'configuration', 'sign-in-misconfigured'],
    [[50057], 'person', 'sign-in-blocked'],
    [[50072, 50074, 50076, 50078, 50079, 50158], 'person', 'sign-in-mfa-required'],
    [[50131, 53000, 53001, 53003, 53004, 530032, 530035], 'person', 'sign-in-blocked'],
    [[50173, 70000, 70008, 700082, 70043, 70018, 70019], 'person', 'sign-in-expired'],
    [[50196], 'bug', 'sign-in-unavailable'],
    [[65001, 65002, 650057, 500011, 90094, 90072], 'configuration', 'sign-in-misconfigured'],
    [[700016, 7000112, 7000218, 7000215, 7000222, 700025], 'configuration', 'sign-in-misconfigured'],
    [[9001023, 90133], 'configuration', 'sign-in-misconfigured'],
    [[70011, 900144], 'bug', 'internal'],
    [[70016], 'later', 'sign-in-unavailable'],
    [[90055], 'later', 'throttled'],
  ]
  it.each(table)('%j is for %s: %s', (codes, refusalClass, code) => {
    for (const number of codes) {
      const verdict = judgeSignIn(refusal({ errorCodes: [number] }))
      expect({ number, class: verdict.class, code: verdict.code }).toEqual({ number, class: refusalClass, code })
      expect(verdict.remedy).toMatch(/\.$/)
    }
  })

  it('decides, whatever error, suberror and status say', () => {
    for (const error of ['invalid_grant', 'interaction_required', 'temporarily_unavailable', '']) {
      const verdict = judgeSignIn({ status: 503, errorCodes: [50076], error, suberror: 'bad_token' })
      expect(verdict.code).toBe('sign-in-mfa-required')
    }
  })

  it('is the first that is known, when there are several', () => {
    expect(judgeSignIn(refusal({ errorCodes: [99999, 50126] })).code).toBe('sign-in-invalid-credentials')
  })

  it('tells whether the account itself is refused', () => {
    const ofAccount = (number: number): boolean => judgeSignIn(refusal({ errorCodes: [number] })).ofAccount
    expect([50126, 50053, 50055, 50057, 50034].map(ofAccount)).toEqual([true, true, true, true, true])
    expect([50076, 53003, 65001, 700016, 90055].map(ofAccount)).toEqual([false, false, false, false, false])
  })
})

describe('without a known number', () => {
  it.each([
    [{ suberror: 'basic_action' }, 'sign-in-mfa-required'],
    [{ suberror: 'consent_required' }, 'sign-in-misconfigured'],
    [{ suberror: 'bad_token' }, 'sign-in-expired'],
    [{ suberror: 'user_password_expired' }, 'sign-in-expired'],
    [{ suberror: 'message_only' }, 'sign-in-blocked'],
    [{ error: 'interaction_required' }, 'sign-in-mfa-required'],
    [{ error: 'invalid_client', status: 401 }, 'sign-in-misconfigured'],
    [{ error: 'temporarily_unavailable' }, 'sign-in-unavailable'],
    [{ error: 'invalid_grant', errorCodes: [123456] }, 'sign-in-blocked'],
    [{ status: 503, error: '' }, 'sign-in-unavailable'],
    [{ status: 429, error: 'invalid_grant' }, 'throttled'],
    [{ error: 'something_new' }, 'sign-in-misconfigured'],
    [{ error: '' }, 'sign-in-misconfigured'],
  ])('%j is %s', (changes, code) => {
    expect(judgeSignIn(refusal(changes)).code).toBe(code)
  })
})

describe('the failure of a sign-in', () => {
  const body = {
    error: 'invalid_grant',
    error_description:
      'AADSTS50126: Wrong user name or password.\r\nTrace ID: t\r\nCorrelation ID: c\r\nTimestamp: now',
    error_codes: [50126],
    trace_id: 'trace',
    correlation_id: 'correlation',
  }

  it('says what Microsoft Entra said, in one line and with its name of the request', () => {
    const { error, verdict } = signInFailure('bot', new Error('x'), { refusal: answer(400, body) })
    expect(error.message).toBe(
      'signing in account bot: Microsoft Entra refuses (AADSTS50126): Wrong user name or password.',
    )
    expect(error).toMatchObject({ code: 'sign-in-invalid-credentials', correlationId: 'trace' })
    expect(verdict?.class).toBe('person')
  })

  it('finds the number in the description when it stands nowhere else', () => {
    const { error } = signInFailure('bot', new Error('x'), {
      refusal: answer(400, { ...body, error_codes: undefined }),
    })
    expect(error.code).toBe('sign-in-invalid-credentials')
  })

  it('is explained by the fault of the network, where MSAL says one and the same of all', () => {
    const fault = new PatrolError('service-unavailable', 'GET https://x/: the connection was refused', { remedy: 'r' })
    const thrown = Object.assign(new Error('endpoints_resolution_error'), { errorCode: 'endpoints_resolution_error' })
    const { error, verdict } = signInFailure('bot', thrown, { fault })
    expect(error).toMatchObject({ code: 'sign-in-unavailable', remedy: 'r' })
    expect(error.message).toContain('the connection was refused')
    expect(verdict).toBeUndefined()
  })

  it.each([
    [{ errorCode: 'no_tokens_found' }, 'sign-in-expired'],
    [{ errorCode: 'refresh_token_expired' }, 'sign-in-expired'],
    [{ errorCode: '90055' }, 'throttled'],
    [{ errorCode: 'invalid_grant', errorNo: '50076' }, 'sign-in-mfa-required'],
    [{ errorCode: 'endpoints_resolution_error' }, 'sign-in-misconfigured'],
  ])('is judged by MSAL alone when it asked nobody: %j', (fields, code) => {
    expect(signInFailure('bot', Object.assign(new Error('text'), fields), {}).error.code).toBe(code)
  })

  it('of another kind is a fault of ours', () => {
    expect(signInFailure('bot', new TypeError('x'), {}).error.code).toBe('internal')
  })

  it('shows no secret', () => {
    const secret = new Secret(`word-${'z'.repeat(12)}`)
    const said = { ...body, error_description: `AADSTS50126: bad ${secret.reveal()}` }
    const { error } = signInFailure('bot', new Error(secret.reveal()), { refusal: answer(400, said) })
    expect(error.message).not.toContain(secret.reveal())
    expect(signInFailure('bot', new Error(secret.reveal()), {}).error.message).not.toContain(secret.reveal())
  })
})
