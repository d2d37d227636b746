import type { AuthenticationResult } from '@azure/msal-node'
import { describe, expect, it } from 'vitest'
import { type Redeem, RefreshTokenFlow } from '../../../src/adapters/entra/refresh-token-flow.ts'
import { signInFailure } from '../../../src/adapters/entra/sign-in-failure.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { signsIn } from '../../../src/core/sign-in-merge.ts'
import { day, instant, times } from '../../../src/core/time.ts'
import type { Permission, SignInEntry, SignInStore, Written } from '../../../src/ports/sign-in-store.ts'
import { sampleEntry } from '../../contract/sign-in-store.ts'

/** Lets one of those that wait go on, in every order that there is. */
class Order {
  readonly #path: number[]
  readonly widths: number[] = []
  readonly #waiting: { readonly who: string; readonly go: () => void }[] = []
  readonly #taken = new Map<string, number>()
  readonly #limits: Readonly<Record<string, number>>

  /** @param limits after how many steps somebody is killed */
  constructor(path: readonly number[], limits: Readonly<Record<string, number>> = {}) {
    this.#path = [...path]
    this.#limits = limits
  }

  step(who: string): Promise<void> {
    return new Promise((go) => this.#waiting.push({ who, go }))
  }

  async run(): Promise<readonly number[]> {
    for (let depth = 0; ; depth++) {
      await new Promise((settled) => setImmediate(settled))
      const alive = this.#waiting.filter(({ who }) => (this.#taken.get(who) ?? 0) < (this.#limits[who] ?? Infinity))
      if (alive.length === 0) return this.#path
      const choice = this.#path[depth] ?? 0
      this.#path[depth] = choice
      this.widths[depth] = alive.length
      const next = alive[choice]
      if (next === undefined) throw new Error('the order does not repeat itself')
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.#taken.set(next.who, (this.#taken.get(next.who) ?? 0) + 1)
      next.go()
    }
  }
}

/** Calls `work` once for each order, and says how many there were. */
async function inEveryOrder(
  limits: Readonly<Record<string, number>>,
  work: (order: Order) => Promise<() => Promise<void>>,
): Promise<number> {
  let path: number[] = []
  for (let orders = 1; ; orders++) {
    const order = new Order(path, limits)
    const check = await work(order)
    const taken = [...(await order.run())]
    await check()
    let depth = taken.length - 1
    while (depth >= 0 && (taken[depth] ?? 0) + 1 >= (order.widths[depth] ?? 0)) depth--
    if (depth < 0) return orders
    path = [...taken.slice(0, depth), (taken[depth] ?? 0) + 1]
  }
}

interface Version {
  readonly entry: SignInEntry
  enabled: boolean
}

/** A vault: looking and writing are two steps, and what was written in between stays beneath. */
class VersionedStore implements SignInStore {
  readonly place = 'the vault'
  readonly #versions: Version[]
  readonly #step: () => Promise<void>
  readonly #disablesLater: boolean

  constructor(versions: Version[], step: () => Promise<void>, disablesLater: boolean) {
    this.#versions = versions
    this.#step = step
    this.#disablesLater = disablesLater
  }

  async read(): Promise<SignInEntry | undefined> {
    await this.#step()
    return this.#versions.at(-1)?.entry
  }

  async others(session: string): Promise<readonly SignInEntry[]> {
    await this.#step()
    const others = this.#versions.filter(({ entry, enabled }) => enabled && entry.session !== session)
    return others.map(({ entry }) => entry).toReversed()
  }

  async write(next: SignInEntry, permits: Permission): Promise<Written> {
    await this.#step()
    const current = this.#versions.at(-1)
    if (!permits(current?.entry)) return { written: false, before: current?.entry }
    await this.#step()
    this.#versions.push({ entry: next, enabled: true })
    if (this.#disablesLater) await this.#step()
    if (current !== undefined) current.enabled = false
    return { written: true, before: current?.entry }
  }

  async remove(): Promise<boolean> {
    throw new Error('nobody signs out here')
  }
}

/** Microsoft Entra: every refresh token of a session is good until the session ends. */
class Sessions {
  readonly ended = new Set<string>()
  #serial = 0

