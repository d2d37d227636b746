import { randomUUID } from 'node:crypto'
import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import type { World } from '../world.ts'
import type { Client, Tenant, User } from './directory.ts'
import { EntraError, entraErrorAnswer } from './entra-error.ts'
import { signIdToken } from './id-token.ts'
import { type Audience, readScopes } from './resources.ts'
import { authenticateClient, signInWithPassword, signInWithRefreshToken } from './sign-in.ts'
import { ACCESS_TOKEN_SECONDS } from './token-book.ts'
import { parameter, type TokenRequest } from './token-request.ts'

type Grant = (world: World, request: TokenRequest) => Promise<Answer>

const grants: Record<string, Grant> = {
  password: async (world, request) => {
    const user = signInWithPassword(world, request)
    return userAnswer(world, request, user, parameter(request.form, 'scope'))
  },
  refresh_token: async (world, request) => {
    const redeemed = signInWithRefreshToken(world, request)
    const scope = request.form.get('scope') ?? redeemed.scope
    // Redeeming gives a new refresh token whether or not `offline_access` is asked for once more.
    return userAnswer(
      world,
      request,
      redeemed.user,
      scope.includes('offline_access') ? scope : `${scope} offline_access`,
    )
  },
  client_credentials: async (world, request) => applicationAnswer(world, request),
}

/** `POST /{tenant}/oauth2/v2.0/token`. https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth-ropc */
export async function answerTokenRequest(world: World, call: Call, authority: string): Promise<Answer> {
  const correlationId = String(call.headers['client-request-id'] ?? randomUUID())
  try {
    const form = new URLSearchParams(call.body)
    const tenant = tenantOf(world, authority)
    const grantType = parameter(form, 'grant_type')
    const client = world.directory.client(parameter(form, 'client_id'))
    call.principal = client?.id
    if (
      client === undefined ||
      (client.tenantId !== undefined && tenant !== undefined && client.tenantId !== tenant.id)
    )
      throw new EntraError(700016)
    const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined
    if (grant === undefined) throw new EntraError(70003)
    return await grant(world, { call, form, tenant, authority, client })
  } catch (fault) {
    if (!(fault instanceof EntraError)) throw fault
    return entraErrorAnswer(fault.code, call.at, {
      detail: fault.detail,
      correlationId,
      ...(fault.claims === undefined ? {} : { claims: fault.claims }),
      ...(fault.errorName === undefined ? {} : { error: fault.errorName }),
    })
  }
}

function tenantOf(world: World, authority: string): Tenant | undefined {
  if (['common', 'organizations', 'consumers'].includes(authority.toLowerCase())) return undefined
  const tenant = world.directory.tenant(authority)
  if (tenant === undefined) throw new EntraError(90002, `Its name is '${authority}'.`)
  return tenant
}

interface Granted {
  readonly audience: Audience
  readonly scopes: readonly string[]
  readonly openId: readonly string[]
  /** As the answer states it: each permission with the resource as the request wrote it. */
  readonly scopeText: string
}

function grantScopes(client: Client, text: string): Granted {
  const asked = readScopes(text)
  if ('fault' in asked) {
    if (asked.fault === 'several-resources') throw new EntraError(28000)
    if (asked.fault === 'unknown-resource') throw new EntraError(500011, `Its name is '${asked.identifier}'.`)
    throw new EntraError(70011, `The scope is '${asked.scope}'.`)
  }
  if (asked.resource === undefined) {
    return { audience: 'graph', scopes: [], openId: asked.openId, scopeText: asked.openId.join(' ') }
  }
  const { audience, identifier, permissions } = asked.resource
  const held = permissionsOf(client, audience)
  if (held.length === 0) throw new EntraError(650057)
  if (!client.consent) throw new EntraError(65001)
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

function permissionsOf(client: Client, audience: Audience): readonly string[] {
  if (audience === 'azure-devops') return client.azureDevOps
  if (audience === 'key-vault') return client.keyVault ? ['user_impersonation'] : []
  return ['User.Read']
}

async function userAnswer(world: World, request: TokenRequest, user: User, scope: string): Promise<Answer> {
  const { call, form, client } = request
  call.principal = user.upn
  const granted = grantScopes(client, scope)
  const { tenantId } = user
  const access = world.tokens.issueAccess(
    { audience: granted.audience, scopes: granted.scopes, tenantId, client, user },
    call.at,
  )
  const issuedSeconds = Math.floor(call.at / 1000)
  const idToken = granted.openId.includes('openid')
    ? world.ledger.note(
        await signIdToken({
          aud: client.id,
          iss: `${world.endpoints.entra}/${tenantId}/v2.0`,
          iat: issuedSeconds,
          nbf: issuedSeconds,
          exp: issuedSeconds + ACCESS_TOKEN_SECONDS,
          name: user.displayName,
          oid: user.objectId,
          preferred_username: user.upn,
          sub: user.objectId,
          tid: tenantId,
          ver: '2.0',
          ...(form.has('nonce') ? { nonce: form.get('nonce') } : {}),
        }),
      )
    : undefined
  const withRefresh = granted.openId.includes('offline_access')
  return tokenAnswer({
    token_type: 'Bearer',
    scope: granted.scopeText,
    expires_in: ACCESS_TOKEN_SECONDS,
    ext_expires_in: ACCESS_TOKEN_SECONDS,
    access_token: access.value,
    ...(withRefresh
      ? { refresh_token: world.tokens.issueRefresh({ user, client, tenantId, scope }, call.at).value }
      : {}),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(form.get('client_info') === '1' ? { client_info: clientInfo(user.objectId, tenantId) } : {}),
  })
}

function applicationAnswer(world: World, request: TokenRequest): Answer {
  const { call, form, client, tenant } = request
  authenticateClient(client, form)
  if (client.secret === undefined) throw new EntraError(7000218)
  if (tenant === undefined) throw new EntraError(50059)
  const text = parameter(form, 'scope')
  const asked = readScopes(text)
  if ('fault' in asked && asked.fault === 'unknown-resource')
    throw new EntraError(500011, `Its name is '${asked.identifier}'.`)
  if ('fault' in asked || asked.resource?.permissions.join(' ') !== '.default') throw new EntraError(1002012)
  const { audience } = asked.resource
  const access = world.tokens.issueAccess(
    { audience, scopes: [], tenantId: tenant.id, client, user: undefined },
    call.at,
  )
  return tokenAnswer({
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    ext_expires_in: ACCESS_TOKEN_SECONDS,
    access_token: access.value,
  })
}

function tokenAnswer(body: Record<string, unknown>): Answer {
  return jsonAnswer(200, body, {
    'Cache-Control': 'no-store, no-cache',
    Pragma: 'no-cache',
    'x-ms-request-id': randomUUID(),
  })
}

function clientInfo(objectId: string, tenantId: string): string {
  return Buffer.from(JSON.stringify({ uid: objectId, utid: tenantId })).toString('base64url')
}
