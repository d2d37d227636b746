import { randomUUID } from 'node:crypto'
import type { Answer, Call } from '../exchange.ts'
import type { World } from '../world.ts'
import { applicationReply, refusalReply } from './authorize-reply.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import type { DeviceGrant } from './device-code.ts'
import type { Client, Tenant, User } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { demandScopes, permissionsOf } from './scope-grant.ts'
import { isCodeOf } from './second-factor.ts'
import {
  approvalPage,
  consentPage,
  deviceConfirmationPage,
  finalPage,
  type FormTarget,
  passwordPage,
  refusalPage,
  secondFactorPage,
  usernamePage,
} from './sign-in-pages.ts'
import { beginSession, checkPassword, demandsMfa, findUser } from './sign-in-session.ts'

/** What a browser signs in for. */
export type Purpose =
  | { readonly kind: 'code'; readonly request: AuthorizeRequest }
  | { readonly kind: 'device'; readonly grant: DeviceGrant }

/** A person on the sign-in pages. */
interface Visit {
  readonly id: string
  readonly purpose: Purpose
  readonly client: Client
  readonly tenant: Tenant | undefined
  readonly scope: string
  readonly claims: string | undefined
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  username: string
  user: User | undefined
  gavePassword: boolean
  gaveCode: boolean
  consented: boolean
  confirmed: boolean
}

type Step = 'username' | 'password' | 'code' | 'consent' | 'confirm'

/** How long the pages wait for the person. The real ones give up after a while as well; how long is not documented. */
const VISIT_MS = 1_800_000

/** The sign-ins under way in browsers. */
export class VisitBook {
  readonly #visits = new Map<string, Visit>()

  open(purpose: Purpose, at: number): Visit {
    const { client, tenant, scope, claims } = purpose.kind === 'code' ? purpose.request : purpose.grant
    const visit: Visit = {
      id: randomUUID(),
      purpose,
      client,
      tenant,
      scope,
      claims,
      expiresAt: at + VISIT_MS,
      username: '',
      user: undefined,
      gavePassword: false,
      gaveCode: false,
      consented: false,
      confirmed: false,
    }
    this.#visits.set(visit.id, visit)
    return visit
  }

  find(id: string): Visit | undefined {
    return this.#visits.get(id)
  }

  close(visit: Visit): void {
    this.#visits.delete(visit.id)
  }
}

/** The first page of a sign-in. With a hint it is the one for the password. */
export function beginSignIn(world: World, call: Call, purpose: Purpose): Answer {
  const visit = world.visits.open(purpose, call.at)
  const hint = purpose.kind === 'code' ? purpose.request.loginHint : undefined
  if (hint === undefined) return usernamePage(target(world, visit, 'username'), '', undefined)
  return takeUsername(world, call, visit, hint)
}

/** What the person sent from one of the pages: `POST /{tenant}/login`. */
export function continueSignIn(world: World, call: Call): Answer {
  const form = new URLSearchParams(call.body)
  const visit = world.visits.find(form.get('flow') ?? '')
  if (visit === undefined || call.at >= visit.expiresAt) return refusalPage(50089, '')
  call.principal = visit.user?.upn
  const choice = form.get('choice') ?? 'next'
  if (choice === 'cancel') return cancel(world, visit)
  const step = form.get('step') as Step
  if (step === 'username') return takeUsername(world, call, visit, form.get('loginfmt') ?? '')
  if (visit.user === undefined) return usernamePage(target(world, visit, 'username'), visit.username, undefined)
  if (step === 'password' && choice === 'back') {
    visit.user = undefined
    return usernamePage(target(world, visit, 'username'), '', undefined)
  }
  if (step === 'password') return takePassword(world, call, visit, visit.user, form.get('passwd') ?? '')
  if (!visit.gavePassword) return passwordPage(target(world, visit, 'password'), visit.username, undefined)
  if (step === 'code') return takeCode(world, call, visit, visit.user, form.get('otc') ?? '')
  if (step === 'consent' && choice === 'accept') visit.consented = true
  if (step === 'confirm' && choice === 'accept') visit.confirmed = true
  return nextPage(world, call, visit, visit.user)
}

