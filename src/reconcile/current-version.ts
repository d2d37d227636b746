import { PatrolError } from '../core/errors.ts'
import type { Store, StoredVersion } from '../ports/store.ts'

/**
 * What the store hands out for one secret as of now; undefined when the secret does not exist.
 *
 * @throws PatrolError also what concerns this secret alone
 */
export async function currentVersion(store: Store, secretName: string): Promise<StoredVersion | undefined> {
  const found = (await store.current([secretName])).get(secretName.toLowerCase())
  if (found instanceof PatrolError) throw found
  return found
}
