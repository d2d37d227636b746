import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import type { Pat } from '../../src/core/pat.ts'
import type { Secret } from '../../src/core/secret.ts'
import {
  after,
  before,
  between,
  day,
  type Duration,
  duration,
  hour,
  type Instant,
  minute,
  second,
  times,
} from '../../src/core/time.ts'
import type { Authority, Minted, MintRequest } from '../../src/ports/authority.ts'
import type { Limits } from '../../src/ports/limits.ts'

/** An authority with what is around it. What an authority cannot suffer is left out, and those facts are not asked for. */
export interface AuthorityWorld {
  readonly authority: Authority
  readonly organization: string
  /** Another one of the same account. */
  readonly otherOrganization?: string
  /** The account's user, lower-cased. */
  readonly user: string
  /** The present on the scale of `Limits.sendBy`. */
  elapsed(): number
  /** The present of the authority's own stamps. */
  now(): Instant
  /** Lets time pass for everybody. */
  pass(length: Duration): void
  /** A PAT that the account's user made by hand; gives its authorizationId. */
  plant(pat: { displayName: string; scopes: readonly string[]; validTo: Instant; allOrganizations: boolean }): string
  /** Whether somebody who presents this value is let in. */
  works(value: Secret): Promise<boolean>
  /** How many mutating requests arrived where the PATs are. */
  mutations(): number
  /** The next mutating request takes effect, but its answer never arrives. */
  loseNextAnswer?(): void
  /** The next mutating request is lost on its way. */
  loseNextRequest?(): void
  /** The next mutating request is turned away, and asked to come back after this time. */
  throttleNext?(wait: Duration): void
  /** From now on no PAT lives longer than this. */
  limitLifespan?(length: Duration | undefined): void
  stop(): Promise<void>
}

let serial = 0

