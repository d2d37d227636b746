import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import { demandApiVersion } from './api-version.ts'
import { permits } from './bearer-scopes.ts'
import { expiredBearerAnswer, readCredential } from './credentials.ts'
import { errorAnswer, redirectAnswer, Refusal, signInPageAnswer, unauthorizedAnswer } from './refusals.ts'
import type { User } from '../entra/directory.ts'

/**
 * Who one is, and which organizations one belongs to: resources of no organization, for access tokens alone.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/account/accounts/list
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/profile/profiles/get
 */
export function answerAccounts(world: World, call: Call): Answer {
  const user = demandProfile(world, call)
  const version = demandApiVersion(call, { preview: false, optional: true, oldest: 10 })
  const headers = { 'Content-Type': `application/json; charset=utf-8; api-version=${version.text}` }
  if (call.method !== 'GET') return errorAnswer(405, 'VssServiceException', `There is no ${call.method} here.`)
  if (/\/_apis\/profile\/profiles\/me\/?$/i.test(call.path)) {
    const profile = {
      displayName: user.displayName,
      publicAlias: user.identityId,
      emailAddress: user.upn,
      coreRevision: 1,
      timeStamp: new Date(0).toISOString(),
      id: user.identityId,
      revision: 1,
    }
    return jsonAnswer(200, profile, headers)
  }
  const asked = call.query.get('memberId') ?? call.query.get('ownerId')
  if (asked === null) return errorAnswer(400, 'VssPropertyValidationException', 'Name a memberId or an ownerId.')
  if (!sameName(asked, user.identityId)) throw new Refusal(unauthorizedAnswer(user.identityId))
  const value = world.organizations
    .filter(({ members, tenantId }) => tenantId === user.tenantId && members.some((upn) => sameName(upn, user.upn)))
    .map(({ id, name }) => ({
      accountId: id,
      accountUri: `${world.endpoints.vssps}/${name}/`,
      accountName: name,
      properties: {},
    }))
  return jsonAnswer(200, { count: value.length, value }, headers)
}

function demandProfile(world: World, call: Call): User {
  const credential = readCredential(world, call)
  if (credential.kind === 'none') throw new Refusal(redirectAnswer(world, call, undefined))
  if (credential.kind === 'expired-bearer') throw new Refusal(expiredBearerAnswer(world, call, undefined))
  if (credential.kind !== 'bearer') throw new Refusal(signInPageAnswer(world, call, undefined))
  const { user, scopes, client } = credential.token
  if (user === undefined || !user.enabled) throw new Refusal(unauthorizedAnswer(user?.identityId ?? client.id))
  if (!permits(scopes, 'vso.profile')) throw new Refusal(unauthorizedAnswer(user.identityId))
  return user
}
