import { randomUUID } from 'node:crypto'
import { signToken } from '../entra/signed-token.ts'
import type { World } from '../world.ts'

/** What an issuer outside of Entra says of a program. */
export interface Statement {
  readonly issuer: string
  readonly subject: string
  readonly audience: string | readonly string[]
  readonly lifeSeconds: number
  readonly more?: Readonly<Record<string, unknown>>
}

/** The token of such an issuer. @param at milliseconds since the epoch */
export async function issueToken(world: World, statement: Statement, at: number): Promise<string> {
  const { issuer, subject, audience, lifeSeconds, more } = statement
  const issuedSeconds = Math.floor(at / 1000)
  const token = await signToken({
    ...more,
    jti: randomUUID(),
    iss: issuer,
    sub: subject,
    aud: audience,
    iat: issuedSeconds,
    nbf: issuedSeconds,
    exp: issuedSeconds + lifeSeconds,
  })
  return world.ledger.note(token)
}
