import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth'
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { credentialOf, type KeyVaultIdentity, type KeyVaultIdentityParts, tried } from './key-vault-identity.ts'

export interface KeyVaultCredentialOptions extends KeyVaultIdentityParts {
  readonly identity: KeyVaultIdentity
  /** The way to the network; the SDK's own when left out. */
  readonly httpClient?: HttpClient | undefined
}

/**
 * A credential for `azureKeyVaultStore` on @azure/identity, which is loaded when a token is first asked for. A sign-in
 * that fails becomes `store-denied`, or `store-unreachable` when Entra could not be reached; one line, with a remedy
 * that names what was tried.
 * https://learn.microsoft.com/azure/developer/javascript/sdk/authentication/credential-chains
 */
export function keyVaultCredential(options: KeyVaultCredentialOptions): TokenCredential {
  let made: Promise<Made> | undefined
  return {
    async getToken(scopes: string | string[], request?: GetTokenOptions): Promise<AccessToken | null> {
      let trouble: Trouble | undefined
      try {
        made ??= makeCredential(options)
        const ready = await made
        trouble = ready.trouble
        trouble.lost = undefined
        trouble.unvouched = undefined
        return await ready.credential.getToken(scopes, request)
      } catch (thrown) {
        throw signInFault(thrown, options.identity, trouble)
      }
    },
  }
}

/** What went wrong on the way, because the libraries in between say only that something did. */
interface Trouble {
  /** Why Entra could not be reached. */
  lost: string | undefined
  /** Why the runner did not vouch for its job. */
  unvouched: PatrolError | undefined
}

interface Made {
  readonly credential: TokenCredential
  readonly trouble: Trouble
}

async function makeCredential(options: KeyVaultCredentialOptions): Promise<Made> {
  const { identity, jobToken } = options
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline')
  const trouble: Trouble = { lost: undefined, unvouched: undefined }
  const network = new WatchedNetwork(options.httpClient ?? createDefaultHttpClient(), trouble)
  const watched =
    jobToken === undefined ? undefined : () => jobToken().catch((thrown: unknown) => note(thrown, trouble))
  return { credential: await credentialOf(identity, { ...options, jobToken: watched }, network), trouble }
}

function note(thrown: unknown, trouble: Trouble): never {
  if (thrown instanceof PatrolError) trouble.unvouched = thrown
  throw thrown
}

class WatchedNetwork implements HttpClient {
  readonly #network: HttpClient
  readonly #trouble: Trouble

  constructor(network: HttpClient, trouble: Trouble) {
    this.#network = network
    this.#trouble = trouble
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    try {
      return await this.#network.sendRequest(request)
    } catch (thrown) {
      // The metadata service of Azure's machines speaks http, and that there is none is an answer.
      if (request.url.startsWith('https:'))
        this.#trouble.lost = firstLine(thrown instanceof Error ? thrown.message : '')
      throw thrown
    }
  }
}

function signInFault(thrown: unknown, { type }: KeyVaultIdentity, trouble: Trouble | undefined): PatrolError {
  if (trouble?.unvouched !== undefined) {
    const { code, message, remedy } = trouble.unvouched
    const kind = code === 'sign-in-unavailable' ? 'store-unreachable' : 'store-denied'
    return new PatrolError(kind, `the sign-in to the vault failed (${type}): ${message}`, { remedy })
  }
  if (trouble?.lost !== undefined) {
    return new PatrolError('store-unreachable', `the sign-in to the vault got no answer: ${trouble.lost}`)
  }
  if (thrown instanceof PatrolError) return thrown
  const message = `the sign-in to the vault failed (${type}): ${reasonOf(thrown)}`
  return new PatrolError('store-denied', message, { remedy: tried[type] })
}

/** One line. In a chain most do not apply to the machine; the one that was set up and refused is the one to tell of. */
function reasonOf(thrown: unknown): string {
  const parts: readonly unknown[] =
    thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors : [thrown]
  const faults = parts.filter((part) => part instanceof Error)
  const refused = faults.find(({ name }) => name === 'AuthenticationError')
  if (refused === undefined) return faults.length === 1 ? firstLine(faults[0]?.message ?? '') : 'none is available here'
  const entra = /AADSTS\d+:.*?(?= Trace ID|\r|\n|$)/.exec(refused.message)?.[0]
  return firstLine(entra ?? refused.message)
}

function firstLine(text: string): string {
  return Secret.redact(text.split(/\r?\n/, 1)[0] ?? '').slice(0, 300)
}
