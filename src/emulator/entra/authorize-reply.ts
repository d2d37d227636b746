import { randomUUID } from 'node:crypto'
import { type Answer, emptyAnswer } from '../exchange.ts'
import type { World } from '../world.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import { type EntraError, errorNameOf, meaningOf } from './entra-error.ts'
import { formPostPage } from './sign-in-pages.ts'
import type { SignInSession } from './sign-in-session.ts'
import { clientInfo } from './token-answer.ts'

type ReplyTo = Pick<AuthorizeRequest, 'redirectUri' | 'responseMode' | 'state'>

/** Sends an authorization code to the application, through the browser. */
export function applicationReply(world: World, request: AuthorizeRequest, session: SignInSession, at: number): Answer {
  return reply(request, {
    code: world.codes.issue(request, session, at),
    session_state: randomUUID(),
    ...(request.wantsClientInfo ? { client_info: clientInfo(session.user) } : {}),
  })
}

/** Tells the application why it gets no code. */
export function refusalReply(to: ReplyTo, error: EntraError): Answer {
  const detail = error.detail === '' ? '' : ` ${error.detail}`
  return reply(to, {
    error: error.errorName ?? errorNameOf(error.code),
    error_description: `AADSTS${error.code}: ${meaningOf(error.code)}${detail}`,
    error_uri: `https://login.microsoftonline.com/error?code=${error.code}`,
  })
}

function reply({ redirectUri, responseMode, state }: ReplyTo, answer: Readonly<Record<string, string>>): Answer {
  const whole = { ...answer, ...(state === undefined ? {} : { state }) }
  if (responseMode === 'form_post') return formPostPage(redirectUri, whole)
  const location = new URL(redirectUri)
  const query = new URLSearchParams(whole)
  if (responseMode === 'fragment') location.hash = query.toString()
  else for (const [name, value] of query) location.searchParams.set(name, value)
  return emptyAnswer(302, { Location: location.href, 'Cache-Control': 'no-store' })
}
