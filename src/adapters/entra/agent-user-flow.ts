import type { AuthenticationResult, ConfidentialClientApplication, Configuration } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { tokenExchangeOf } from '../azure-clouds.ts'
import type { MsalNetwork } from '../http/msal-network.ts'
import type { UserSignIn } from '../user-sign-in.ts'
import { type AgentLeg, type AgentNames, legFailure } from './agent-legs.ts'
import { certificateOf } from './client-certificate.ts'
import { anyTenant, authorityOf, type TenantSource } from './entra-authority.ts'
import { type EntraParts, HeldSignIn, type SignInFlow } from './held-sign-in.ts'
import type { SignInFailure } from './sign-in-failure.ts'

/** How a blueprint proves itself: by a certificate, or by the word of somebody whom it trusts. */
export type BlueprintCredential =
  | { readonly kind: 'certificate'; readonly pem: Secret; readonly passphrase: Secret | undefined }
  | {
      readonly kind: 'workload'
      /** @param audience whom the token is for, such as `api://AzureADTokenExchange` */
      token(audience: string): Promise<Secret>
    }

export interface AgentUserAccount extends AgentNames {
  /** In the configuration. */
  readonly name: string
  readonly tenant: TenantSource
  readonly credential: BlueprintCredential
}

/**
 * Signs in the user account of an agent, without a person and without a stored password: the blueprint proves itself and
 * gets a token for the agent identity, the agent identity gets one of its own by it, and by both together one of its user.
 * https://learn.microsoft.com/entra/agent-id/identity-platform/agent-user-oauth-flow
 */
export function agentUserSignIn(account: AgentUserAccount, parts: EntraParts): UserSignIn {
  const network = parts.transport.msalNetwork()
  return new HeldSignIn(account.name, new AgentUserFlow(account, network, parts), network, parts)
}

interface Clients {
  readonly blueprint: ConfidentialClientApplication
  readonly agent: ConfidentialClientApplication
}

class AgentUserFlow implements SignInFlow {
  readonly #account: AgentUserAccount
  readonly #network: MsalNetwork
  readonly #parts: EntraParts
  #clients: Clients | undefined
  /** What the blueprint shows in this request. */
  #workload: Secret | undefined
  /** What the blueprint got for the agent in this request. */
  #forAgent = ''

  constructor(account: AgentUserAccount, network: MsalNetwork, parts: EntraParts) {
    this.#account = account
    this.#network = network
    this.#parts = parts
  }

  async request(scope: string, judge: (thrown: unknown) => SignInFailure): Promise<AuthenticationResult> {
    const { agent: fmiPath, user: username, credential } = this.#account
    const audience = tokenExchangeOf(this.#parts.entra)
    const scopes = [`${audience}/.default`]
    const { blueprint, agent } = await this.#open()
    this.#forAgent = await this.#leg('blueprint', judge, async () => {
      if (credential.kind === 'workload') this.#workload = await credential.token(audience)
      return blueprint.acquireTokenByClientCredential({ scopes, fmiPath, skipCache: true })
    }).then(({ accessToken }) => accessToken)
    const { accessToken: assertion } = await this.#leg('agent', judge, () =>
      agent.acquireTokenByClientCredential({ scopes, skipCache: true }),
    )
    return this.#leg('user', judge, () =>
      agent.acquireTokenByUserFederatedIdentityCredential({ scopes: [scope], assertion, username }),
    )
  }

  async forgetFailure(): Promise<void> {
    this.#clients = undefined
  }

  async #leg(
    leg: AgentLeg,
    judge: (thrown: unknown) => SignInFailure,
    exchange: () => Promise<AuthenticationResult | null>,
  ): Promise<AuthenticationResult> {
    try {
      const result = await exchange()
      if (result === null) throw new PatrolError('internal', 'MSAL gave neither a token nor an error')
      return result
    } catch (thrown) {
      throw legFailure(leg, this.#account, judge(thrown))
    }
  }

  async #open(): Promise<Clients> {
    if (this.#clients !== undefined) return this.#clients
    const { name, blueprint, agent, credential } = this.#account
    const tenant = await this.#account.tenant()
    if (tenant === anyTenant) {
      throw new PatrolError(
        'sign-in-misconfigured',
        `account ${name}: the organization belongs to no tenant of Entra`,
        {
          remedy: 'An agent and its user live in a tenant: connect the organization to one, and write tenant: with it.',
        },
      )
    }
    const { ConfidentialClientApplication } = await import('@azure/msal-node')
    const client = (auth: Pick<Configuration['auth'], 'clientId' | 'clientAssertion' | 'clientCertificate'>) =>
      new ConfidentialClientApplication({
        auth: { ...auth, ...authorityOf(tenant, this.#parts) },
        system: { networkClient: this.#network },
      })
    this.#clients = {
      blueprint:
        credential.kind === 'certificate'
          ? client({
              clientId: blueprint,
              clientCertificate: certificateOf(name, credential.pem, credential.passphrase),
            })
          : client({ clientId: blueprint, clientAssertion: async () => this.#workload?.reveal() ?? '' }),
      agent: client({ clientId: agent, clientAssertion: async () => this.#forAgent }),
    }
    return this.#clients
  }
}
