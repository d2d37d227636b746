import { randomUUID } from 'node:crypto'
import { type Answer, type Call, emptyAnswer, htmlAnswer, jsonAnswer } from '../exchange.ts'
import type { Organization, World } from '../world.ts'

const NO_TENANT = '00000000-0000-0000-0000-000000000000'

/** Thrown inside a service of Azure DevOps and turned into its answer at the edge. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}

/** The error JSON of Azure DevOps. `typeKey` is the short name of its exception. */
export function errorAnswer(
  status: number,
  typeKey: string,
  message: string,
  headers: Record<string, string | readonly string[]> = {},
): Answer {
  const body = {
    $id: '1',
    innerException: null,
    message,
    typeName: `Microsoft.VisualStudio.Services.${typeKey}, Microsoft.VisualStudio.Services.WebApi`,
    typeKey,
    errorCode: 0,
    eventId: 3000,
  }
  return jsonAnswer(status, body, { 'X-TFS-ServiceError': encodeURIComponent(message), ...headers })
}

/** Whether the caller asked for a plain 401 instead of a page to sign in on. */
function isSuppressed(call: Call): boolean {
  return String(call.headers['x-tfs-fedauthredirect'] ?? '').toLowerCase() === 'suppress'
}

/**
 * The ways to sign in, as the headers of a 401 or of the unauthenticated HEAD of an organization list them. An
 * organization of personal accounts belongs to no tenant, and says so with an id of nothing but zeros.
 * https://github.com/git-ecosystem/git-credential-manager/blob/main/docs/azrepos-users-and-tokens.md
 */
export function challengeHeaders(
  world: World,
  organization: Organization | undefined,
): Record<string, string | string[]> {
  const isPersonal = organization?.backedBy === 'personal-accounts'
  const tenantId = isPersonal ? NO_TENANT : organization?.tenantId
  return {
    'WWW-Authenticate': [
      ...(isPersonal ? [] : bearerChallenge(world, tenantId ?? 'common')),
      `Basic realm="${world.endpoints.azureDevOps}/"`,
      'TFS-Federated',
    ],
    'X-VSS-AuthorizationEndpoint': `${world.endpoints.vssps}/${organization?.name ?? ''}`,
    ...(tenantId === undefined ? {} : { 'X-VSS-ResourceTenant': tenantId }),
  }
}

function bearerChallenge({ switches, endpoints }: World, authority: string): string[] {
  const address = `${switches.authorizationHost ?? endpoints.entra}/${authority}`
  if (switches.authorizationUri === 'absent') return []
  return [`Bearer authorization_uri=${switches.authorizationUri === 'quoted' ? `"${address}"` : address}`]
}

/** Not signed in: a redirect to a page, unless the caller suppressed it. */
export function redirectAnswer(world: World, call: Call, organization: Organization | undefined): Answer {
  if (isSuppressed(call)) return emptyAnswer(401, challengeHeaders(world, organization))
  return plainRedirect(world, call)
}

/** The redirect whatever the caller asked for. It leads back to the emulator, so that no token follows it elsewhere. */
export function plainRedirect(world: World, call: Call): Answer {
  const realm = new URL(world.endpoints.vssps).host
  const location = `${world.endpoints.vssps}/_signin?realm=${realm}&reply_to=${encodeURIComponent(`https://${realm}${call.path}`)}`
  return htmlAnswer(302, 'Object moved', { Location: location })
}

/** Not signed in: the sign-in page under a status that looks like success, unless the caller suppressed it. */
export function signInPageAnswer(world: World, call: Call, organization: Organization | undefined): Answer {
  if (isSuppressed(call)) return emptyAnswer(401, challengeHeaders(world, organization))
  return plainSignInPage()
}

export function plainSignInPage(): Answer {
  return htmlAnswer(203, 'Azure DevOps Services | Sign In')
}

export function unauthorizedAnswer(who: string): Answer {
  const message = `TF400813: The user '${who}' is not authorized to access this resource.`
  return errorAnswer(401, 'UnauthorizedRequestException', message)
}

export function conditionalAccessAnswer(): Answer {
  const message =
    'VS403463: The conditional access policy defined by your Microsoft Entra administrator has failed, for more information contact your administrator.'
  return errorAnswer(403, 'VssServiceException', message)
}

export function noOrganizationAnswer(world: World, call: Call): Answer {
  if (world.switches.unknownOrganization === 'sign-in') return redirectAnswer(world, call, undefined)
  return htmlAnswer(404, 'Azure DevOps Services | 404')
}

/** Text of a body that cannot be read as JSON of the right shape. */
export function badBodyAnswer(detail: string): Answer {
  return errorAnswer(
    400,
    'JsonReaderException',
    `TF400898: An Internal Error Occurred. Activity Id: ${randomUUID()}. ${detail}`,
  )
}
