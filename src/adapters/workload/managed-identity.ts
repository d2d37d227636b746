import type { HttpClient } from '@azure/core-rest-pipeline'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/** At most one is there; none means the identity that the machine itself has. */
export interface UserAssigned {
  readonly clientId?: string | undefined
  readonly resourceId?: string | undefined
  readonly objectId?: string | undefined
}

/**
 * The token by which Azure vouches for a machine, app or pod that it hosts.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 *
 * @param audience whom it is for, such as `api://AzureADTokenExchange`
 * @throws PatrolError `sign-in-misconfigured`
 */
export async function managedIdentityToken(
  audience: string,
  { clientId, resourceId, objectId }: UserAssigned,
  httpClient: HttpClient,
): Promise<Secret> {
  const { ManagedIdentityCredential } = await import('@azure/identity')
  const credential =
    clientId !== undefined
      ? new ManagedIdentityCredential({ clientId, httpClient })
      : resourceId !== undefined
        ? new ManagedIdentityCredential({ resourceId, httpClient })
        : objectId !== undefined
          ? new ManagedIdentityCredential({ objectId, httpClient })
          : new ManagedIdentityCredential({ httpClient })
  try {
    return new Secret((await credential.getToken(`${audience}/.default`)).token)
  } catch (thrown) {
    const said = Secret.redact(thrown instanceof Error ? (thrown.message.split(/\r?\n/, 1)[0] ?? '') : '').slice(0, 300)
    const whose = clientId ?? resourceId ?? objectId ?? 'of this machine'
    throw new PatrolError('sign-in-misconfigured', `the managed identity ${whose} gave no token: ${said}`, {
      remedy:
        'Run on a machine, app or pod of Azure that has this managed identity, and name it by clientId when there are several.',
    })
  }
}