/** The obligations of `Authority`, asked of one implementation. */
export function authorityContract(title: string, makeWorld: () => Promise<AuthorityWorld>): void {
  describe(`${title} as an authority`, () => {
    let world: AuthorityWorld
    let authority: Authority
    let organization: string

    const soon = (): Limits => ({ sendBy: world.elapsed() + minute, timeout: times(30, second) })
    const request = (changes: Partial<MintRequest> = {}): MintRequest => ({
      displayName: `feed ${++serial} (patrol ${String(serial).padStart(12, '0')})`,
      scopes: ['vso.packaging'],
      validTo: after(world.now(), times(30, day)),
      ...changes,
    })
    const mint = (changes: Partial<MintRequest> = {}): Promise<Minted> =>
      authority.mint(organization, request(changes), soon())
    const active = async (authorizationId: string): Promise<Pat | undefined> =>
      (await authority.listActive(organization)).find((pat) => pat.authorizationId === authorizationId)
    const named = async (displayName: string): Promise<readonly Pat[]> =>
      (await authority.listActive(organization)).filter((pat) => pat.displayName === displayName)
    const isRevoked = async (authorizationId: string): Promise<boolean> =>
      (await authority.listRevoked(organization)).some((pat) => pat.authorizationId === authorizationId)
    const failure = async (work: Promise<unknown>): Promise<PatrolError> => {
      const thrown = await work.then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(thrown).toBeInstanceOf(PatrolError)
      return thrown as PatrolError
    }
    /** Granted dates are rounded, never by as much as a second. */
    const isAbout = (given: Instant | undefined, asked: Instant): void => {
      expect(given).toBeDefined()
      expect(Math.abs(between(asked, given ?? asked))).toBeLessThan(second)
    }

    beforeAll(async () => {
      world = await makeWorld()
      ;({ authority, organization } = world)
    })
    afterAll(() => world.stop())

    describe('minting', () => {
      it('gives a value that works and a PAT that the list shows', async () => {
        const asked = request({ scopes: ['vso.packaging_write', 'vso.code'] })
        const { pat, value } = await authority.mint(organization, asked, soon())
        expect(await world.works(value)).toBe(true)
        expect(await active(pat.authorizationId)).toEqual(pat)
        expect(pat).toMatchObject({
          displayName: asked.displayName,
          scopes: ['vso.code', 'vso.packaging_write'],
          allOrganizations: false,
        })
        isAbout(pat.validTo, asked.validTo)
        isAbout(pat.validFrom, world.now())
      })

      it('gives every PAT an id and a value of its own, whatever their names', async () => {
        const displayName = `twins ${++serial}`
        const [first, second] = await Promise.all([mint({ displayName }), mint({ displayName })])
        expect(first.pat.authorizationId).not.toBe(second.pat.authorizationId)
        expect(first.value.equals(second.value)).toBe(false)
        expect(await named(displayName)).toHaveLength(2)
      })

      it('of what is refused mints nothing and says so', async () => {
        const asked = request({ validTo: before(world.now(), hour) })
        const error = await failure(authority.mint(organization, asked, soon()))
        expect(error).toMatchObject({ code: 'invalid-request', outcome: 'none' })
        expect(await named(asked.displayName)).toEqual([])
      })

      it('that may not begin any more sends nothing', async () => {
        const requests = world.mutations()
        const limits = { sendBy: world.elapsed() - 1, timeout: minute }
        const error = await failure(authority.mint(organization, request(), limits))
        expect(error).toMatchObject({ code: 'turn-expired', outcome: 'none' })
        expect(world.mutations()).toBe(requests)
      })
    })

    describe('extending', () => {
      it('moves the expiry and leaves the rest, the value included', async () => {
        const { pat, value } = await mint()
        const validTo = after(world.now(), times(60, day))
        const extended = await authority.extend(organization, pat.authorizationId, validTo, soon())
        isAbout(extended.pat.validTo, validTo)
        expect({ ...extended.pat, validTo: pat.validTo }).toEqual(pat)
        expect(extended.value).toBeUndefined()
        expect(await world.works(value)).toBe(true)
        expect(await active(pat.authorizationId)).toEqual(extended.pat)
      })

      it('of an expired PAT is refused', async () => {
        const { pat, value } = await mint({ validTo: after(world.now(), hour) })
        world.pass(times(2, hour))
        const validTo = after(world.now(), times(60, day))
        const error = await failure(authority.extend(organization, pat.authorizationId, validTo, soon()))
        expect(error).toMatchObject({ code: 'cannot-extend', outcome: 'none' })
        expect(await world.works(value)).toBe(false)
      })

      it('of a PAT that is not there is refused', async () => {
        const { pat } = await mint()
        await authority.revoke(organization, pat.authorizationId, soon())
        const validTo = after(world.now(), times(60, day))
        const error = await failure(authority.extend(organization, pat.authorizationId, validTo, soon()))
        expect(error).toMatchObject({ code: 'pat-not-found', outcome: 'none' })
      })

      it('that may not begin any more sends nothing', async () => {
        const { pat } = await mint()
        const requests = world.mutations()
        const limits = { sendBy: world.elapsed() - 1, timeout: minute }
        const validTo = after(world.now(), times(60, day))
        const error = await failure(authority.extend(organization, pat.authorizationId, validTo, limits))
        expect(error).toMatchObject({ code: 'turn-expired', outcome: 'none' })
        expect(world.mutations()).toBe(requests)
      })
    })

    describe('revoking', () => {
      it('ends the value and moves the PAT to the other list', async () => {
        const { pat, value } = await mint()
        await authority.revoke(organization, pat.authorizationId, soon())
        expect(await world.works(value)).toBe(false)
        expect(await active(pat.authorizationId)).toBeUndefined()
        expect(await isRevoked(pat.authorizationId)).toBe(true)
      })

      it('twice, or of what never was, is as good as once', async () => {
        const { pat } = await mint()
        await authority.revoke(organization, pat.authorizationId, soon())
        await authority.revoke(organization, pat.authorizationId, soon())
        await authority.revoke(organization, '00000000-0000-4000-8000-00000000dead', soon())
        expect(await isRevoked(pat.authorizationId)).toBe(true)
      })

      it('that may not begin any more sends nothing', async () => {
        const { pat, value } = await mint()
        const limits = { sendBy: world.elapsed() - 1, timeout: minute }
        const error = await failure(authority.revoke(organization, pat.authorizationId, limits))
        expect(error).toMatchObject({ code: 'turn-expired', outcome: 'none' })
        expect(await world.works(value)).toBe(true)
      })
    })

    describe('the lists', () => {
      it('do not show an expired PAT', async () => {
        const { pat } = await mint({ validTo: after(world.now(), hour) })
        expect(await active(pat.authorizationId)).toBeDefined()
        world.pass(times(2, hour))
        expect(await active(pat.authorizationId)).toBeUndefined()
        expect(await isRevoked(pat.authorizationId)).toBe(false)
      })

      it('show a global PAT as one', async () => {
        const id = world.plant({
          displayName: 'everywhere',
          scopes: ['vso.code'],
          validTo: after(world.now(), times(3, day)),
          allOrganizations: true,
        })
        expect(await active(id)).toMatchObject({ displayName: 'everywhere', allOrganizations: true })
      })

      it('show each of many PATs exactly once', async () => {
        const planted = Array.from({ length: 250 }, (_, index) =>
          world.plant({
            displayName: `one of many ${index % 7}`,
            scopes: ['vso.code'],
            validTo: after(world.now(), times(1 + (index % 5), day)),
            allOrganizations: false,
          }),
        )
        const ids = (await authority.listActive(organization)).map((pat) => pat.authorizationId)
        expect(new Set(ids).size).toBe(ids.length)
        expect(planted.filter((id) => !ids.includes(id))).toEqual([])
      })

      it('keep organizations apart', async () => {
        if (world.otherOrganization === undefined) return
        const { pat } = await mint()
        const elsewhere = await authority.listActive(world.otherOrganization)
        expect(elsewhere.some(({ authorizationId }) => authorizationId === pat.authorizationId)).toBe(false)
      })
    })

    it('knows its user, always by the same id', async () => {
      const first = await authority.signedInUser(organization)
      expect(first.user).toBe(world.user)
      expect(first.id).not.toBe('')
      expect(await authority.signedInUser(organization)).toEqual(first)
    })

    describe('a lost answer', () => {
      it('of a mint leaves a live PAT that a list shows, and no second one', async () => {
        if (world.loseNextAnswer === undefined) return
        const asked = request()
        world.loseNextAnswer()
        const error = await failure(authority.mint(organization, asked, soon()))
        expect(error.outcome).toBe('unknown')
        expect(await named(asked.displayName)).toHaveLength(1)
      })

      it('of an extension leaves it extended', async () => {
        if (world.loseNextAnswer === undefined) return
        const { pat } = await mint()
        const validTo = after(world.now(), times(60, day))
        world.loseNextAnswer()
        const error = await failure(authority.extend(organization, pat.authorizationId, validTo, soon()))
        expect(error.outcome).toBe('unknown')
        isAbout((await active(pat.authorizationId))?.validTo, validTo)
      })

      it('of a revocation leaves it revoked, and repeating it resolves', async () => {
        if (world.loseNextAnswer === undefined) return
        const { pat } = await mint()
        world.loseNextAnswer()
        const error = await failure(authority.revoke(organization, pat.authorizationId, soon()))
        expect(error.outcome).toBe('unknown')
        expect(await active(pat.authorizationId)).toBeUndefined()
        await authority.revoke(organization, pat.authorizationId, soon())
      })
    })

    it('of a lost request says that the outcome is unknown, and sends no other', async () => {
      if (world.loseNextRequest === undefined) return
      const asked = request()
      const requests = world.mutations()
      world.loseNextRequest()
      const error = await failure(authority.mint(organization, asked, soon()))
      expect(error.outcome).toBe('unknown')
      expect(await named(asked.displayName)).toEqual([])
      expect(world.mutations()).toBe(requests + 1)
    })

    describe('a request that is turned away for the rate', () => {
      it('is sent again when the service says, and takes effect once', async () => {
        if (world.throttleNext === undefined) return
        const asked = request()
        world.throttleNext(times(10, second))
        const from = world.elapsed()
        await authority.mint(organization, asked, soon())
        expect(world.elapsed() - from).toBeGreaterThanOrEqual(10 * second)
        expect(await named(asked.displayName)).toHaveLength(1)
      })

      it('is not sent again when that would be too late', async () => {
        if (world.throttleNext === undefined) return
        const asked = request()
        world.throttleNext(times(10, second))
        const limits = { sendBy: world.elapsed() + 5 * second, timeout: times(30, second) }
        const error = await failure(authority.mint(organization, asked, limits))
        expect(error).toMatchObject({ code: 'throttled', outcome: 'none', retryAfter: times(10, second) })
        expect(await named(asked.displayName)).toEqual([])
        world.pass(minute)
      })
    })

    it('grants what a policy allows, and tells what was granted', async () => {
      if (world.limitLifespan === undefined) return
      world.limitLifespan(times(7, day))
      try {
        const { pat } = await mint({ validTo: after(world.now(), times(30, day)) })
        isAbout(pat.validTo, after(pat.validFrom, times(7, day)))
        world.pass(duration(2 * day))
        const validTo = after(world.now(), times(30, day))
        const extended = await authority.extend(organization, pat.authorizationId, validTo, soon())
        isAbout(extended.pat.validTo, after(pat.validFrom, times(7, day)))
      } finally {
        world.limitLifespan(undefined)
      }
    })
  })
}
