import type { World } from '../world.ts'
import type { Client, User } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { type Audience, readScopes, type ScopeRequest } from './resources.ts'

export interface Granted {
  readonly audience: Audience
  readonly scopes: readonly string[]
  readonly openId: readonly string[]
  /** As the answer states it: each permission with the resource as the request wrote it. */
  readonly scopeText: string
}

/** Reads the `scope` parameter, and refuses what cannot be asked for at all. */
export function demandScopes(world: World, text: string): ScopeRequest {
  const asked = readScopes(text, (id) => world.directory.client(id))
  if (!('fault' in asked)) return asked
  if (asked.fault === 'several-resources') throw new EntraError(28000)
  if (asked.fault === 'unknown-resource') throw new EntraError(500011, `Its name is '${asked.identifier}'.`)
  throw new EntraError(70011, `The scope is '${asked.scope}'.`)
}

/** What an application may do for a user: what it asked for, as far as it is registered and consented to. */
export function grantScopes(world: World, client: Client, user: User, text: string): Granted {
  const asked = demandScopes(world, text)
  if (asked.resource === undefined) {
    return { audience: 'graph', scopes: [], openId: asked.openId, scopeText: asked.openId.join(' ') }
  }
  const { audience, identifier, permissions } = asked.resource
  const held = permissionsOf(world, client, audience)
  if (held.length === 0) throw new EntraError(650057)
  if (!world.directory.hasConsent(client, user)) throw new EntraError(65001)
  const isDefault = permissions.includes('.default')
  if (isDefault && permissions.length > 1) throw new EntraError(70011, 'The scope /.default stands alone.')
  if (!isDefault && permissions.some((permission) => !held.includes(permission))) throw new EntraError(65001)
  const scopes = isDefault ? held : permissions
  const stated = isDefault ? [...scopes, '.default'] : scopes
  const openIdStated = asked.openId.filter((scope) => scope !== 'offline_access')
  return {
    audience,
    scopes,
    openId: asked.openId,
    scopeText: [...openIdStated, ...stated.map((permission) => `${identifier}/${permission}`)].join(' '),
  }
}

/** The delegated permissions that an application is registered with, which `.default` stands for. */
export function permissionsOf(world: World, client: Client, audience: Audience): readonly string[] {
  if (audience === 'azure-devops') return client.azureDevOps
  if (audience === 'key-vault') return client.keyVault ? ['user_impersonation'] : []
  if (audience === 'graph') return ['User.Read']
  if (audience === 'token-exchange') return []
  // An application that offers permissions has pre-authorized every other one.
  return world.directory.client(audience.slice('api:'.length))?.exposes ?? []
}
