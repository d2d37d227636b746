import { VAULT_RESOURCE } from '../entra/resources.ts'
import type { Call } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { VaultPermission } from '../fixture-schema.ts'
import type { World } from '../world.ts'
import type { Vault } from './vault.ts'
import { VaultRefusal } from './vault-refusal.ts'

/**
 * Lets the caller through who may do `wanted` in this vault, or refuses as Key Vault does. Without a token the answer
 * says where to get one: clients make their first call without, on purpose.
 * https://learn.microsoft.com/en-us/azure/key-vault/general/authentication-requests-and-responses
 */
export function demandAccess(world: World, call: Call, vault: Vault, wanted: VaultPermission): void {
  const { settings } = vault
  const unauthorized = (message: string) =>
    new VaultRefusal(401, 'Unauthorized', message, {
      headers: {
        'WWW-Authenticate': `Bearer authorization="${world.endpoints.entra}/${settings.tenantId}", resource="${VAULT_RESOURCE}"`,
      },
    })
  const value = /^Bearer\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (value === undefined) throw unauthorized('AKV10000: Request is missing a Bearer or PoP token.')
  const token = world.tokens.access(value)
  if (token === undefined) throw unauthorized('AKV10044: The token could not be read.')
  call.principal = token.user?.upn ?? token.client.id
  if (token.audience !== 'key-vault') throw unauthorized(`AKV10022: Invalid audience. Expected ${VAULT_RESOURCE}.`)
  if (token.tenantId !== settings.tenantId) throw unauthorized('AKV10032: Invalid issuer.')
  if (call.at >= token.expiresAt) throw unauthorized('AKV10046: The token has expired.')
  const names = token.user === undefined ? [token.client.id] : [token.user.upn]
  const isAllowed = settings.access.some(
    ({ principal, may }) => may.includes(wanted) && names.some((name) => sameName(name, principal)),
  )
  if (isAllowed && token.user?.enabled !== false) return
  const who = token.user?.objectId ?? token.client.objectId
  throw settings.authorization === 'rbac'
    ? new VaultRefusal(
        403,
        'Forbidden',
        `Caller is not authorized to perform action on resource. Caller: oid=${who}; Action: secrets/${wanted}.`,
        {
          inner: 'ForbiddenByRbac',
        },
      )
    : new VaultRefusal(
        403,
        'Forbidden',
        `The user, group or application 'oid=${who}' does not have secrets ${wanted} permission on key vault '${settings.name}'.`,
        {
          inner: 'ForbiddenByPolicy',
        },
      )
}
