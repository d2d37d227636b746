import { readFile } from 'node:fs/promises'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/**
 * The token by which Kubernetes vouches for a pod. It is read each time, because it is replaced before it ends.
 * https://learn.microsoft.com/azure/aks/workload-identity-overview
 *
 * @param file else what `AZURE_FEDERATED_TOKEN_FILE` names
 * @throws PatrolError `sign-in-misconfigured`
 */
export async function fileToken(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Secret> {
  const path = file ?? environment['AZURE_FEDERATED_TOKEN_FILE'] ?? ''
  if (path === '') {
    throw new PatrolError('sign-in-misconfigured', 'AZURE_FEDERATED_TOKEN_FILE is not set', {
      remedy: 'Write tokenFile: with the path of the token, or run in a pod with azure.workload.identity/use: "true".',
    })
  }
  const remedy = `See that the service account's token is mounted into this pod at ${path}, and that it may be read.`
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
    throw new PatrolError('sign-in-misconfigured', `the token file ${path} cannot be read (${code})`, { remedy })
  })
  if (/^[\w.~+/=-]+$/.test(text.trim())) return new Secret(text.trim())
  throw new PatrolError('sign-in-misconfigured', `the token file ${path} holds no token`, { remedy })
}
