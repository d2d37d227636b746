import { tokenExchangeOf } from '../adapters/azure-clouds.ts'
import { agentUserSignIn, type BlueprintCredential } from '../adapters/entra/agent-user-flow.ts'
import { azureCliSignIn } from '../adapters/entra/azure-cli-flow.ts'
import type { TenantSource } from '../adapters/entra/entra-authority.ts'
import type { EntraParts } from '../adapters/entra/held-sign-in.ts'
import { onBehalfOfSignIn } from '../adapters/entra/on-behalf-of-flow.ts'
import type { Transport } from '../adapters/http/transport.ts'
import type { UserSignIn } from '../adapters/user-sign-in.ts'
import { azurePipelinesToken, githubActionsToken } from '../adapters/workload/job-token.ts'
import { managedIdentityToken } from '../adapters/workload/managed-identity.ts'
import { fileToken } from '../adapters/workload/token-file.ts'
import { PatrolError } from '../core/errors.ts'
import type { WantedAccount } from './config/wanted.ts'
import type { WantedProof, WantedUnattended } from './config/wanted-unattended.ts'

export interface UnattendedParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly transport: Pick<Transport, 'send' | 'azureClient'>
  readonly tenant: TenantSource
}

/** Makes the sign-in of an account that needs neither a person nor a password. Nothing is sent. */
export function unattendedSignIn(
  account: WantedAccount,
  signIn: WantedUnattended,
  entra: EntraParts,
  parts: UnattendedParts,
): UserSignIn {
  const { name, user, clientId } = account
  const { tenant } = parts
  switch (signIn.method) {
    case 'agent-user': {
      const { blueprint, agent } = signIn
      const credential = proofOf(signIn.credential, entra.entra, parts)
      return agentUserSignIn({ name, tenant, user, blueprint, agent, credential }, entra)
    }
    case 'on-behalf-of': {
      if (clientId === undefined) throw new PatrolError('config-invalid', `account ${name} has no clientId`)
      const { assertion, credential } = signIn
      const proof =
        credential.type === 'secret' ? ({ kind: 'secret', ...credential } as const) : certificate(credential)
      return onBehalfOfSignIn({ name, tenant, clientId, assertion, credential: proof }, entra)
    }
    case 'azure-cli':
      return azureCliSignIn({ name, user, tenant: account.tenant === undefined ? undefined : tenant }, entra)
  }
}

function proofOf(proof: WantedProof, entra: string, { environment, transport }: UnattendedParts): BlueprintCredential {
  const job = { environment, send: transport.send }
  switch (proof.type) {
    case 'certificate':
      return certificate(proof)
    case 'managed-identity':
      return { kind: 'workload', token: (audience) => managedIdentityToken(audience, proof, transport.azureClient) }
    case 'workload-identity':
      return { kind: 'workload', token: () => fileToken(proof.tokenFile, environment) }
    case 'azure-pipelines':
      return { kind: 'workload', token: () => azurePipelinesToken(proof, job) }
    case 'github-actions':
      return { kind: 'workload', token: () => githubActionsToken(tokenExchangeOf(entra), job) }
  }
}

function certificate({ pem, passphrase }: Extract<WantedProof, { readonly type: 'certificate' }>) {
  return { kind: 'certificate', pem, passphrase } as const
}
