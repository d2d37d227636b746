import { sameSecret } from '../entra/sign-in-session.ts'
import type { ManagedIdentity } from '../entra/directory.ts'
import { issueExchangeToken } from '../entra/exchange-token.ts'
import { audienceOf } from '../entra/resources.ts'
import { ACCESS_TOKEN_SECONDS } from '../entra/token-book.ts'
import { type Answer, type Call, emptyAnswer, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'

const IMDS_PATH = '/metadata/identity/oauth2/token'
const APP_SERVICE_PATH = '/msi/token'

/** Where Azure hosts a program: each tells it in variables of its own where to ask for a token. */
export type AzureHost = 'imds' | 'app-service'

/** The variables that lead the client libraries to the emulated endpoint. */
export function managedIdentityVariables(world: World, host: AzureHost): Record<string, string> {
  const { managedIdentity } = world.endpoints
  if (host === 'imds') return { AZURE_POD_IDENTITY_AUTHORITY_HOST: managedIdentity }
  return { IDENTITY_ENDPOINT: `${managedIdentity}${APP_SERVICE_PATH}`, IDENTITY_HEADER: world.identityHeader }
}

/**
 * The endpoint for managed identities, of a virtual machine and of App Service.
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 * https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function answerManagedIdentity(world: World, call: Call): Promise<Answer> {
  if (call.method !== 'GET') return emptyAnswer(405)
  // MSAL writes a slash behind what it reads from a variable.
  const path = call.path.replace(/\/$/, '')
  if (path === IMDS_PATH) return imds(world, call)
  if (path === APP_SERVICE_PATH) return appService(world, call)
  return emptyAnswer(404)
}

async function imds(world: World, call: Call): Promise<Answer> {
  const refuse = (text: string) => jsonAnswer(400, { error: 'invalid_request', error_description: text })
  if (String(call.headers['metadata']).toLowerCase() !== 'true') return refuse('Required metadata header not specified')
  if (call.headers['x-forwarded-for'] !== undefined) return refuse('Requests that were forwarded are not answered')
  if (call.query.get('api-version') === null) return refuse("The parameter 'api-version' is missing")
  const resource = call.query.get('resource')
  if (resource === null) return refuse('Required audience parameter not specified')
  const named = ['client_id', 'object_id', 'msi_res_id', 'mi_res_id'].find((name) => call.query.has(name))
  const chosen = named === undefined ? defaultOfMachine(world) : find(world, named, call.query.get(named) ?? '')
  if (chosen === 'several') {
    return refuse('Multiple user assigned identities exist, please specify the clientId / resourceId of the identity')
  }
  if (chosen === undefined) return refuse('Identity not found')
  return grant(world, call, chosen, resource, refuse)
}

async function appService(world: World, call: Call): Promise<Answer> {
  const refuse = (text: string, status = 400) => jsonAnswer(status, { statusCode: status, message: text })
  if (!sameSecret(String(call.headers['x-identity-header'] ?? ''), world.identityHeader)) {
    return refuse('The header X-IDENTITY-HEADER is missing or wrong.', 401)
  }
  if (call.query.get('api-version') !== '2019-08-01') return refuse("The 'api-version' is not known.")
  const resource = call.query.get('resource')
  if (resource === null) return refuse("The parameter 'resource' is missing.")
  const named = ['client_id', 'principal_id', 'object_id', 'mi_res_id'].find((name) => call.query.has(name))
  const chosen =
    named === undefined
      ? world.directory.managedIdentities.find(({ assigned }) => assigned === 'system')
      : find(world, named, call.query.get(named) ?? '')
  if (chosen === undefined) {
    return refuse('No managed identity was found for the specified ClientId/ResourceId/PrincipalId.')
  }
  return grant(world, call, chosen, resource, refuse)
}

/** The identity of the machine itself, or the only one that was assigned to it. */
function defaultOfMachine(world: World): ManagedIdentity | 'several' | undefined {
  const { managedIdentities } = world.directory
  const own = managedIdentities.find(({ assigned }) => assigned === 'system')
  return own ?? (managedIdentities.length > 1 ? 'several' : managedIdentities[0])
}

function find(world: World, name: string, value: string): ManagedIdentity | undefined {
  return world.directory.managedIdentities.find((identity) => {
    if (name === 'client_id') return sameName(identity.clientId, value)
    if (name.endsWith('_res_id')) return identity.resourceId !== undefined && sameName(identity.resourceId, value)
    return sameName(world.directory.client(identity.clientId)?.objectId ?? '', value)
  })
}

async function grant(
  world: World,
  call: Call,
  { clientId, tenantId }: ManagedIdentity,
  resource: string,
  refuse: (text: string) => Answer,
): Promise<Answer> {
  const client = world.directory.client(clientId)
  const audience = audienceOf(resource, (id) => world.directory.client(id))
  if (client === undefined || audience === undefined) {
    return refuse(`AADSTS500011: The resource principal named ${resource} was not found in the tenant.`)
  }
  call.principal = clientId
  const value =
    audience === 'token-exchange'
      ? await issueExchangeToken(world, { tenantId, client }, call.at)
      : world.tokens.issueAccess({ audience, scopes: [], tenantId, client, session: undefined }, call.at).value
  const nowSeconds = Math.floor(call.at / 1000)
  return jsonAnswer(200, {
    access_token: value,
    client_id: clientId,
    expires_in: String(ACCESS_TOKEN_SECONDS),
    expires_on: String(nowSeconds + ACCESS_TOKEN_SECONDS),
    not_before: String(nowSeconds),
    resource,
    token_type: 'Bearer',
  })
}