  readonly redeem =
    (step: () => Promise<void>): Redeem =>
    async (entry) => {
      await step()
      if (this.ended.has(entry.session))
        throw Object.assign(new Error('AADSTS50173: ended'), { errorCode: 'invalid_grant' })
      const accessToken = `access-token-${entry.session}-${++this.#serial}`
      return {
        result: { accessToken } as AuthenticationResult,
        cache: new Secret(`refresh-${entry.session}-${this.#serial}`),
      }
    }
}

const at = instant(1_795_489_446_001)
const clock = {
  now: () => at,
  elapsed: () => 0,
  sleep: async () => undefined,
  skew: () => ({ kind: 'unknown' }) as const,
}
const judge = (thrown: unknown) =>
  thrown instanceof PatrolError
    ? { error: thrown, verdict: undefined }
    : typeof thrown === 'object' && thrown !== null && 'error' in thrown && thrown.error instanceof PatrolError
      ? { error: thrown.error, verdict: undefined }
      : signInFailure('bot', thrown, {})

const old = sampleEntry({ session: 'old', signedInAt: instant(at - 10 * day), cache: new Secret('refresh-old-0') })
const fresh = sampleEntry({ session: 'fresh', signedInAt: instant(at - 1), cache: new Secret('refresh-fresh-0') })

function estate(order: Order, disablesLater: boolean) {
  const versions: Version[] = [{ entry: old, enabled: true }]
  const sessions = new Sessions()
  const free = async (): Promise<void> => undefined
  const storeOf = (step: () => Promise<void>): SignInStore => new VersionedStore(versions, step, disablesLater)
  const run = (step: () => Promise<void>): Promise<string> => {
    const account = { name: 'bot', user: old.user, redeemAfter: times(7, day), openStore: async () => storeOf(step) }
    const flow = new RefreshTokenFlow(account, sessions.redeem(step), clock)
    return flow.request('scope', judge).then(
      ({ accessToken }) => accessToken,
      (thrown: unknown) => judge(thrown).error.code,
    )
  }
  return {
    versions,
    sessions,
    instance: (who: string) => run(() => order.step(who)),
    /** A run after all others. */
    later: () => run(free),
    login: async (ends: boolean) => {
      if (ends) {
        await order.step('person')
        sessions.ended.add('old')
      }
      return storeOf(() => order.step('person')).write(fresh, signsIn)
    },
  }
}

describe('instances and a person who signs in, in every order', { timeout: 60_000 }, () => {
  it('two of them never lose a sign-in that works, and end with that of the person or find it', async () => {
    const orders = await inEveryOrder({}, async (order) => {
      const world = estate(order, false)
      const runs = Promise.all([world.instance('one'), world.instance('two'), world.login(false)])
      return async () => {
        const [one, two] = await runs
        for (const result of [one, two]) expect(result).toMatch(/^access-token-/)
        expect(await world.later()).toMatch(/^access-token-/)
        // Now the old session ends, as it does when somebody has signed in anew after a change of the password.
        world.sessions.ended.add('old')
        expect(await world.later()).toMatch(/^access-token-fresh/)
      }
    })
    expect(orders).toBeGreaterThan(2_000)
  })

  it('find the new sign-in although the old one ended at any moment before it', async () => {
    const orders = await inEveryOrder({}, async (order) => {
      const world = estate(order, false)
      const runs = Promise.all([world.instance('one'), world.login(true)])
      return async () => {
        const results = (await runs).slice(0, 1)
        for (const result of results) expect(result).toMatch(/^access-token-|^sign-in-expired$/)
        expect(await world.later()).toMatch(/^access-token-fresh/)
        expect(await world.later()).toMatch(/^access-token-fresh/)
      }
    })
    expect(orders).toBeGreaterThan(30)
  })

  it('are not harmed by one that is killed after any of its steps', async () => {
    for (const steps of [0, 1, 2, 3]) {
      await inEveryOrder({ one: steps }, async (order) => {
        const world = estate(order, false)
        void world.instance('one')
        const runs = Promise.all([world.instance('two'), world.login(false)])
        return async () => {
          expect((await runs)[0]).toMatch(/^access-token-/)
          expect(await world.later()).toMatch(/^access-token-/)
          world.sessions.ended.add('old')
          expect(await world.later()).toMatch(/^access-token-fresh/)
        }
      })
    }
  })

  it('disable only what they have replaced', async () => {
    const orders = await inEveryOrder({}, async (order) => {
      const world = estate(order, true)
      const runs = Promise.all([world.instance('one'), world.login(false)])
      return async () => {
        await runs
        world.sessions.ended.add('old')
        expect(await world.later()).toMatch(/^access-token-fresh/)
      }
    })
    expect(orders).toBeGreaterThanOrEqual(40)
  })

  it('are found wanting when a run may write over the sign-in of a person', async () => {
    let lost = 0
    await inEveryOrder({}, async (order) => {
      const world = estate(order, false)
      const careless: SignInStore = new VersionedStore(world.versions, () => order.step('one'), false)
      const run = (async () => {
        const read = await careless.read()
        const { cache } = await world.sessions.redeem(() => order.step('one'))(read ?? old, 'scope')
        await careless.write({ ...old, cache }, () => true)
      })()
      const runs = Promise.all([run, world.login(false)])
      return async () => {
        await runs
        world.sessions.ended.add('old')
        if (!(await world.later()).startsWith('access-token-fresh')) lost++
      }
    })
    expect(lost).toBeGreaterThan(0)
  })
})

describe('the redemption of a kept sign-in', () => {
  const plainEstate = () => estate(new Order([]), false)

  it('is written back before anybody gets its access token, and not at all when that fails', async () => {
    const world = plainEstate()
    const written: string[] = []
    const store: SignInStore = {
      place: 'here',
      read: async () => old,
      others: async () => [],
      remove: async () => false,
      write: async ({ cache }) => {
        written.push(cache.reveal())
        throw new PatrolError('store-unreachable', 'the disk is full')
      },
    }
    const account = { name: 'bot', user: old.user, redeemAfter: times(7, day), openStore: async () => store }
    const flow = new RefreshTokenFlow(
      account,
      world.sessions.redeem(async () => undefined),
      clock,
    )
    const refused = await flow.request('scope', judge).then(() => expect.fail('it gave a token'), judge)
    expect(refused.error.code).toBe('store-unreachable')
    expect(written).toEqual(['refresh-old-1'])
    // What was kept before is still good, for this run and for the next.
    expect(await world.later()).toBe('access-token-old-2')
  })

  it.each([
    ['another user', { user: 'other@contoso.example' }, 'wrong-account'],
    ['another client', { clientId: 'c11e0000-0000-4000-8000-00000000000f' }, 'sign-in-missing'],
    ['another tenant', { tenant: '99999999-2222-3333-4444-555555555555' }, 'sign-in-missing'],
  ] as const)('of %s is refused before it is sent', async (_, changes, code) => {
    let sent = 0
    const store: SignInStore = {
      place: 'here',
      read: async () => ({ ...old, ...changes }),
      others: async () => [],
      remove: async () => false,
      write: async () => expect.fail('it wrote'),
    }
    const { user, tenant } = old
    const account = { name: 'bot', user, tenant, redeemAfter: times(7, day), openStore: async () => store }
    const redeem: Redeem = async () => {
      sent++
      throw new Error('not here')
    }
    const refused = await new RefreshTokenFlow(account, redeem, clock)
      .request('scope', judge)
      .then(() => expect.fail('it gave a token'), judge)
    expect(refused.error).toMatchObject({ code, remedy: expect.stringContaining('patrol login bot') })
    expect(sent).toBe(0)
  })

  it.each([undefined, 'contoso.onmicrosoft.com', 'ABCD1111-2222-3333-4444-555555555555'])(
    'goes on where the configuration says of the tenant: %s',
    async (tenant) => {
      const world = plainEstate()
      const entry = { ...old, tenant: 'abcd1111-2222-3333-4444-555555555555' }
      const store: SignInStore = {
        place: 'here',
        read: async () => entry,
        others: async () => [],
        remove: async () => false,
        write: async () => ({ written: true, before: entry }),
      }
      const account = { name: 'bot', user: old.user, tenant, redeemAfter: times(7, day), openStore: async () => store }
      const flow = new RefreshTokenFlow(
        account,
        world.sessions.redeem(async () => undefined),
        clock,
      )
      expect((await flow.request('scope', judge)).accessToken).toBe('access-token-old-1')
    },
  )

  it('that is refused does not fall back on one of another user beneath', async () => {
    const world = plainEstate()
    world.sessions.ended.add('old')
    const store: SignInStore = {
      place: 'here',
      read: async () => old,
      others: async () => [{ ...fresh, user: 'other@contoso.example' }],
      remove: async () => false,
      write: async () => expect.fail('it wrote'),
    }
    const account = { name: 'bot', user: old.user, redeemAfter: times(7, day), openStore: async () => store }
    const flow = new RefreshTokenFlow(
      account,
      world.sessions.redeem(async () => undefined),
      clock,
    )
    const refused = await flow.request('scope', judge).then(() => expect.fail('it gave a token'), judge)
    expect(refused.error.code).toBe('sign-in-expired')
  })

  it('is no use where somebody signed out meanwhile', async () => {
    const world = plainEstate()
    const store: SignInStore = {
      place: 'here',
      read: async () => old,
      others: async () => [],
      remove: async () => false,
      write: async (_, permits) => ({ written: permits(undefined), before: undefined }),
    }
    const account = { name: 'bot', user: old.user, redeemAfter: times(7, day), openStore: async () => store }
    const flow = new RefreshTokenFlow(
      account,
      world.sessions.redeem(async () => undefined),
      clock,
    )
    const refused = await flow.request('scope', judge).then(() => expect.fail('it gave a token'), judge)
    expect(refused.error.code).toBe('sign-in-missing')
  })
})
