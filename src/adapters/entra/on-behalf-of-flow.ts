import { readFile } from 'node:fs/promises'
import type { AuthenticationResult, ConfidentialClientApplication } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { MsalNetwork } from '../http/msal-network.ts'
import type { UserSignIn } from '../user-sign-in.ts'
import { certificateOf } from './client-certificate.ts'
import { authorityOf, type TenantSource } from './entra-authority.ts'
import { type EntraParts, HeldSignIn, type SignInFlow } from './held-sign-in.ts'

export interface OnBehalfOfAccount {
  /** In the configuration. */
  readonly name: string
  readonly tenant: TenantSource
  /** The confidential client that the assertion was made for. */
  readonly clientId: string
  /** The user's token, or a file that holds it and may be replaced at any time. */
  readonly assertion: Secret | { readonly file: string }
  readonly credential:
    | { readonly kind: 'secret'; readonly secret: Secret }
    | { readonly kind: 'certificate'; readonly pem: Secret; readonly passphrase: Secret | undefined }
}

/**
 * Signs in on behalf of a user whose token for our own application something else hands over.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
export function onBehalfOfSignIn(account: OnBehalfOfAccount, parts: EntraParts): UserSignIn {
  const network = parts.transport.msalNetwork()
  return new HeldSignIn(account.name, new OnBehalfOfFlow(account, network, parts), network, parts)
}

class OnBehalfOfFlow implements SignInFlow {
  readonly #account: OnBehalfOfAccount
  readonly #network: MsalNetwork
  readonly #parts: EntraParts
  #client: ConfidentialClientApplication | undefined

  constructor(account: OnBehalfOfAccount, network: MsalNetwork, parts: EntraParts) {
    this.#account = account
    this.#network = network
    this.#parts = parts
  }

  async request(scope: string): Promise<AuthenticationResult> {
    const client = await this.#open()
    const assertion = await this.#assertion()
    const request = { scopes: [scope], oboAssertion: assertion.reveal(), skipCache: true }
    const result = await client.acquireTokenOnBehalfOf(request)
    if (result === null) throw new PatrolError('internal', 'MSAL gave neither a token nor an error')
    return result
  }

  async forgetFailure(): Promise<void> {
    this.#client = undefined
  }

  /** Read each time, because the broker replaces it before it ends. */
  async #assertion(): Promise<Secret> {
    const { name, assertion } = this.#account
    const found = assertion instanceof Secret ? assertion : await read(name, assertion.file)
    if (/^[\w.~+/=-]+$/.test(found.reveal())) return found
    throw new PatrolError('sign-in-misconfigured', `account ${name}: the user's token is empty or no token`, {
      remedy: 'Let the broker hand over the token alone, as one line of text.',
    })
  }

  async #open(): Promise<ConfidentialClientApplication> {
    if (this.#client !== undefined) return this.#client
    const { name, clientId, credential } = this.#account
    const authority = authorityOf(await this.#account.tenant(), this.#parts)
    const { ConfidentialClientApplication } = await import('@azure/msal-node')
    const proof =
      credential.kind === 'secret'
        ? { clientSecret: credential.secret.reveal() }
        : { clientCertificate: certificateOf(name, credential.pem, credential.passphrase) }
    this.#client = new ConfidentialClientApplication({
      auth: { clientId, ...proof, ...authority },
      system: { networkClient: this.#network },
    })
    return this.#client
  }
}

async function read(account: string, file: string): Promise<Secret> {
  try {
    return new Secret((await readFile(file, 'utf8')).trim())
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
    const message = `account ${account}: the file ${file} with the user's token cannot be read (${code})`
    throw new PatrolError('sign-in-misconfigured', message, {
      remedy: 'Correct signIn.file, or let the broker write it.',
    })
  }
}
