import type { SecureContext } from 'node:tls'
import type { Transport } from '../adapters/http/transport.ts'
import type { AzureKeyVaultOptions } from '../adapters/stores/key-vault-connection.ts'
import type { Clock } from '../ports/clock.ts'
import type { Target } from '../ports/target.ts'
import type { WantedVault } from './config/wanted.ts'
import type { WantedTarget } from './config/targets/kinds.ts'
import type { ProjectTargetWorld } from './open-project-target.ts'

/** What targets are made of besides what is written about them. */
export interface TargetParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /**
   * A way to servers that are not Microsoft's, which is closed with the world.
   *
   * @param secureContext what TLS knows in place of `tls.caFile`
   * @param proxy in place of those of the environment
   */
  readonly openOutside: (secureContext?: SecureContext, proxy?: string) => Promise<Transport>
  /** For those in Azure DevOps. */
  readonly projects: ProjectTargetWorld
  /** What it takes to talk to a vault. */
  readonly vaultOptions: (vault: WantedVault) => Promise<AzureKeyVaultOptions>
}

/** The targets by their names. The code of each type is loaded when one of it is first used. */
export function composeTargets(
  wanted: ReadonlyMap<string, WantedTarget>,
  parts: TargetParts,
): ReadonlyMap<string, Target> {
  return new Map([...wanted].map(([name, target]) => [name, later(target, () => open(target, parts))]))
}

/** One case for each type; a new one is a case here and an adapter of its own. */
async function open(wanted: WantedTarget, parts: TargetParts): Promise<Target> {
  const { environment, clock, openOutside, projects } = parts
  switch (wanted.type) {
    case 'azure-key-vault': {
      const { keyVaultCopyTarget } = await import('../adapters/stores/key-vault-copy.ts')
      const { name, secretName } = wanted
      return keyVaultCopyTarget({ name, secretName, vault: await parts.vaultOptions(wanted) })
    }
    case 'command': {
      const { commandTarget } = await import('../adapters/targets/command-target.ts')
      return commandTarget({ ...wanted, environment, clock })
    }
    case 'file': {
      const { fileTarget } = await import('../adapters/targets/file-target.ts')
      return fileTarget({ ...wanted, clock })
    }
    case 'github-secret': {
      const { githubSecretTarget } = await import('../adapters/targets/github-secret.ts')
      const { send } = await openOutside()
      return githubSecretTarget({ ...wanted, clock, send })
    }
    case 'webhook': {
      const { webhookTarget } = await import('../adapters/targets/webhook-target.ts')
      const { send } = await openOutside()
      return webhookTarget({ ...wanted, clock, send })
    }
    case 'kubernetes-secret': {
      const { kubernetesSecretTarget } = await import('../adapters/targets/kubernetes-secret.ts')
      const { kubeAccess } = await import('../adapters/targets/kube-access.ts')
      const open = () => kubeAccess(wanted.cluster, { environment, openTransport: openOutside })
      return kubernetesSecretTarget({ ...wanted, open, clock })
    }
    case 'azure-devops-variable-group':
    case 'azure-devops-service-connection': {
      const { openProjectTarget } = await import('./open-project-target.ts')
      return openProjectTarget(wanted, projects)
    }
  }
}

/** A target that is opened when it is first asked for anything, and again when that failed. */
function later({ name, proof }: WantedTarget, openIt: () => Promise<Target>): Target {
  let opened: Promise<Target> | undefined
  const target = (): Promise<Target> => {
    opened ??= openIt().catch((thrown: unknown) => {
      opened = undefined
      throw thrown
    })
    return opened
  }
  return {
    name,
    proof,
    deliver: async (consignment, limits) => (await target()).deliver(consignment, limits),
    inspect: async (copy) => (await target()).inspect(copy),
    remove: async (copy, limits) => (await target()).remove(copy, limits),
    check: async () => (await target()).check(),
  }
}
