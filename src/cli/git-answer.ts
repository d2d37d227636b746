import type { ValueCache } from '../app/value-cache.ts'
import { routeFor } from '../core/git-route.ts'
import type { Instant } from '../core/time.ts'
import { gitAnswer, type GitRequest } from './git-protocol.ts'

/**
 * What can be said to git without reading the configuration and without asking a store: text for stdout, which is empty
 * where there is nothing to say. Undefined when only a store can tell.
 *
 * After an answer of 401 git asks to `erase` what it had: then it is no longer kept, and the next `get` asks the store.
 * To `store` there is nothing, for git had it from here. Operations that are not known are passed over, as git demands.
 */
export async function warmAnswer(
  operation: string,
  request: GitRequest,
  cache: ValueCache | undefined,
  now: Instant,
): Promise<string | undefined> {
  if (operation === 'erase') {
    const { password } = request
    await cache?.drop(now, (kept) => password === undefined || kept.value.equals(password))
    return ''
  }
  // A value never goes out in plain.
  if (operation !== 'get' || request.protocol !== 'https') return ''
  const sheet = await cache?.read(now)
  if (sheet === undefined) return undefined
  const routing = routeFor(request, sheet.routes)
  const kept = routing.kind === 'token' ? sheet.values.find(({ token }) => token === routing.token) : undefined
  return kept === undefined ? undefined : gitAnswer(request, kept.value.reveal(), kept.validTo)
}
