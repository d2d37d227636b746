import type { ErrorCode, Outcome } from '../../core/errors.ts'

export interface PatTokenError {
  readonly code: ErrorCode
  /** What the value means, for people; the service's own message follows where it gives one. */
  readonly meaning: string
  readonly outcome: Outcome
}

const notAUser: Row = ['not-a-user-token', 'the caller is not a user who can have PATs']
const noSuchPat: Row = ['pat-not-found', 'the user has no such PAT']
const wrongClient: Row = ['sign-in-misconfigured', 'the client id of the sign-in is not accepted']
const wrongSource: Row = ['access-denied', 'requests from this source are not allowed']
const badName: Row = ['invalid-request', 'the display name is missing, too long or not allowed']
const wrongToken: Row = ['not-a-user-token', 'the access token is not of a kind that the PAT API takes']
const globalPat: Row = ['policy-global-pat', 'PATs for all organizations cannot be created any more']
const ssh: Row = ['invalid-request', 'the request is one for SSH keys']
const unreadable: Row = ['service-unavailable', 'the service could not read the policies that it must apply']
const internal: Row = ['service-unavailable', 'the service failed inside']

type Row = readonly [ErrorCode, string]

/**
 * The values of `patTokenError` other than `none`. The service documents the names alone, without meanings; what they
 * mean follows from the names and from the policies.
 * https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/create#sessiontokenerror
 */
const rows: Readonly<Record<string, Row>> = {
  displaynamerequired: badName,
  invaliddisplayname: badName,
  invalidvalidto: ['invalid-request', 'the expiry lies in the past or more than a year ahead'],
  invalidscope: ['invalid-scope', 'a scope does not exist or is not for PATs'],
  useridrequired: notAUser,
  invaliduserid: notAUser,
  invalidusertype: notAUser,
  accessdenied: ['access-denied', 'the user may not do this'],
  failedtoissueaccesstoken: internal,
  failedtoupdateaccesstoken: internal,
  invalidclient: wrongClient,
  invalidclienttype: wrongClient,
  invalidclientid: wrongClient,
  invalidtargetaccounts: ['organization-not-found', 'the organization is not accessible to the user'],
  hostauthorizationnotfound: noSuchPat,
  authorizationnotfound: noSuchPat,
  tokennotfound: noSuchPat,
  invalidauthorizationid: noSuchPat,
  invalidtoken: noSuchPat,
  sourcenotsupported: wrongSource,
  invalidsourceip: wrongSource,
  invalidsource: wrongSource,
  duplicatehash: ssh,
  sshpolicydisabled: ssh,
  failedtoreadtenantpolicy: unreadable,
  failedtoreadorgpolicy: unreadable,
  globalpatpolicyviolation: globalPat,
  globalpatcreationblocked: globalPat,
  fullscopepatpolicyviolation: ['policy-full-scope', 'a policy forbids PATs with full access'],
  patlifespanpolicyviolation: ['policy-lifespan', 'a policy forbids PATs that live this long'],
  disablepatcreationpolicyviolation: ['policy-creation-disabled', 'a policy restricts the creation of PATs'],
  invalidtokentype: wrongToken,
  invalidaudience: wrongToken,
  invalidsubject: wrongToken,
  deploymenthostnotsupported: ['organization-not-found', 'the address is not that of an organization'],
  expiredpatcannotbeextended: ['cannot-extend', 'an expired PAT cannot be extended'],
}

/** After these the service may have done in part what it was asked. */
const inDoubt: ReadonlySet<string> = new Set(['failedtoissueaccesstoken', 'failedtoupdateaccesstoken'])

/**
 * What a `patTokenError` means; undefined for `none`. The list of values grows with every version of the API, so one
 * that is not known is a failure as well, with an unknown outcome.
 */
export function patTokenErrorOf(value: string): PatTokenError | undefined {
  const key = value.toLowerCase()
  if (key === 'none') return undefined
  const row = Object.hasOwn(rows, key) ? rows[key] : undefined
  if (row === undefined) {
    return { code: 'unexpected-answer', meaning: 'an error that Patrol does not know', outcome: 'unknown' }
  }
  const [code, meaning] = row
  return { code, meaning, outcome: inDoubt.has(key) ? 'unknown' : 'none' }
}
