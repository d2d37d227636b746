import { describe, expect, it, test } from 'vitest'
import { diesAt, isIdle, signInState } from '../../src/core/sign-in-life.ts'
import { writesBack } from '../../src/core/sign-in-merge.ts'
import { after, day, type Instant, instant, times } from '../../src/core/time.ts'

const at = instant(1_795_489_446_001)
const later = (days: number, more = 0): Instant => instant(after(at, times(days, day)) + more)
const life = { signedInAt: instant(at - 500 * day), redeemedAt: at }

describe('a sign-in', () => {
  it('dies 90 days after it was used last, however long ago somebody signed in', () => {
    expect(diesAt(life)).toBe(later(90))
  })

  test.each([
    [0, 0, 'healthy'],
    [69, -1, 'healthy'],
    [69, 0, 'expiring'],
    [90, -1, 'expiring'],
    [90, 0, 'expired'],
    [400, 0, 'expired'],
  ] as const)('is, %i days and %i ms after that, %s', (days, more, state) => {
    expect(signInState(life, later(days, more))).toBe(state)
  })

  it('that nobody made is missing', () => {
    expect(signInState(undefined, at)).toBe('missing')
  })

  it('is idle from the set age on', () => {
    expect(isIdle(life, times(7, day), later(7, -1))).toBe(false)
    expect(isIdle(life, times(7, day), later(7))).toBe(true)
  })
})

describe('what a run redeemed', () => {
  const session = (name: string, days: number) => ({ session: name, signedInAt: later(days), redeemedAt: later(days) })
  const ours = session('ours', 0)
  test.each([
    ['nothing, where somebody signed out', undefined, [], false],
    ['its own session', ours, [], true],
    ['its own session, redeemed later by another run', { ...ours, redeemedAt: later(5) }, [], true],
    ['an older sign-in', session('older', -1), [], true],
    ['no newer sign-in', session('newer', 1), [], false],
    ['no sign-in of the same moment', session('twin', 0), [], false],
    ['a newer sign-in that Microsoft Entra has refused', session('newer', 1), ['newer'], true],
    ['no newer sign-in because another one was refused', session('newer', 1), ['other'], false],
  ] as const)('replaces %s', (_, present, dead, permitted) => {
    expect(writesBack(ours, new Set<string>(dead))(present)).toBe(permitted)
  })
})
