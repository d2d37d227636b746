import { describe, expect, it } from 'vitest'
import {
  asPatrolError,
  type ErrorCode,
  PatrolError,
  problem,
  problemOf,
  remedies,
  unreachable,
} from '../../src/core/errors.ts'
import { minute } from '../../src/core/time.ts'

const codes = Object.keys(remedies) as ErrorCode[]

describe('every error code', () => {
  it.each(codes)('%s is in kebab case and says what a person can do', (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(remedies[code]).toMatch(/^[A-Z].*\.$/s)
    expect(problem('feed', code, 'what happened').remedy).toBe(remedies[code])
    expect(new PatrolError(code, 'what happened').remedy).toBe(remedies[code])
  })

  it('of the outside contract is there', () => {
    expect(codes).toEqual(
      expect.arrayContaining<ErrorCode>([
        'sign-in-mfa-required',
        'sign-in-invalid-credentials',
        'sign-in-expired',
        'sign-in-blocked',
        'not-a-user-token',
        'wrong-account',
        'not-signed-in',
        'policy-global-pat',
        'policy-full-scope',
        'policy-lifespan',
        'policy-creation-disabled',
        'organization-not-found',
        'pat-not-found',
        'cannot-extend',
        'throttled',
        'store-denied',
        'store-unreachable',
        'verification-failed',
        'clock-unreliable',
        'too-many-changes',
        'config-invalid',
      ]),
    )
  })

  it('has a remedy of its own', () => {
    expect(new Set(Object.values(remedies)).size).toBe(codes.length)
  })

  it('is one of a closed union', () => {
    // @ts-expect-error a code that is not in the list of remedies does not compile
    const stranger: ErrorCode = 'no-such-code'
    expect(codes).not.toContain(stranger)
  })
})

describe('an error', () => {
  it('keeps message and remedy apart', () => {
    const error = new PatrolError('store-denied', 'the vault said no', { remedy: 'Ask Ann.' })
    expect(error).toMatchObject({ name: 'PatrolError', message: 'the vault said no', remedy: 'Ask Ann.' })
    expect(error).toBeInstanceOf(Error)
  })

  it('took no effect unless it says that it may have', () => {
    expect(new PatrolError('throttled', 'slow down').outcome).toBe('none')
    expect(new PatrolError('service-unavailable', 'lost', { outcome: 'unknown' }).outcome).toBe('unknown')
  })

  it('carries how long to wait, the name of the request and the cause', () => {
    const cause = new Error('socket')
    const error = new PatrolError('throttled', 'slow down', { retryAfter: minute, correlationId: 'e2e', cause })
    expect(error).toMatchObject({ retryAfter: minute, correlationId: 'e2e', cause })
  })

  it('has no cause when none is known', () => {
    expect('cause' in new PatrolError('usage', 'no such option')).toBe(false)
  })
})

describe('something thrown', () => {
  it('that is a PatrolError stays what it is', () => {
    const error = new PatrolError('usage', 'no such option')
    expect(asPatrolError(error)).toBe(error)
  })

  it.each([
    ['an error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a symbol', Symbol('odd'), 'Symbol(odd)'],
  ])('that is %s is a fault of ours whose outcome nobody knows', (_, thrown, message) => {
    const error = asPatrolError(thrown)
    expect(error).toMatchObject({ code: 'internal', outcome: 'unknown', message })
    expect(error.cause).toBe(thrown)
  })
})

describe('the end of a switch', () => {
  type Light = 'red' | 'green'

  function word(light: Light): string {
    switch (light) {
      case 'red':
        return 'stop'
      case 'green':
        return 'go'
      default:
        return unreachable(light)
    }
  }

  it('throws for a member that the types did not know', () => {
    expect(word('green')).toBe('go')
    expect(() => word('blue' as Light)).toThrow('not a member of the union: blue')
  })

  it('does not compile while a member is left out', () => {
    const incomplete = (light: Light): string => {
      if (light === 'red') return 'stop'
      // @ts-expect-error green is not dealt with
      return unreachable(light)
    }
    expect(() => incomplete('green')).toThrow('green')
  })
})

describe('a failure that fails no action', () => {
  it('is a problem with the name that the service gave the request', () => {
    const failure = new PatrolError('throttled', 'too many', { remedy: 'Wait.', correlationId: 'abc-1' })
    expect(problemOf('feed', failure)).toEqual({
      token: 'feed',
      code: 'throttled',
      message: 'too many',
      remedy: 'Wait.',
      correlationId: 'abc-1',
    })
    expect(problemOf('feed', new PatrolError('throttled', 'too many'))).not.toHaveProperty('correlationId')
  })
})
