import { PatrolError } from '../../src/core/errors.ts'
import { normalizeScopes } from '../../src/core/scopes.ts'
import { authorityContract, type AuthorityWorld } from '../contract/authority.ts'
import { storeContract, type StoreWorld } from '../contract/store.ts'
import { targetContract, type TargetWorld } from '../contract/target.ts'
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
