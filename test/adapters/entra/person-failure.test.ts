import { describe, expect, it, test } from 'vitest'
import { judgePersonFailure, type LoginAttempt } from '../../../src/adapters/entra/person-failure.ts'
import { signInFailure } from '../../../src/adapters/entra/sign-in-failure.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { answer } from '../support/answers.ts'

const consent = 'https://login.microsoftonline.com/contoso.com/adminconsent?client_id=c'
const attempt: LoginAttempt = { account: 'bot', way: 'browser', adminConsentUrl: consent, endedBy: undefined }

const refusedBy = (error: string, number?: number) =>
  signInFailure('bot', new Error('x'), {
    refusal: answer(400, {
      error,
      error_description: number === undefined ? 'no' : `AADSTS${number}: no.\r\nTrace ID: t`,
      ...(number === undefined ? {} : { error_codes: [number], trace_id: 'trace' }),
    }),
  })
const thrownBy = (errorCode: string) => signInFailure('bot', Object.assign(new Error('x'), { errorCode }), {})

describe('a sign-in of a person that failed', () => {
  test.each([
    ['the consent was refused', refusedBy('access_denied', 65004), 'sign-in-declined', consent],
    ['the device was refused', refusedBy('authorization_declined'), 'sign-in-declined', 'patrol login bot'],
    ['the page was left', thrownBy('access_denied'), 'sign-in-declined', 'patrol login bot'],
    ['the code expired', refusedBy('expired_token', 70020), 'sign-in-timed-out', 'patrol login bot'],
    ['the code expired for MSAL', thrownBy('device_code_expired'), 'sign-in-timed-out', 'patrol login bot'],
    ['MSAL gave up asking', refusedBy('authorization_pending', 70016), 'sign-in-timed-out', 'patrol login bot'],
    ['nobody has consented', refusedBy('invalid_grant', 65001), 'sign-in-misconfigured', consent],
    ['an administrator must consent', refusedBy('access_denied', 90094), 'sign-in-misconfigured', consent],
    ['the tenant is wrong', refusedBy('invalid_request', 90002), 'sign-in-misconfigured', 'tenant'],
    ['a policy blocks', refusedBy('access_denied', 53003), 'sign-in-blocked', 'exclusion'],
  ] as const)('because %s', (_, failure, code, remedy) => {
    const judged = judgePersonFailure(failure, attempt)
    expect(judged.code).toBe(code)
    expect(judged.remedy).toContain(remedy)
    expect(judged.message).toMatch(/^signing in account bot/)
  })

  it('with a device code under a policy names the browser as the way out', () => {
    const failure = refusedBy('access_denied', 53003)
    expect(judgePersonFailure(failure, { ...attempt, way: 'device-code' }).remedy).toContain(
      'a computer with a browser',
    )
    expect(judgePersonFailure(failure, attempt).remedy).not.toContain('a computer with a browser')
  })

  it('that we ended ourselves says why, whatever else was heard', () => {
    for (const failure of [refusedBy('authorization_pending', 70016), thrownBy('cancel'), refusedBy('x', 53003)]) {
      expect(judgePersonFailure(failure, { ...attempt, endedBy: 'time-out' }).code).toBe('sign-in-timed-out')
      expect(judgePersonFailure(failure, { ...attempt, endedBy: 'stop' }).code).toBe('interrupted')
    }
  })

  it('for another reason is what any sign-in makes of it, with the name of the request', () => {
    const failure = refusedBy('invalid_grant', 50057)
    expect(judgePersonFailure(failure, attempt)).toBe(failure.error)
    expect(judgePersonFailure(refusedBy('invalid_grant', 65001), attempt).correlationId).toBe('trace')
    const network = new PatrolError('service-unavailable', 'no route')
    expect(judgePersonFailure(signInFailure('bot', new Error('x'), { fault: network }), attempt).code).toBe(
      'sign-in-unavailable',
    )
  })
})
