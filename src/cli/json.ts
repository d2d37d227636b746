import type { PatrolError, Problem } from '../core/errors.ts'
import { type Check, tally } from '../core/check.ts'
import { currentGrant } from '../core/policy.ts'
import { currentMetadata, currentPat, type Facts } from '../core/facts.ts'
import { deliveriesOf, deliveryJson } from './delivery-status.ts'
import { markOf } from '../core/names.ts'
import type { Pat } from '../core/pat.ts'
import type { Action } from '../core/plan.ts'
import { replacedByRollback } from '../core/rollback.ts'
import { Secret } from '../core/secret.ts'
import type { State } from '../core/state.ts'
import type { Hold } from '../core/hold.ts'
import type { Instant } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import { dueAt } from '../core/window.ts'
import type { Result } from '../reconcile/execute.ts'
import type { Proposals } from '../reconcile/run.ts'
import { holdJson } from './hold-text.ts'
import { cleanJson } from './terminal.ts'
import { isoText } from './time-text.ts'

/** The shapes of `--json`. Version 1: fields may be added, none is removed or changes its meaning. */
const version = 1

/**
 * A document as it is printed. Its texts may quote others, so secrets are taken out of them; one of two hashes is escaped,
 * because the agent of Azure Pipelines could take them for a command to itself, and so is what nobody would see.
 *
 * @param revealed fields that are secrets and are meant to be seen
 */
export function jsonLine(
  document: Readonly<Record<string, unknown>>,
  revealed: Readonly<Record<string, string>> = {},
): string {
  const whole = { version, ...document, ...revealed }
  const seen = (name: string, value: unknown): unknown =>
    typeof value === 'string' && !Object.hasOwn(revealed, name) ? Secret.redact(value) : value
  return `${cleanJson(JSON.stringify(whole, seen, 2))}\n`
}

export function errorJson(error: PatrolError): Readonly<Record<string, unknown>> {
  const { code, message, remedy, correlationId } = error
  return { error: { code, message, remedy, ...(correlationId === undefined ? {} : { correlationId }) } }
}

export function planJson(proposals: Proposals): Readonly<Record<string, unknown>> {
  const plans = proposals.proposals.map(({ plan }) => plan)
  return {
    actions: plans.flatMap((plan) => plan.actions.map(actionJson)),
    scheduled: plans.flatMap((plan) => plan.scheduled.map(actionJson)),
    problems: proposals.problems.map(problemJson),
  }
}

export function actionJson(action: Action): Readonly<Record<string, unknown>> {
  const { token, account, organization, kind, reason, message, authorizationId, at } = action
  return {
    token,
    account,
    organization,
    kind,
    reason,
    message,
    ...(authorizationId === undefined ? {} : { authorizationId }),
    ...(at === undefined ? {} : { at: isoText(at) }),
    ...(action.kind === 'deliver' ? { target: action.target } : {}),
  }
}

export function problemJson({
  token,
  code,
  message,
  remedy,
  correlationId,
}: Problem): Readonly<Record<string, unknown>> {
  return { token, code, message, remedy, ...(correlationId === undefined ? {} : { correlationId }) }
}

export function reportJson(
  results: readonly Result[],
  problems: readonly Problem[],
): Readonly<Record<string, unknown>> {
  const having = (status: Result['status']): number => results.filter((result) => result.status === status).length
  return {
    results: results.map(resultJson),
    problems: problems.map(problemJson),
    summary: { done: having('done'), failed: having('failed'), skipped: having('skipped') },
  }
}

function resultJson(result: Result): Readonly<Record<string, unknown>> {
  const { token, kind, reason, status, step, authorizationId, validTo, target, error } = result
  return {
    token,
    kind,
    ...(reason === undefined ? {} : { reason }),
    status,
    ...(step === undefined ? {} : { step }),
    ...(authorizationId === undefined ? {} : { authorizationId }),
    ...(validTo === undefined ? {} : { validTo: isoText(validTo) }),
    ...(target === undefined ? {} : { target }),
    ...(error === undefined ? {} : errorJson(error)),
  }
}

