import { describe, expect, it } from 'vitest'
import { judgeSignIn, type SignInRefusal } from '../../../src/adapters/entra/aadsts.ts'
import { families, type RefusalClass } from '../../../src/adapters/entra/aadsts-table.ts'
import { signInFailure } from '../../../src/adapters/entra/sign-in-failure.ts'
import { type ErrorCode, PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { answer } from '../support/answers.ts'

const refusal = (changes: Partial<SignInRefusal>): SignInRefusal => ({
  status: 400,
  errorCodes: [],
  error: 'invalid_grant',
  suberror: '',
  ...changes,
})

const judge = (changes: Partial<SignInRefusal>) => judgeSignIn(refusal(changes), 'ci-bot')

/** Everything that is known by its number: for whom it is, as what it is told, and what the remedy must speak of. */
const table: readonly [codes: readonly number[], refusalClass: RefusalClass, code: ErrorCode, remedy: string][] = [
  [[50034], 'person', 'sign-in-invalid-credentials', 'no such user'],
  [[50126], 'person', 'sign-in-invalid-credentials', 'password'],
  [[50053], 'later', 'sign-in-blocked', 'locked'],
  [[50055, 50144], 'person', 'sign-in-expired', 'new password'],
  [[50056], 'configuration', 'sign-in-misconfigured', 'patrol login ci-bot'],
  [[50057], 'person', 'sign-in-blocked', 'disabled'],
  [[50072, 50074, 50076, 50078, 50079, 50158], 'person', 'sign-in-mfa-required', 'patrol login ci-bot'],
  [[50131, 53000, 53001, 53003, 53004, 530032, 530035], 'person', 'sign-in-blocked', 'Conditional Access'],
  [[50020, 90072], 'configuration', 'sign-in-misconfigured', 'tenant'],
  [[50059, 50128, 50194, 90002, 90133, 9001023], 'configuration', 'sign-in-misconfigured', '`tenant`'],
  [[50011], 'configuration', 'sign-in-misconfigured', 'http://localhost'],
  [[50105], 'configuration', 'sign-in-misconfigured', 'Assign'],
  [[65001, 90094], 'configuration', 'sign-in-misconfigured', 'consent'],
  [[65002], 'configuration', 'sign-in-misconfigured', 'own application'],
  [[65004], 'person', 'sign-in-misconfigured', 'accept'],
  [[500011], 'configuration', 'sign-in-misconfigured', 'not known in this tenant'],
  [[650057], 'configuration', 'sign-in-misconfigured', 'permissions'],
  [[700016], 'configuration', 'sign-in-misconfigured', '`clientId`'],
  [[700025], 'configuration', 'sign-in-misconfigured', 'no secret'],
  [[7000112], 'configuration', 'sign-in-misconfigured', 'disabled'],
  [[7000114], 'configuration', 'sign-in-misconfigured', 'on behalf of'],
  [[7000215, 7000222], 'configuration', 'sign-in-misconfigured', 'secret'],
  [[7000218], 'configuration', 'sign-in-misconfigured', 'Allow public client flows'],
  [[7000229], 'configuration', 'sign-in-misconfigured', 'service principal'],
  [[50013, 500131], 'configuration', 'sign-in-misconfigured', 'audience'],
  [[500133], 'person', 'sign-in-expired', 'broker'],
  [[50027, 70021, 700021, 700023], 'configuration', 'sign-in-misconfigured', 'federated credential'],
  [[700024], 'configuration', 'sign-in-misconfigured', 'clock'],
  [[700027, 700030], 'configuration', 'sign-in-misconfigured', 'certificate'],
  [[70025, 700211, 700212, 700213], 'configuration', 'sign-in-misconfigured', 'federated credential'],
  [[82001, 7002137], 'configuration', 'sign-in-misconfigured', 'blueprint'],
  [[50173, 70000, 70008, 70018, 70019, 70020, 70043, 700082], 'person', 'sign-in-expired', 'patrol login ci-bot'],
  [[70016], 'later', 'sign-in-unavailable', 'later'],
  [[90055], 'later', 'throttled', 'later'],
  [[50196], 'bug', 'sign-in-unavailable', 'less often'],
  [[70011, 900144, 9002313], 'bug', 'internal', 'report'],
]

describe('the number of a refused sign-in', () => {
  it.each(table)('%j is for %s: %s, and speaks of %s', (codes, refusalClass, code, remedy) => {
    for (const number of codes) {
      const verdict = judge({ errorCodes: [number] })
      expect({ number, class: verdict.class, code: verdict.code }).toEqual({ number, class: refusalClass, code })
      expect(verdict.remedy).toContain(remedy)
      expect(verdict.remedy).toMatch(/\.$/)
      expect(verdict.remedy).not.toMatch(/[{}]/)
    }
  })

  it('is in this table whenever it is in that of the program', () => {
    const here = table.flatMap(([codes]) => codes)
    expect(here.toSorted((one, other) => one - other)).toEqual([...families.keys()].sort((one, other) => one - other))
  })

  it('decides, whatever error, suberror and status say', () => {
    for (const error of ['invalid_grant', 'interaction_required', 'temporarily_unavailable', '']) {
      const verdict = judge({ status: 503, errorCodes: [50076], error, suberror: 'bad_token' })
      expect(verdict.code).toBe('sign-in-mfa-required')
    }
  })

  it('is the first that is known, when there are several', () => {
    expect(judge({ errorCodes: [99999, 50126] }).code).toBe('sign-in-invalid-credentials')
  })

  it('tells whether the account itself is refused', () => {
    const ofAccount = (number: number): boolean => judge({ errorCodes: [number] }).ofAccount
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
    expect(judge(changes).code).toBe(code)
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
