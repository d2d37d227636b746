import type { World } from '../world.ts'
import type { Client } from './directory.ts'
import { TOKEN_EXCHANGE_ID } from './resources.ts'
import { signToken } from './signed-token.ts'
import { ACCESS_TOKEN_SECONDS } from './token-book.ts'

/** Who a token for `api://AzureADTokenExchange` speaks of. */
interface Subject {
  readonly tenantId: string
  /** The application or managed identity that got it. */
  readonly client: Client
  /** The agent identity that a blueprint named in `fmi_path`. */
  readonly agent?: Client
}

/**
 * A token that its holder shows as an assertion, at another place. Unlike the others it is a JSON web token, because
 * who takes it must read it.
 * @param at milliseconds since the epoch
 */
export async function issueExchangeToken(
  world: World,
  { tenantId, client, agent }: Subject,
  at: number,
): Promise<string> {
  const issuedSeconds = Math.floor(at / 1000)
  const token = await signToken({
    aud: TOKEN_EXCHANGE_ID,
    // The issuer of the real service: fixtures name it, and cannot know on which port the emulator will listen.
    iss: entraIssuer(tenantId),
    iat: issuedSeconds,
    nbf: issuedSeconds,
    exp: issuedSeconds + ACCESS_TOKEN_SECONDS,
    appid: client.id,
    azp: client.id,
    idtyp: 'app',
    oid: client.objectId,
    sub: agent === undefined ? client.objectId : fmiSubject(tenantId, client, agent),
    tid: tenantId,
    ver: '2.0',
  })
  return world.ledger.note(token)
}

/** https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity */
export function entraIssuer(tenantId: string): string {
  return `https://login.microsoftonline.com/${tenantId}/v2.0`
}

/** The audience under its name or its id. */
export function isExchangeAudience(audience: unknown): boolean {
  return audience === TOKEN_EXCHANGE_ID || String(audience).toLowerCase() === 'api://azureadtokenexchange'
}

/**
 * The subject of a blueprint's token for one of its agent identities, with tenant and blueprint as the bytes of their
 * ids. The form is of the wild: https://github.com/microsoft/Agents/issues/202
 */
export function fmiSubject(
  tenantId: string,
  blueprint: { readonly id: string },
  agent: { readonly id: string },
): string {
  return `/eid1/c/pub/t/${packed(tenantId)}/a/${packed(blueprint.id)}/${agent.id}`
}

/** A GUID as .NET lays it out: the first three groups with the least byte first. */
function packed(guid: string): string {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex')
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Buffer.from(order.map((place) => bytes[place] ?? 0)).toString('base64url')
}
