import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentMetadata, currentPat, type Facts, isOurs } from '../../src/core/facts.ts'
import { isSettled, recordOf, revocationGate, slack, standings } from '../../src/core/gate.ts'
import { replacements } from '../../src/core/guard.ts'
import { markOf } from '../../src/core/names.ts'
import { type Action, type Plan, planToken } from '../../src/core/plan.ts'
import { assess, currentGrant, obstacle } from '../../src/core/policy.ts'
import { Secret } from '../../src/core/secret.ts'
import { stateOf } from '../../src/core/state.ts'
import { after, day, duration, type Instant, minute, second } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { dueAt, overlapOf } from '../../src/core/window.ts'
import { anyFacts, anyInstant, anyToken, nearby, observed } from '../support/arbitraries.ts'

interface Situation {
  readonly token: Token
  readonly facts: Facts
  readonly now: Instant
  readonly plan: Plan
}

/** Checks a law in many situations, and that what it speaks of comes up often enough for the check to mean something. */
function always(law: (situation: Situation) => boolean | undefined, leastOften = 1, numRuns = 3_000): void {
  let met = 0
  const offset = fc.integer({ min: -5 * day, max: 5 * day }).map(duration)
  const isRequested = fc.constantFrom(false, false, true)
  fc.assert(
    fc.property(anyToken, anyFacts, fc.nat(20), offset, isRequested, (token, any, choice, length, requested) => {
      const facts = observed(token, any)
      const now = nearby(facts, choice, length)
      if (law({ token, facts, now, plan: planToken(token, facts, now, requested) }) === true) met += 1
    }),
    { numRuns },
  )
  expect(met).toBeGreaterThanOrEqual(leastOften)
}

function kinds(plan: Plan, kind: Action['kind']): readonly Action[] {
  return plan.actions.filter((action) => action.kind === kind)
}

function stands(facts: Facts, authorizationId: string): boolean {
  return (facts.versions ?? []).some(
    ({ reading }) => reading.kind === 'read' && reading.metadata.authorizationId === authorizationId,
  )
}

function namedAsReplaced(facts: Facts, id: string): boolean {
  const versions = [facts.current, ...(facts.versions ?? [])]
  return versions.some(
    (version) => version?.reading.kind === 'read' && version.reading.metadata.supersedes.includes(id),
  )
}

const isRevocation = ({ kind }: Action): boolean => kind === 'revoke' || kind === 'collect-orphan'

