import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHold, encodeHold, type Hold, isReason, longestReason } from '../../src/core/hold.ts'
import { holdInForce, holdRemedy, holdText } from '../../src/core/hold-in-force.ts'
import { gateConditions, revocationGate } from '../../src/core/gate.ts'
import { explain } from '../../src/core/explanation.ts'
import { planToken } from '../../src/core/plan.ts'
import { instant } from '../../src/core/time.ts'
import { aGeneration, aMetadata, aPat, aToken, aVersion, marked, onDay, someFacts } from '../support/builders.ts'

function aHold(difference: Partial<Hold> = {}): Hold {
  return { until: onDay(20), stops: 'revocation', reason: 'the build broke', ...difference }
}

const old = aPat({ authorizationId: 'old', displayName: marked('old00000'), validFrom: onDay(-20), validTo: onDay(10) })
const oldMetadata = { authorizationId: 'old', generation: aGeneration('old00000') }

/** An overlap that has passed, with a hold in the current version, in the older one, or in none. */
function held(inCurrent: Hold | undefined, inOld?: Hold) {
  const current = aVersion({ supersedes: ['old'], hold: inCurrent })
  const older = aVersion({ ...oldMetadata, hold: inOld }, { id: 'v1', createdAt: onDay(-20) })
  return someFacts({ pats: [aPat(), old], current, versions: [current, older] })
}

describe('a hold as text', () => {
  it('is read as it was written, whatever the reason', () => {
    const reason = fc.string({ unit: 'grapheme', maxLength: longestReason }).filter(isReason)
    fc.assert(
      fc.property(reason, fc.constantFrom('revocation', 'replacement', 'retirement'), fc.nat(), (text, stops, ms) => {
        const hold: Hold = { until: instant(ms), stops, reason: text }
        expect(decodeHold(encodeHold(hold))).toEqual(hold)
      }),
    )
  })

  it.each(['', 'soon revocation', '12', '12 everything', '12 revocation  two blanks', '-1 revocation'])(
    '%j is none',
    (text) => {
      expect(decodeHold(text)).toBeUndefined()
    },
  )

  it.each(['two\nlines', ' blank', 'x'.repeat(longestReason + 1), 'bell\u0007'])('has no reason like %j', (text) => {
    expect(isReason(text)).toBe(false)
  })
})

describe('a hold in force', () => {
  it.each([
    ['the current version', held(aHold())],
    ['an older version, because it was placed while the next was being stored', held(undefined, aHold())],
  ])('counts in %s', (_where, facts) => {
    expect(revocationGate(aToken(), facts, onDay(9))).toEqual({
      kind: 'closed',
      why: 'somebody holds it: the build broke',
      until: onDay(20),
    })
    expect(planToken(aToken(), facts, onDay(9)).actions).toEqual([])
  })

  it.each([
    [aHold(), 'somebody holds it: the build broke'],
    [aHold({ reason: '' }), 'somebody holds it'],
    [aHold({ stops: 'retirement' }), 'its consumers have some time left before it is retired'],
  ])('says why nothing is revoked: %j', (hold, words) => {
    expect(holdText(hold)).toBe(words)
  })

  it('is over at its end, to the millisecond', () => {
    const facts = held(aHold({ until: onDay(9) }))
    expect(holdInForce(facts, instant(onDay(9) - 1))).toBeDefined()
    expect(holdInForce(facts, onDay(9))).toBeUndefined()
    expect(revocationGate(aToken(), facts, onDay(9)).kind).toBe('open')
  })

  it('is the longest of several', () => {
    expect(holdInForce(held(aHold(), aHold({ until: onDay(25) })), onDay(9))?.until).toBe(onDay(25))
  })

  it('shorter than the overlap leaves the overlap its time', () => {
    const facts = held(aHold({ until: onDay(1) }))
    const gate = revocationGate(aToken(), facts, instant(onDay(1) - 1))
    const [, , overlap] = gateConditions(aToken(), facts, instant(onDay(1) - 1))
    expect(overlap?.gate).toMatchObject({ kind: 'closed', until: expect.any(Number) })
    expect(gate).toMatchObject({ until: overlap?.gate.kind === 'closed' ? overlap.gate.until : 0 })
  })

  it('keeps what is due only when it stops replacements', () => {
    const now = onDay(21)
    const due = (hold: Hold) => planToken(aToken(), someFacts({ current: aVersion({ hold }) }), now)
    expect(due(aHold({ until: onDay(25) })).actions).toMatchObject([{ kind: 'mint', reason: 'due' }])
    const stays = due(aHold({ until: onDay(25), stops: 'replacement' }))
    expect(stays.actions).toEqual([])
    expect(stays.scheduled).toMatchObject([{ kind: 'mint', reason: 'due', at: onDay(25) }])
  })

  it('keeps nothing from being replaced that no longer works', () => {
    const current = aVersion({ hold: aHold({ until: onDay(60), stops: 'replacement' }) })
    const gone = someFacts({ pats: [], current, currentWorks: false })
    expect(planToken(aToken(), gone, onDay(5)).actions).toMatchObject([{ kind: 'mint', reason: 'revoked-outside' }])
  })
})

describe('an explanation', () => {
  it('gives the gate only while a PAT waits for it', () => {
    expect(explain(aToken(), someFacts(), onDay(9)).gate).toEqual([])
    expect(explain(aToken(), held(aHold()), onDay(9)).gate.map(({ condition }) => condition)).toEqual([
      'no-hold',
      'successor',
      'overlap',
    ])
  })

  it('names what every PAT is, and what becomes of it', () => {
    expect(explain(aToken(), held(aHold()), onDay(9)).pats).toMatchObject([
      { standing: 'current', action: undefined, pat: { authorizationId: aMetadata().authorizationId } },
      { standing: 'superseded', action: { kind: 'revoke', at: onDay(20) } },
    ])
  })
})

it.each([
  ['retirement', 'patrol retire feed --now'],
  ['revocation', 'patrol hold feed --release'],
  ['replacement', 'patrol hold feed --release'],
] as const)('what is held because of a %s names the command that goes on', (stops, command) => {
  expect(holdRemedy({ until: instant(0), stops, reason: '' }, 'feed')).toContain(`\`${command}\``)
})
