import { createSign, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'

interface SigningKey {
  readonly kid: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

let signingKey: Promise<SigningKey> | undefined

/** One key for the life of the program, made when it is first needed: an RSA key takes a noticeable moment. */
function key(): Promise<SigningKey> {
  signingKey ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then((pair) => ({
    ...pair,
    kid: randomUUID(),
  }))
  return signingKey
}

/** The key set that verifies id tokens, as the discovery document's `jwks_uri` serves it. */
export async function keySet(): Promise<{ keys: Record<string, unknown>[] }> {
  const { kid, publicKey } = await key()
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }] }
}

/** A signed id token. https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference */
export async function signIdToken(claims: Record<string, unknown>): Promise<string> {
  const { kid, privateKey } = await key()
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode({ typ: 'JWT', alg: 'RS256', kid })}.${encode(claims)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`
}
