import type { User } from '../entra/directory.ts'
import type { Call } from '../exchange.ts'
import type { Organization, World } from '../world.ts'
import { demandUser, readCredential } from './credentials.ts'
import { Refusal, unauthorizedAnswer } from './refusals.ts'

/**
 * Who calls a resource that wants a scope, also of an access token: `user_impersonation` is every scope, else the token
 * must hold a wanted one or a stronger one of its family.
 * @param wanted scopes of which one will do
 */
export function demandScope(world: World, call: Call, organization: Organization, ...wanted: readonly string[]): User {
  const { user } = demandUser(world, call, organization, wanted)
  const credential = readCredential(world, call)
  if (credential.kind === 'bearer' && !wanted.some((scope) => permits(credential.token.scopes, scope))) {
    throw new Refusal(unauthorizedAnswer(user.identityId))
  }
  return user
}

/** Whether the scopes of an access token let it do what wants `wanted`. */
export function permits(scopes: readonly string[], wanted: string): boolean {
  return scopes.some((scope) => scope === 'user_impersonation' || scope === wanted || scope.startsWith(`${wanted}_`))
}
