import { constants, createVerify, X509Certificate } from 'node:crypto'
import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import type { Client } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { fmiSubject, isExchangeAudience } from './exchange-token.ts'
import { type Claims, isOwnToken, readToken, type ReadToken } from './signed-token.ts'
import type { TokenRequest } from './token-request.ts'

/** Clocks of clients differ. How far the service lets them is not documented; five minutes is what its libraries use. */
const SLACK_SECONDS = 300

/**
 * Judges a client assertion: one that the application signed itself with a certificate, or the token of another issuer
 * that a federated credential trusts, or, for an agent identity, the token that its blueprint got for it.
 * https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials
 * https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation
 */
export async function checkAssertion(world: World, request: TokenRequest, assertion: string): Promise<void> {
  const { call, client } = request
  world.ledger.note(assertion)
  const token = readToken(assertion)
  if (token === undefined) throw new EntraError(50027)
  const { claims } = token
  const atSeconds = call.at / 1000
  if (isSelfSigned(client, claims)) {
    checkCertificate(world, request, token)
  } else {
    await checkFederated(client, token)
  }
  const { exp, nbf } = claims
  if (typeof exp !== 'number' || exp + SLACK_SECONDS <= atSeconds) throw new EntraError(700024)
  if (typeof nbf === 'number' && nbf - SLACK_SECONDS > atSeconds) throw new EntraError(700024)
}

function isSelfSigned(client: Client, { iss, sub }: Claims): boolean {
  return [iss, sub].some((name) => typeof name === 'string' && sameName(name, client.id))
}

function checkCertificate(world: World, { client, tenant, authority }: TokenRequest, token: ReadToken): void {
  const { header, claims } = token
  if (claims['iss'] !== claims['sub']) throw new EntraError(700021)
  const certificate = client.certificates
    .map((pem) => new X509Certificate(pem))
    .find((candidate) => isThumbprintOf(candidate, header))
  if (certificate === undefined) throw new EntraError(700027, 'The thumbprint is of no registered certificate.')
  if (!isSignedBy(certificate, token)) throw new EntraError(700027)
  const places = [authority, tenant?.id ?? authority].map((place) => `${world.endpoints.entra}/${place}`)
  const audiences = places.flatMap((place) => [`${place}/oauth2/v2.0/token`, `${place}/v2.0`])
  if (!audiences.includes(String(claims['aud']))) throw new EntraError(700023)
}

function isThumbprintOf(certificate: X509Certificate, header: Claims): boolean {
  const encoded = (fingerprint: string) => Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')
  const plain = (text: unknown) => String(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  if (header['x5t#S256'] !== undefined) return plain(header['x5t#S256']) === encoded(certificate.fingerprint256)
  return header['x5t'] !== undefined && plain(header['x5t']) === encoded(certificate.fingerprint)
}

function isSignedBy(certificate: X509Certificate, { header, signed, signature }: ReadToken): boolean {
  const verify = createVerify('RSA-SHA256').update(signed)
  if (header['alg'] === 'RS256') return verify.verify(certificate.publicKey, signature)
  if (header['alg'] !== 'PS256') return false
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return verify.verify({ key: certificate.publicKey, ...padding }, signature)
}

/** Issuer, subject and audience are compared letter by letter, in this order. */
async function checkFederated(client: Client, token: ReadToken): Promise<void> {
  const { iss, sub, aud } = token.claims
  if (client.blueprint !== undefined) return checkBlueprint(client, client.blueprint, token)
  const ofIssuer = client.federatedCredentials.filter(({ issuer }) => issuer === iss)
  if (ofIssuer.length === 0) throw new EntraError(700211, `It is '${String(iss)}'.`)
  if (!(await isOwnToken(token))) throw new EntraError(50013)
  const ofSubject = ofIssuer.filter(({ subject }) => subject === sub)
  if (ofSubject.length === 0) throw new EntraError(700213, `It is '${String(sub)}'.`)
  // Some issuers write a list, Kubernetes for one.
  const written: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  const shown = written.flatMap((one) =>
    isExchangeAudience(one) ? ['api://AzureADTokenExchange', String(one)] : [String(one)],
  )
  if (!ofSubject.some(({ audiences }) => shown.some((audience) => audiences.includes(audience)))) {
    throw new EntraError(700212, `It is '${String(aud)}'.`)
  }
}

/**
 * An agent identity has no credential but the word of its blueprint, which must be for this agent.
 * https://learn.microsoft.com/en-us/entra/agent-id/agent-oauth-protocols
 */
async function checkBlueprint(agent: Client, blueprint: string, token: ReadToken): Promise<void> {
  const { aud, azp, sub } = token.claims
  if (!(await isOwnToken(token))) throw new EntraError(50013)
  if (!isExchangeAudience(aud)) throw new EntraError(700212, `It is '${String(aud)}'.`)
  const isForAgent = agent.tenantId !== undefined && sub === fmiSubject(agent.tenantId, { id: blueprint }, agent)
  if (!sameName(String(azp), blueprint) || !isForAgent) throw new EntraError(7002137, `It is '${String(sub)}'.`)
}
