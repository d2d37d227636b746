import { describe, expect, it } from 'vitest'
import { bridgeOver } from '../../src/core/bridge.ts'
import { after, before, day, duration, hour, type Instant, instant, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { aPat, aToken } from '../support/builders.ts'

const began = instant(Date.UTC(2026, 0, 1))
const onDay = (count: number): Instant => after(began, times(count, day))
const ms = duration(1)

interface Row {
  readonly name: string
  readonly token?: Partial<Token>
  /** Days after the creation of the current PAT. */
  readonly now: number
  readonly validTo: Instant
  /** Days that the successor was granted. */
  readonly granted: number
  readonly bridge: 'unneeded' | 'extend' | 'impossible'
}

const needed = (day_: number): Instant => after(after(onDay(day_), times(48, hour)), minute)

describe('the PAT that is about to be superseded', () => {
  const rows: readonly Row[] = [
    {
      name: 'stays as it is when it lives exactly through the overlap',
      now: 20,
      validTo: needed(20),
      granted: 30,
      bridge: 'unneeded',
    },
    {
      name: 'is extended when it would expire a millisecond earlier',
      now: 29,
      validTo: before(onDay(30), ms),
      granted: 30,
      bridge: 'extend',
    },
    {
      name: 'is extended in the last millisecond of its life',
      now: 29,
      validTo: after(onDay(29), ms),
      granted: 30,
      bridge: 'extend',
    },
    {
      name: 'stays as it is when it has expired, for that cannot be undone',
      now: 30,
      validTo: onDay(30),
      granted: 30,
      bridge: 'unneeded',
    },
    {
      name: 'is not extended under a policy that came since: the service would count from its creation, and end it',
      now: 29,
      validTo: onDay(30),
      granted: 7,
      token: { overlap: times(48, hour) },
      bridge: 'impossible',
    },
    {
      name: 'is not extended when it was made under a longer lifetime than is declared now',
      token: { lifetime: times(10, day) },
      now: 29,
      validTo: onDay(30),
      granted: 10,
      bridge: 'impossible',
    },
    {
      name: 'needs less when a short-lived successor has a shorter overlap',
      now: 27,
      validTo: after(onDay(27), times(25, hour)),
      granted: 3,
      bridge: 'unneeded',
    },
  ]
  it.each(rows)('$name', ({ token, now, validTo, granted, bridge }) => {
    const successor = { validFrom: onDay(now), validTo: after(onDay(now), times(granted, day)) }
    const current = aPat({ validFrom: began, validTo })
    expect(bridgeOver(aToken(token), current, successor, onDay(now)).kind).toBe(bridge)
  })

  it('is extended an hour past the end of the overlap', () => {
    const successor = { validFrom: onDay(29), validTo: onDay(59) }
    const current = aPat({ validFrom: began, validTo: onDay(30) })
    expect(bridgeOver(aToken(), current, successor, onDay(29))).toEqual({
      kind: 'extend',
      validTo: after(needed(29), hour),
    })
  })

  it('stays as it is when its expiry is not known', () => {
    const successor = { validFrom: onDay(29), validTo: onDay(59) }
    expect(bridgeOver(aToken(), aPat({ validTo: undefined }), successor, onDay(29)).kind).toBe('unneeded')
  })
})
