import { createSign, createVerify, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'

interface SigningKey {
  readonly kid: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export type Claims = Readonly<Record<string, unknown>>

/** A token in its parts, before anything of it is believed. */
export interface ReadToken {
  readonly header: Claims
  readonly claims: Claims
  /** What the signature is over. */
  readonly signed: string
  readonly signature: Buffer
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

/** The key set that verifies the tokens, as a discovery document's `jwks_uri` serves it. */
export async function keySet(): Promise<{ keys: Record<string, unknown>[] }> {
  const { kid, publicKey } = await key()
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }] }
}

/** A signed token: an id token of Entra, or the word of an issuer that Entra trusts by a federated credential. */
export async function signToken(claims: Claims): Promise<string> {
  const { kid, privateKey } = await key()
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encode({ typ: 'JWT', alg: 'RS256', kid })}.${encode(claims)}`
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`
}

/** Takes a token apart; undefined when it is none. */
export function readToken(value: string): ReadToken | undefined {
  const parts = value.split('.')
  const [header = '', claims = '', signature = ''] = parts
  if (parts.length !== 3) return undefined
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  try {
    const token = { header: read(header), claims: read(claims) }
    if (!isClaims(token.header) || !isClaims(token.claims)) return undefined
    return {
      header: token.header,
      claims: token.claims,
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    return undefined
  }
}

/** Whether a token was signed here. */
export async function isOwnToken({ signed, signature }: ReadToken): Promise<boolean> {
  const { publicKey } = await key()
  return createVerify('RSA-SHA256').update(signed).verify(publicKey, signature)
}

function isClaims(part: unknown): part is Claims {
  return typeof part === 'object' && part !== null && !Array.isArray(part)
}