/** One token as `status` shows it. */
export interface TokenStatus {
  readonly token: Token
  readonly state: State
  readonly facts: Facts | undefined
  readonly failure: PatrolError | undefined
  readonly hold?: Hold | undefined
  readonly scheduled: readonly Action[]
  readonly actions: readonly Action[]
}

export function statusJson(status: TokenStatus): Readonly<Record<string, unknown>> {
  const { token, facts, state } = status
  const common = {
    token: token.name,
    account: token.account,
    organization: token.organization,
    method: token.method,
    state,
  }
  if (facts === undefined) {
    return {
      ...common,
      superseded: [],
      deliveries: deliveriesOf(status).map(deliveryJson),
      ...(status.failure === undefined ? {} : errorJson(status.failure)),
    }
  }
  const metadata = currentMetadata(facts)
  const grant = currentGrant(token, facts)
  const authorizationId = currentPat(token, facts)?.authorizationId ?? metadata?.authorizationId
  const from = replacedByRollback(token, facts)
  const retirements = [...status.actions, ...status.scheduled].filter((action) => action.kind === 'revoke')
  return {
    ...common,
    ...(authorizationId === undefined ? {} : { authorizationId }),
    ...(grant === undefined || state === 'missing' ? {} : timesJson(token, grant)),
    ...(token.place === undefined ? {} : { store: storeJson(token, facts) }),
    superseded: retirements.map(({ authorizationId: id, at }) => ({
      authorizationId: id,
      ...(at === undefined ? {} : { revokeAt: isoText(at) }),
    })),
    deliveries: deliveriesOf(status).map(deliveryJson),
    ...(status.hold === undefined ? {} : { hold: holdJson(status.hold) }),
    ...(from.length === 0 ? {} : { rolledBackFrom: from.map(({ authorizationId: id }) => id) }),
  }
}

function timesJson(
  token: Token,
  grant: { readonly validFrom: Instant; readonly validTo: Instant },
): Readonly<Record<string, unknown>> {
  const { validFrom, validTo } = grant
  return { validFrom: isoText(validFrom), validTo: isoText(validTo), dueAt: isoText(dueAt(token.name, token, grant)) }
}

function storeJson(token: Token, facts: Facts): Readonly<Record<string, unknown>> {
  const id = facts.current?.id
  return { name: token.place?.store, secretName: token.place?.secretName, ...(id === undefined ? {} : { version: id }) }
}

/**
 * Who looks after a PAT. `undeclared`: it bears Patrol's mark and no token here claims it. `unknown`: something could not
 * be looked at, and may well claim it.
 */
export type Management =
  | { readonly kind: 'token'; readonly name: string }
  | { readonly kind: 'undeclared' | 'nobody' | 'unknown' }

/** One PAT as `list` shows it. */
export interface ListedPat {
  readonly pat: Pat
  readonly account: string
  readonly organization: string
  readonly management: Management
  readonly findings: readonly string[]
}

export function listedJson({
  pat,
  account,
  organization,
  management,
  findings,
}: ListedPat): Readonly<Record<string, unknown>> {
  return {
    authorizationId: pat.authorizationId,
    displayName: pat.displayName,
    account,
    organization,
    scopes: pat.scopes,
    validFrom: isoText(pat.validFrom),
    validTo: pat.validTo === undefined ? null : isoText(pat.validTo),
    allOrganizations: pat.allOrganizations,
    management: management.kind,
    ...(management.kind === 'token' ? { managedBy: management.name } : {}),
    ...(markOf(pat.displayName) === undefined ? {} : { generation: markOf(pat.displayName)?.generation }),
    findings,
  }
}

/** What `doctor` found, in the order in which it looked. */
export function checksJson(checks: readonly Check[]): Readonly<Record<string, unknown>> {
  return { checks: checks.map(checkJson), summary: tally(checks) }
}

function checkJson({
  check,
  result,
  account,
  organization,
  store,
  target,
  host,
  message,
  remedy,
  code,
}: Check): object {
  return { check, result, account, organization, store, target, host, message, remedy, code }
}
