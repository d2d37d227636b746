import { PatrolError } from '../../core/errors.ts'
import { second, times } from '../../core/time.ts'
import type { HttpAnswer } from '../http/answer.ts'
import type { Transport } from '../http/transport.ts'

const timeout = times(20, second)

/**
 * Asks a vault for something without a token. It refuses, and its refusal shows that it is a Key Vault, and of which
 * tenant: https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 *
 * @param url the vault's address, without a slash at its end
 * @returns the tenant as the vault names it; undefined when it names none
 * @throws PatrolError `store-unreachable` when nobody answers, or somebody else does
 */
export async function vaultTenant(url: string, transport: Pick<Transport, 'send'>): Promise<string | undefined> {
  let answer: HttpAnswer
  try {
    answer = await transport.send({ method: 'GET', url: `${url}/secrets?api-version=7.4`, timeout })
  } catch (thrown) {
    if (!(thrown instanceof PatrolError) || thrown.code !== 'service-unavailable') throw thrown
    throw new PatrolError('store-unreachable', thrown.message, { remedy: thrown.remedy, cause: thrown.cause })
  }
  const challenge = challengeIn(answer)
  if (challenge !== undefined) return challenge.tenant
  throw new PatrolError('store-unreachable', `${url} answered ${answer.status}, but not as a Key Vault`, {
    remedy: 'Check the name of the vault: the portal shows its address as "Vault URI".',
  })
}

/** What the refusal says of where to sign in; undefined when it is not a vault's. */
export function challengeIn({
  status,
  headers,
}: Pick<HttpAnswer, 'status' | 'headers'>): { readonly tenant: string | undefined } | undefined {
  const challenge = headers['www-authenticate'] ?? ''
  if (status !== 401 || !/^Bearer\b/i.test(challenge) || !/\b(?:resource|scope)="/i.test(challenge)) return undefined
  const authorization = /\bauthorization(?:_uri)?="([^"]+)"/i.exec(challenge)?.[1] ?? ''
  const tenant = URL.canParse(authorization) ? new URL(authorization).pathname.split('/')[1] : undefined
  return { tenant: tenant === '' ? undefined : tenant?.toLowerCase() }
}
