import type { Answer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import { authenticateClient } from './client-authentication.ts'
import type { Client } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { issueExchangeToken } from './exchange-token.ts'
import type { Audience } from './resources.ts'
import { demandScopes } from './scope-grant.ts'
import { tokenAnswer } from './token-answer.ts'
import { ACCESS_TOKEN_SECONDS } from './token-book.ts'
import { parameter, type TokenRequest } from './token-request.ts'

/**
 * A token for an application that speaks for itself.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function applicationAnswer(world: World, request: TokenRequest): Promise<Answer> {
  const { call, form, client, tenant } = request
  await authenticateClient(world, request)
  if (!client.confidential) throw new EntraError(7000218)
  if (tenant === undefined) throw new EntraError(50059)
  const audience = wholeResource(world, parameter(form, 'scope'))
  const agent = agentNamed(world, client, form.get('fmi_path'))
  if (agent !== undefined && audience !== 'token-exchange') {
    throw new EntraError(1002012, "With 'fmi_path' the only resource is api://AzureADTokenExchange.")
  }
  if (audience !== 'token-exchange' && isBlueprint(world, client)) throw new EntraError(82001)
  const subject = { tenantId: tenant.id, client, ...(agent === undefined ? {} : { agent }) }
  const value =
    audience === 'token-exchange'
      ? await issueExchangeToken(world, subject, call.at)
      : world.tokens.issueAccess({ audience, scopes: [], tenantId: tenant.id, client, session: undefined }, call.at)
          .value
  return tokenAnswer({
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    ext_expires_in: ACCESS_TOKEN_SECONDS,
    access_token: value,
  })
}

/** An application asks for everything it was given: there is only `/.default`. */
function wholeResource(world: World, text: string): Audience {
  try {
    const { resource } = demandScopes(world, text)
    if (resource?.permissions.join(' ') === '.default') return resource.audience
  } catch (fault) {
    if (fault instanceof EntraError && fault.code === 500011) throw fault
  }
  throw new EntraError(1002012)
}

/**
 * The agent identity that a blueprint wants to speak for; a blueprint speaks for its own ones alone.
 * https://learn.microsoft.com/en-us/entra/agent-id/agent-oauth-protocols
 */
function agentNamed(world: World, blueprint: Client, path: string | null): Client | undefined {
  if (path === null) return undefined
  const agent = world.directory.client(path)
  if (agent === undefined) throw new EntraError(700016, `Its id is '${path}'.`)
  if (agent.blueprint === undefined || !sameName(agent.blueprint, blueprint.id)) {
    throw new EntraError(500131, `'${path}' is no agent identity of this application.`)
  }
  return agent
}

/** Blueprints make tokens for their agents and none for themselves: https://learn.microsoft.com/en-us/entra/agent-id/agent-oauth-protocols */
function isBlueprint(world: World, { id }: Client): boolean {
  return world.directory.clients.some(({ blueprint }) => blueprint !== undefined && sameName(blueprint, id))
}
