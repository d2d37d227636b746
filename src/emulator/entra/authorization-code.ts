import { createHash, randomBytes } from 'node:crypto'
import type { SecretLedger } from '../secret-ledger.ts'
import type { World } from '../world.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import { authenticateClient } from './client-authentication.ts'
import { EntraError } from './entra-error.ts'
import type { SignInSession } from './sign-in-session.ts'
import { parameter, type TokenRequest } from './token-request.ts'

export interface AuthorizationCode {
  readonly value: string
  readonly request: AuthorizeRequest
  readonly session: SignInSession
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  isRedeemed: boolean
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response */
const CODE_MS = 600_000

/** The authorization codes that were sent to applications. */
export class CodeBook {
  readonly #codes = new Map<string, AuthorizationCode>()
  readonly #ledger: SecretLedger

  constructor(ledger: SecretLedger) {
    this.#ledger = ledger
  }

  issue(request: AuthorizeRequest, session: SignInSession, at: number): string {
    const value = this.#ledger.note(`1.${randomBytes(96).toString('base64url')}`)
    this.#codes.set(value, { value, request, session, expiresAt: at + CODE_MS, isRedeemed: false })
    return value
  }

  find(value: string): AuthorizationCode | undefined {
    return this.#codes.get(value)
  }
}

/**
 * Redeems an authorization code, once.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#redeem-a-code-for-an-access-token
 */
export async function redeemCode(world: World, request: TokenRequest): Promise<AuthorizationCode> {
  const { call, form, client, tenant } = request
  const code = world.codes.find(parameter(form, 'code'))
  const redirectUri = parameter(form, 'redirect_uri')
  await authenticateClient(world, request)
  if (code === undefined || code.request.client !== client) throw new EntraError(9002313)
  call.principal = code.session.user.upn
  if (tenant !== undefined && tenant.id !== code.session.tenantId) throw new EntraError(700005)
  if (code.isRedeemed) throw new EntraError(54005)
  if (call.at >= code.expiresAt) throw new EntraError(70008)
  if (redirectUri !== code.request.redirectUri) throw new EntraError(500112)
  demandVerifier(code.request.challenge, form.get('code_verifier'))
  code.isRedeemed = true
  return code
}

/** https://www.rfc-editor.org/rfc/rfc7636#section-4.6 */
function demandVerifier(challenge: AuthorizeRequest['challenge'], verifier: string | null): void {
  if (challenge === undefined) {
    if (verifier !== null) throw new EntraError(501481, 'The request for the code had no challenge.')
    return
  }
  if (verifier === null || verifier === '') throw new EntraError(501481, 'There is no verifier.')
  const shown = challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')
  if (shown !== challenge.value) throw new EntraError(501481)
}
