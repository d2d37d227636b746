import { type Check, failed, faulty, obstacle, passed, skipped, skippedAfter, warned } from '../../core/check.ts'
import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Store } from '../../ports/store.ts'
import { judgeRemains } from './judgements.ts'
import type { Order, Patient } from './patient.ts'
import { limitsNow } from './probe-pat.ts'
import type { StoreScope } from './scope.ts'

/** Asked for where no declared token has a secret in the store: whether it exists does not matter. */
const anyName = 'patrol-doctor-probe'

/**
 * What may be done in a store.
 *
 * @param way what is in the way to it, if anything is: to its host, or to the sign-in that opens it
 */
export async function storeChecks(
  patient: Patient,
  order: Order,
  scope: StoreScope,
  way: Check | undefined,
): Promise<readonly Check[]> {
  const { world } = patient
  const subject = { store: scope.store.name }
  const skipWriting = (): Check => skipped('write-store', subject, 'nothing is written without --write')
  const before = obstacle(way)
  if (before !== undefined) {
    const names = ['read-store', 'list-store', ...(order.write ? ['write-store' as const] : [])] as const
    return [...names.map((name) => skippedAfter(name, subject, before)), ...(order.write ? [] : [skipWriting()])]
  }
  world.reporter.report({ kind: 'observing', what: `the store ${scope.store.name}` })
  const reading = await readCheck(patient, scope)
  const listing = obstacle(reading) === undefined ? [await listCheck(patient, scope)] : []
  const skippedListing = obstacle(reading) === undefined ? [] : [skippedAfter('list-store', subject, reading)]
  const checks = [reading, ...listing, ...skippedListing]
  if (!order.write) return [...checks, skipWriting()]
  const blocked = obstacle(reading)
  return [
    ...checks,
    blocked === undefined ? await writeCheck(patient, scope) : skippedAfter('write-store', subject, blocked),
  ]
}

async function readCheck({ world }: Patient, { store: { name }, secretNames }: StoreScope): Promise<Check> {
  const subject = { store: name }
  const store = world.stores.get(name)
  if (store === undefined) throw new Error(`the world has no store ${name}`)
  try {
    const names = secretNames.length === 0 ? [anyName] : secretNames
    if ((await store.identity()) === undefined) {
      return passed('read-store', subject, 'does not exist yet; the first write makes it')
    }
    const current = await store.current(names)
    const failures = [...current.values()].filter((found) => found instanceof PatrolError)
    const [first] = failures
    if (first !== undefined) return unreadable(subject, failures, names.length)
    const missing = secretNames.filter((secret) => !current.has(secret.toLowerCase()))
    await requireAdmitted(store, missing)
    const there = secretNames.length - missing.length
    const text = `secrets can be read; ${there} of ${secretNames.length} declared ones are there`
    return passed('read-store', subject, text)
  } catch (thrown) {
    return failed('read-store', subject, asPatrolError(thrown))
  }
}

function unreadable(subject: { readonly store: string }, failures: readonly PatrolError[], asked: number): Check {
  const [first] = failures
  const { code = 'internal', message = '', remedy = '' } = first ?? {}
  const text = failures.length === 1 ? message : `${failures.length} of ${asked} secrets cannot be read: ${message}`
  return faulty('read-store', subject, code, text, remedy)
}

/** A name that is taken by a deleted secret would be found out when its token is due. */
async function requireAdmitted(store: Store, missing: readonly string[]): Promise<void> {
  for (const name of missing) await store.admit(name)
}

/** Rules find their secrets by listing; all else only gets slower without. */
async function listCheck({ trialOf }: Patient, { store: { name }, needsListing }: StoreScope): Promise<Check> {
  const subject = { store: name }
  try {
    const trial = await trialOf(name)
    await trial.list()
    return passed('list-store', subject, 'secrets can be listed')
  } catch (thrown) {
    const failure = asPatrolError(thrown)
    if (needsListing || failure.code !== 'store-denied') return failed('list-store', subject, failure)
    return { ...warned('list-store', subject, failure.message, failure.remedy), code: failure.code }
  }
}

async function writeCheck({ world, trialOf }: Patient, { store: { name } }: StoreScope): Promise<Check> {
  const subject = { store: name }
  if (world.stopping()) return skipped('write-store', subject, 'told to stop')
  world.reporter.report({ kind: 'observing', what: `a write to the store ${name}` })
  try {
    const trial = await trialOf(name)
    const value = new Secret(`patrol doctor ${world.random.characters(24)}`)
    return judgeRemains(subject, await trial.write(value, () => limitsNow(world)))
  } catch (thrown) {
    return failed('write-store', subject, asPatrolError(thrown))
  }
}