function takeUsername(world: World, call: Call, visit: Visit, username: string): Answer {
  visit.username = username.trim()
  try {
    visit.user = findUser(world, visit.tenant, visit.username)
  } catch (fault) {
    // A name without a known domain is to the page as unknown as any other.
    if (fault instanceof EntraError) return usernamePage(target(world, visit, 'username'), visit.username, 50034)
    throw fault
  }
  call.principal = visit.user.upn
  return passwordPage(target(world, visit, 'password'), visit.username, undefined)
}

function takePassword(world: World, call: Call, visit: Visit, user: User, password: string): Answer {
  try {
    checkPassword(user, password, call.at)
  } catch (fault) {
    if (!(fault instanceof EntraError)) throw fault
    if (fault.code === 50057 || fault.code === 50055) return end(world, visit, refusalPage(fault.code, ''))
    return passwordPage(target(world, visit, 'password'), visit.username, fault.code)
  }
  visit.gavePassword = true
  return nextPage(world, call, visit, user)
}

function takeCode(world: World, call: Call, visit: Visit, user: User, code: string): Answer {
  const isEnrolling = user.mfa === 'enrol'
  if (!isCodeOf(user.mfaSecret, code, call.at)) {
    return secondFactorPage(target(world, visit, 'code'), visit.username, isEnrolling, true)
  }
  visit.gaveCode = true
  if (isEnrolling) user.mfa = 'required'
  return nextPage(world, call, visit, user)
}

/** The page for whatever is still missing, or the end. */
function nextPage(world: World, call: Call, visit: Visit, user: User): Answer {
  const { purpose, client } = visit
  if (!user.enabled) return end(world, visit, refusalPage(50057, ''))
  if (user.conditionalAccess === 'block' || (purpose.kind === 'device' && user.deviceCodeFlow === 'block')) {
    return end(world, visit, refusalPage(53003, ''))
  }
  if (!visit.gaveCode && (user.mfa !== 'none' || demandsMfa(visit.claims))) {
    return secondFactorPage(target(world, visit, 'code'), visit.username, user.mfa === 'enrol', false)
  }
  if (visit.consented && client.userConsent === 'allowed') world.directory.consent(client, user)
  const isAsked = purpose.kind === 'code' && purpose.request.prompt === 'consent' && !visit.consented
  if (isAsked || !world.directory.hasConsent(client, user)) {
    const name = client.name ?? client.id
    if (client.userConsent === 'administrator-only') return approvalPage(target(world, visit, 'consent'), name)
    return consentPage(target(world, visit, 'consent'), name, permissionsAsked(world, visit))
  }
  if (purpose.kind === 'device' && !visit.confirmed) {
    return deviceConfirmationPage(target(world, visit, 'confirm'), client.name ?? client.id)
  }
  const session = beginSession(user, call.at, { usedPassword: true, didMfa: visit.gaveCode })
  world.visits.close(visit)
  if (purpose.kind === 'code') return applicationReply(world, purpose.request, session, call.at)
  const { grant } = purpose
  if (grant.outcome !== 'pending' || call.at >= grant.expiresAt) return refusalPage(70020, '')
  grant.outcome = session
  return finalPage(
    `You have signed in to ${client.name ?? client.id}`,
    'You may close this window and go back to your device.',
  )
}

function permissionsAsked(world: World, visit: Visit): readonly string[] {
  const { resource } = demandScopes(world, visit.scope)
  if (resource === undefined) return ['Sign you in']
  const isDefault = resource.permissions.includes('.default')
  return isDefault ? permissionsOf(world, visit.client, resource.audience) : resource.permissions
}

function cancel(world: World, visit: Visit): Answer {
  const { purpose } = visit
  world.visits.close(visit)
  if (purpose.kind === 'device') {
    purpose.grant.outcome = 'declined'
    return finalPage('Sign-in cancelled', 'You may close this window.')
  }
  const isRefused = visit.user !== undefined && visit.gavePassword
  const isForAdministrator = isRefused && visit.client.userConsent === 'administrator-only'
  const error = isForAdministrator
    ? new EntraError(90094, '', { errorName: 'access_denied' })
    : new EntraError(65004, isRefused ? '' : 'The sign-in was cancelled.')
  return refusalReply(purpose.request, error)
}

function end(world: World, visit: Visit, answer: Answer): Answer {
  world.visits.close(visit)
  return answer
}

function target(world: World, visit: Visit, step: Step): FormTarget {
  const authority = visit.tenant?.id ?? 'organizations'
  return { action: `${world.endpoints.entra}/${authority}/login`, hidden: { flow: visit.id, step } }
}