describe('for any facts', () => {
  it('decisions never throw, not even for facts that cannot be', () => {
    fc.assert(
      fc.property(anyToken, anyFacts, anyInstant, (token, facts, now) => {
        for (const requested of [false, true]) replacements(planToken(token, facts, now, requested).actions)
        standings(token, facts)
        obstacle(token, facts)
        expect(['open', 'closed']).toContain(revocationGate(token, facts, now).kind)
        expect(stateOf(token, facts, now)).not.toBe('')
      }),
      { numRuns: 3_000 },
    )
  })

  it('everything that is said is text', () => {
    always(({ token, facts, now, plan }) => {
      const gate = revocationGate(token, facts, now)
      const messages = [
        ...[...plan.actions, ...plan.scheduled].map(({ message }) => message),
        ...plan.problems.flatMap(({ message, remedy }) => [message, remedy]),
        assess(token, facts, now)?.message ?? 'nothing',
        obstacle(token, facts)?.message ?? 'none',
        gate.kind === 'closed' ? gate.why : 'open',
        stateOf(token, facts, now),
      ]
      for (const message of messages) expect(message).toMatch(/\S/)
      for (const message of messages) expect(message).not.toMatch(/undefined|NaN|\[object/)
      return true
    }, 3_000)
  })

  it('planning twice is the same', () => {
    always(({ token, facts, now }) => {
      expect(planToken(token, facts, now)).toEqual(planToken(token, facts, now))
      return planToken(token, facts, now).actions.length > 0
    }, 1_000)
  })

  it('a plan is data: it survives being written and read', () => {
    always(({ plan }) => {
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      expect(structuredClone(plan)).toEqual(plan)
      return plan.actions.length > 0
    }, 1_000)
  })

  it('a plan holds no secret', () => {
    const holdsOne = (part: unknown): boolean =>
      part instanceof Secret || (typeof part === 'object' && part !== null && Object.values(part).some(holdsOne))
    expect(holdsOne({ nested: [new Secret('a secret value')] })).toBe(true)
    always(({ plan }) => {
      expect(holdsOne(plan)).toBe(false)
      expect(Secret.redact(JSON.stringify(plan))).toBe(JSON.stringify(plan))
      return plan.actions.length > 0
    }, 1_000)
  })

  it('what is for now is for now, and what is for later is later', () => {
    always(({ now, plan }) => {
      for (const action of plan.actions) expect(action.at).toBeUndefined()
      for (const { at } of plan.scheduled) if (at !== undefined) expect(at).toBeGreaterThan(now)
      return plan.scheduled.some(({ at }) => at !== undefined)
    }, 200)
  })

  it('a token that is kept is not due', () => {
    always(({ token, facts, now }) => {
      const grant = currentGrant(token, facts)
      if (assess(token, facts, now) !== undefined || grant === undefined) return undefined
      expect(now).toBeLessThan(dueAt(token.name, token, grant))
      const plan = planToken(token, facts, now)
      expect([...kinds(plan, 'mint'), ...kinds(plan, 'extend')]).toEqual([])
      return true
    }, 50)
  })

  it('a paused entry is left alone, and so is one with an obstacle, unless a person asks for it', () => {
    always(({ token, facts, now }) => {
      if (!token.paused && obstacle(token, facts) === undefined) return undefined
      expect(planToken(token, facts, now).actions).toEqual([])
      return true
    }, 300)
  })
})

describe('no plan', () => {
  it('revokes the current PAT', () => {
    always(({ token, facts, plan }) => {
      const revoked = plan.actions.filter(isRevocation).map(({ authorizationId }) => authorizationId)
      expect(revoked).not.toContain(currentMetadata(facts)?.authorizationId ?? 'none')
      expect(revoked).not.toContain(currentPat(token, facts)?.authorizationId ?? 'none')
      return revoked.length > 0
    }, 30)
  })

  it('revokes a PAT without this installation’s mark which nothing of this token names as replaced or holds', () => {
    always(({ token, facts, plan }) => {
      const revoked = [...plan.actions, ...plan.scheduled].filter(isRevocation)
      for (const { authorizationId } of revoked) {
        const pat = facts.pats.find((each) => each.authorizationId === authorizationId)
        expect(pat).toBeDefined()
        if (pat === undefined) continue
        const isKnown = namedAsReplaced(facts, pat.authorizationId) || stands(facts, pat.authorizationId)
        expect(isOurs(token, facts, pat) || isKnown).toBe(true)
        if (markOf(pat.displayName) === undefined) expect(isKnown).toBe(true)
      }
      return revoked.length > 0
    }, 100)
  })

  it('both revokes a PAT and relies on it', () => {
    always(({ token, facts, plan }) => {
      const revoked = new Set(plan.actions.filter(isRevocation).map(({ authorizationId }) => authorizationId))
      const relied = plan.actions.filter((action) => !isRevocation(action) && action.kind !== 'disable-version')
      for (const { authorizationId } of relied) expect(revoked.has(authorizationId ?? 'none')).toBe(false)
      const disabled = plan.actions.filter((action) => action.kind === 'disable-version')
      for (const { authorizationId } of disabled) {
        expect(authorizationId).not.toBe(currentMetadata(facts)?.authorizationId)
        expect(facts.pats.some((pat) => pat.authorizationId === authorizationId)).toBe(false)
      }
      expect(token.covers !== undefined && facts.current === undefined && revoked.has(token.covers)).toBe(false)
      return relied.length > 0
    }, 500)
  })

  it('revokes anything before the versions were read', () => {
    always(({ facts, plan }) => {
      if (facts.versions !== undefined) return undefined
      expect([...plan.actions, ...plan.scheduled].filter(isRevocation)).toEqual([])
      return true
    }, 300)
  })

  it('revokes a superseded PAT before an active successor was handed to every target for the whole overlap', () => {
    always(
      ({ token, facts, now, plan }) => {
        const revoked = kinds(plan, 'revoke')
        if (revoked.length === 0) return undefined
        const { current } = facts
        const metadata = currentMetadata(facts)
        const grant = currentGrant(token, facts)
        if (current === undefined || metadata === undefined || grant === undefined) throw new Error('no successor')
        expect(current.enabled).toBe(true)
        expect(grant.validTo).toBeGreaterThan(now)
        expect(currentPat(token, facts) !== undefined || facts.currentWorks === true).toBe(true)
        const overlap = overlapOf(token, grant)
        expect(now).toBeGreaterThanOrEqual(after(after(after(current.createdAt, second), overlap), slack))
        for (const target of new Set([...token.targets, ...metadata.deliveries.map((each) => each.target)])) {
          const record = recordOf(metadata, target)
          if (record?.deliveredAt === undefined || record.failures > 0) throw new Error(`${target} was passed over`)
          expect(facts.copies?.get(target)?.kind ?? 'intact').toMatch(/intact|unknowable/)
          expect(now).toBeGreaterThanOrEqual(after(after(record.deliveredAt, overlap), minute))
          if (token.targets.includes(target)) expect(isSettled(token, current, record)).toBe(true)
        }
        return true
      },
      1,
      9_000,
    )
  })

  it('collects a PAT that stands in a version, or that is younger than orphanAfter', () => {
    always(({ token, facts, now, plan }) => {
      const orphans = kinds(plan, 'collect-orphan')
      for (const { authorizationId } of orphans) {
        const pat = facts.pats.find((each) => each.authorizationId === authorizationId)
        const stored = (facts.versions ?? []).flatMap(({ reading }) =>
          reading.kind === 'read' ? [reading.metadata.authorizationId] : [],
        )
        expect(stored).not.toContain(authorizationId)
        expect(after(pat?.validFrom ?? now, token.orphanAfter)).toBeLessThan(now)
      }
      return orphans.length > 0
    }, 5)
  })

  it('delivers a value that is known to be dead', () => {
    always(({ token, facts, now, plan }) => {
      const grant = currentGrant(token, facts)
      const dead =
        facts.currentWorks === false || (grant !== undefined && grant.validTo <= now && facts.currentWorks !== true)
      if (dead) expect(kinds(plan, 'deliver')).toEqual([])
      return kinds(plan, 'deliver').length > 0
    }, 50)
  })

  it('extends a PAT that has expired, or that is not the current one', () => {
    always(
      ({ token, facts, now, plan }) => {
        const extended = kinds(plan, 'extend')
        for (const { authorizationId } of extended) {
          const pat = currentPat(token, facts)
          expect(authorizationId).toBe(pat?.authorizationId)
          expect(pat?.validTo).toBeGreaterThan(now)
        }
        return extended.length > 0
      },
      3,
      9_000,
    )
  })

  it('mints more than once, extends more than once, or does both', () => {
    always(({ plan }) => {
      expect(kinds(plan, 'mint').length + kinds(plan, 'extend').length).toBeLessThanOrEqual(1)
      if (kinds(plan, 'mint').length === 1) expect(plan.actions.at(-1)?.kind).toBe('mint')
      return kinds(plan, 'mint').length === 1
    }, 500)
  })
})
