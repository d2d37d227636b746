import { PatrolError } from '../../src/core/errors.ts'
import { normalizeScopes } from '../../src/core/scopes.ts'
import { Secret } from '../../src/core/secret.ts'
import { duration } from '../../src/core/time.ts'
import { authorityContract, type AuthorityWorld } from '../contract/authority.ts'
import { clockContract, type ClockWorld } from '../contract/clock.ts'
import { proberContract, type ProberWorld } from '../contract/prober.ts'
import { storeContract, type StoreWorld } from '../contract/store.ts'
import { targetContract, type TargetWorld } from '../contract/target.ts'
import { Chance } from './chance.ts'
import { SimulatedEstate } from './estate.ts'
import { drawOptions, healthy } from './options.ts'
import { StormGate, type Witness } from './storm.ts'
import { Timeline } from './timeline.ts'
import { type Interference, SimulatedWorld } from './world.ts'

// What holds the clients of the real services holds the world of the simulator, so that both agree on what a service does.

authorityContract('the simulated authority', async (): Promise<AuthorityWorld> => {
  const world = new SimulatedWorld()
  const lost = { count: 0 }
  const once = faults(world, lost)
  const authority = world.open().authorities.get('ci-bot')!
  return {
    authority,
    organization: 'contoso',
    otherOrganization: 'fabrikam',
    user: 'ci-bot@contoso.example',
    elapsed: () => world.elapsed,
    now: () => world.now,
    pass: (length) => world.pass(length),
    plant: ({ displayName, scopes, validTo, allOrganizations }) =>
      world.createPat({ displayName, scopes: normalizeScopes(scopes), validTo, allOrganizations }).authorizationId,
    works: async (value) => world.active().some((pat) => pat.value === value.reveal()),
    mutations: () => world.effects.length + lost.count,
    loseNextAnswer: () => once('after', 'service-unavailable', 'unknown'),
    loseNextRequest: () => once('before', 'service-unavailable', 'unknown'),
    limitLifespan: (length) => (world.maximumLife = length),
    stop: async () => undefined,
  }
})

proberContract('the simulated prober', async (): Promise<ProberWorld> => {
  const world = new SimulatedWorld()
  const opened = world.open()
  let calls = 0
  let next: PatrolError | undefined
  world.interfere = (effect) => {
    if (effect !== 'read:probe') return
    calls += 1
    const failure = next
    next = undefined
    if (failure !== undefined) throw failure
  }
  return {
    prober: opened.prober,
    organization: 'contoso',
    otherOrganization: 'fabrikam',
    ownerId: async () => (await opened.authorities.get('ci-bot')!.signedInUser('contoso')).id,
    now: () => world.now,
    pass: (length) => world.pass(length),
    plant: (pat) => {
      const { authorizationId, value } = world.createPat({ displayName: 'tried', ...pat })
      return { id: authorizationId, value: new Secret(value) }
    },
    revokeOutside: (id) => world.revokeOutside(world.pats.find((pat) => pat.authorizationId === id)!),
    calls: () => calls,
    loseNextAnswer: () => (next = new PatrolError('service-unavailable', 'no answer came', { outcome: 'unknown' })),
    throttleNext: () => (next = new PatrolError('throttled', 'too many requests')),
    stop: async () => undefined,
  }
})

clockContract('the simulated clock', async (): Promise<ClockWorld> => {
  const estate = new SimulatedEstate()
  const timeline = new Timeline(estate.now, (now) => (estate.now = now))
  let ahead = 0
  const witness: Witness = {
    took: () => undefined,
    troubled: () => undefined,
    isLeftOut: () => false,
    said: () => undefined,
    weatherOver: () => ({ turnedAway: 0, failed: 0 }),
    clockAhead: () => ahead,
  }
  const options = { ...healthy(drawOptions(new Chance(1))), clockError: 0 }
  const gate = new StormGate(1, '1.1', timeline, () => options, witness)
  const pass = (length: number): Promise<void> => timeline.drive(timeline.elapsed + length, () => false)
  return {
    clock: {
      now: () => gate.now(),
      elapsed: () => gate.elapsed(),
      sleep: (length) => gate.sleep(length),
      skew: () => gate.skew(),
    },
    truth: () => estate.now,
    pass,
    set: (by) => void (ahead += by),
    hear: async (service) => {
      const to = service === 'vault' ? service : 'contoso'
      const answer = gate.pass({ name: 'read:anything', to, mutates: false, limits: undefined }, () => undefined)
      await pass(duration(options.latency))
      await answer
    },
    stop: async () => undefined,
  }
})

storeContract('the simulated store', async (): Promise<StoreWorld> => {
  const world = new SimulatedWorld()
  const lost = { count: 0 }
  const once = faults(world, lost)
  const store = world.open().stores.get('vault')!
  return {
    store,
    beginsAbsent: false,
    elapsed: () => world.elapsed,
    now: () => world.now,
    plant: async (name, { value, tags, enabled = true }) => world.plantVersion(name, value, tags, enabled),
    mutations: () => world.effects.length + lost.count,
    loseNextAnswer: () => once('after', 'store-unreachable', 'unknown'),
    loseNextRequest: () => once('before', 'store-unreachable', 'unknown'),
    makeUnreadable: async (name) =>
      void world.unreadable.set(name, new PatrolError('store-denied', `${name} is locked`)),
    stop: async () => undefined,
  }
})

for (const [title, name, tells] of [
  ['the simulated target', 'group*', true],
  ['the simulated target that cannot tell', 'hook*', false],
] as const) {
  targetContract(title, async (): Promise<TargetWorld> => {
    const world = new SimulatedWorld()
    if (!tells) world.blindTargets.add(name)
    const target = world.open({ targets: [name] }).targets.get(name)!
    return {
      target,
      tells,
      removes: tells,
      apart: true,
      isReadable: true,
      elapsed: () => world.elapsed,
      held: async ({ token }) => world.held.get(`${name} ${token}`),
      overwrite: async ({ token }, value) => void world.held.set(`${name} ${token}`, value),
      destroy: async ({ token }) => void world.held.delete(`${name} ${token}`),
      surroundings: async () => JSON.stringify([...world.secrets]),
      mutations: () => world.effects.length,
      denyNext: () => {
        world.interfere = (effect, phase) => {
          if (!effect.startsWith('deliver:') || phase !== 'before') return
          world.interfere = () => undefined
          throw new PatrolError('target-denied', 'no permission')
        }
      },
      stop: async () => undefined,
    }
  })
}

/** Makes the next mutating request fail, once. One that was lost on its way was sent nevertheless. */
function faults(world: SimulatedWorld, lost: { count: number }) {
  return (at: 'before' | 'after', code: 'service-unavailable' | 'store-unreachable', outcome: 'unknown'): void => {
    const interfere: Interference = (effect, phase) => {
      if (effect.startsWith('read:') || phase !== at) return
      world.interfere = () => undefined
      if (at === 'before') lost.count += 1
      throw new PatrolError(code, 'no answer came', { outcome })
    }
    world.interfere = interfere
  }
}
