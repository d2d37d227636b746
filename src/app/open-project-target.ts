import type { Pacing } from '../adapters/azure-devops/pacing.ts'
import { patAuthorization } from '../adapters/azure-devops/pat-authorization.ts'
import { Sender, type SenderParts } from '../adapters/azure-devops/sender.ts'
import { storedPat } from '../adapters/azure-devops/stored-pat.ts'
import { serviceConnectionTarget } from '../adapters/azure-devops/service-connection-target.ts'
import { variableGroupTarget } from '../adapters/azure-devops/variable-group-target.ts'
import type { UserSignIn } from '../adapters/user-sign-in.ts'
import type { Store } from '../ports/store.ts'
import type { Target } from '../ports/target.ts'
import type {
  WantedOpener,
  WantedServiceConnectionTarget,
  WantedVariableGroupTarget,
} from './config/targets/project-items.ts'

/** What targets in Azure DevOps are opened with. */
export interface ProjectTargetWorld extends Omit<SenderParts, 'signIn' | 'authorization' | 'pacing'> {
  /** Base address of Azure DevOps, without the organization. */
  readonly azureDevOps: string
  readonly signIns: ReadonlyMap<string, UserSignIn>
  readonly stores: ReadonlyMap<string, Store>
  /** The pace of an account. */
  readonly paceOf: (account: string) => Pacing
}

/** A variable group or a service connection, asked for by an account or by a managed token. */
export function openProjectTarget(
  wanted: WantedVariableGroupTarget | WantedServiceConnectionTarget,
  world: ProjectTargetWorld,
): Target {
  const { name, organization, project, opener, otherSecrets } = wanted
  const shared = {
    name,
    place: { azureDevOps: world.azureDevOps, organization, project },
    sender: senderOf(opener, world),
    who: opener.kind === 'account' ? `the account ${opener.account}` : `the token ${opener.token}`,
    isAccount: opener.kind === 'account',
    clock: world.clock,
    otherSecrets,
  }
  if (wanted.type === 'azure-devops-variable-group') {
    return variableGroupTarget({ ...shared, item: wanted.variableGroup, variable: wanted.variable })
  }
  return serviceConnectionTarget({ ...shared, item: wanted.connection, url: wanted.url })
}

function senderOf(opener: WantedOpener, world: ProjectTargetWorld): Sender {
  const { transport, clock, random, stopping } = world
  const parts = { transport, clock, random, stopping }
  if (opener.kind === 'account') {
    const signIn = world.signIns.get(opener.account)
    if (signIn === undefined) throw new Error(`the world has no account ${opener.account}`)
    return new Sender({ ...parts, signIn, pacing: world.paceOf(opener.account) })
  }
  const store = world.stores.get(opener.store)
  if (store === undefined) throw new Error(`the world has no store ${opener.store}`)
  const read = async () => (await store.read(opener.secretName))?.value
  return new Sender({ ...parts, signIn: storedPat(opener.token, read), authorization: patAuthorization })
}
