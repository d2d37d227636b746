import type { Check } from '../../core/check.ts'
import { obstacle } from '../../core/check.ts'
import { accountChecks } from './account-checks.ts'
import { judgeClock } from './judgements.ts'
import type { Order, Patient } from './patient.ts'
import { scopeOf, type StoreScope } from './scope.ts'
import { storeChecks } from './store-checks.ts'
import { targetCheck } from './target-check.ts'
import { proxyCheck, secretFileChecks, type Way, wayCheck } from './way-checks.ts'

/**
 * Looks at everything that a run needs, from outside in: this computer, the way to the services, the sign-ins, the
 * organizations, the stores. What depends on something that failed is skipped and says so. Nothing is changed unless the
 * order allows it, and what is made then is removed again.
 *
 * It never rejects for what it finds: that is the result, in the order in which it was looked at.
 */
export async function examine(patient: Patient, order: Order): Promise<readonly Check[]> {
  const { vantage, wanted, world } = patient
  const scope = scopeOf(wanted, order.account)
  const files = await secretFileChecks(patient, scope)
  const ways = new Map(
    await Promise.all(
      scope.addresses.map(
        async (address): Promise<[string, Way]> => [address, await wayCheck(vantage, world.reporter, address)],
      ),
    ),
  )
  const wayTo = (address: string): Check | undefined => {
    const way = ways.get(address)
    return way === undefined ? undefined : obstacle(way.dns, way.tls)
  }
  const { entra, azureDevOps, vssps } = wanted.endpoints
  const clock = judgeClock(world.clock.skew())
  const way = { entra: wayTo(entra), azureDevOps: wayTo(azureDevOps) ?? wayTo(vssps), clock }
  const accounts = await Promise.all(scope.accounts.map((account) => accountChecks(patient, order, account, way)))
  const signIns = new Map(accounts.map(({ signIn }) => [signIn.account, signIn]))
  const wayToStore = ({ store, opener }: StoreScope): Check | undefined =>
    store.type === 'file' ? undefined : obstacle(wayTo(store.url), signIns.get(opener))
  const stores = await Promise.all(scope.stores.map((store) => storeChecks(patient, order, store, wayToStore(store))))
  return [
    ...files,
    proxyCheck(vantage, scope.addresses),
    ...[...ways.values()].flatMap(({ dns, tls }) => [dns, tls]),
    clock,
    ...accounts.flatMap(({ checks }) => checks),
    ...stores.flat(),
    ...(await Promise.all(scope.targets.map((name) => targetCheck(world, name)))),
  ]
}
