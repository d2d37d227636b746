import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { type Duration, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HttpAnswer } from '../http/answer.ts'
import type { Transport } from '../http/transport.ts'

export interface TenantDiscoveryParts {
  readonly transport: Pick<Transport, 'send'>
  readonly clock: Clock
  readonly stopping: () => boolean
}

/** What Microsoft Entra calls any tenant but that of personal accounts. */
const anyOrganization = 'organizations'

const nobody = '00000000-0000-0000-0000-000000000000'

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const tries = 3

const timeout: Duration = times(30, second)

/**
 * The tenant that an organization belongs to: its id in lower case, or `organizations` where the organization belongs
 * to none. Azure DevOps tells it to whoever comes without a token, in the challenge of its answer.
 * https://github.com/git-ecosystem/git-credential-manager/blob/main/docs/azrepos-users-and-tokens.md
 *
 * @param azureDevOps base address, without the organization
 * @throws PatrolError `sign-in-unavailable` when nobody answers, `sign-in-misconfigured` when the answer does not tell
 */
export async function discoverTenant(
  organization: string,
  azureDevOps: string,
  { transport, clock, stopping }: TenantDiscoveryParts,
): Promise<string> {
  const url = `${azureDevOps.replace(/\/+$/, '')}/${encodeURIComponent(organization)}`
  for (let attempt = 1; ; attempt++) {
    const answer = await transport
      .send({ method: 'HEAD', url, headers: { 'x-tfs-fedauthredirect': 'Suppress' }, timeout })
      .catch((thrown: unknown) => asPatrolError(thrown))
    const tenant = answer instanceof PatrolError ? undefined : tenantIn(answer)
    if (tenant !== undefined) return tenant
    const passing = answer instanceof PatrolError ? answer.code === 'service-unavailable' : isPassing(answer.status)
    if (!passing || attempt === tries || stopping()) throw untold(organization, answer, passing)
    await clock.sleep(times(2 ** (attempt - 1), second))
  }
}

/**
 * The tenant in the challenge of an answer; undefined when it names none. Only the id is taken from it: where accounts
 * sign in is configured and never follows an answer, which could else send passwords to a stranger.
 */
export function tenantIn({ headers }: Pick<HttpAnswer, 'headers'>): string | undefined {
  const challenges = [...(headers['www-authenticate'] ?? '').matchAll(/\bauthorization_uri="?([^",\s]+)/gi)]
  const named = [
    ...challenges.map(([, address = '']) =>
      URL.canParse(address) ? new URL(address).pathname.split('/')[1] : undefined,
    ),
    headers['x-vss-resourcetenant']?.trim(),
  ]
  const id = named.find((name): name is string => name !== undefined && guid.test(name))?.toLowerCase()
  return id === nobody ? anyOrganization : id
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

function untold(organization: string, answer: HttpAnswer | PatrolError, passing: boolean): PatrolError {
  const what = `the tenant of the organization ${organization} could not be found`
  const write = 'write tenant: in the account (or --tenant), so that it need not be found.'
  if (answer instanceof PatrolError) {
    const { message, remedy } = answer
    return new PatrolError('sign-in-unavailable', `${what}: ${message}`, { remedy: `${remedy} Or ${write}` })
  }
  const said = `${what}: Azure DevOps answered ${answer.status} and named none`
  if (passing) return new PatrolError('sign-in-unavailable', said, { remedy: `Try again later, or ${write}` })
  return new PatrolError('sign-in-misconfigured', said, {
    remedy: `Check the name of the organization, and ${write}`,
  })
}
