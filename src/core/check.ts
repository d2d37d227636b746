import { type ErrorCode, type PatrolError, remedies } from './errors.ts'

export type CheckResult = 'ok' | 'warning' | 'failed' | 'skipped'

/** What is looked at, from outside in. The names are also JSON values. */
export type CheckName =
  | 'configuration'
  | 'secret-files'
  | 'proxy'
  | 'dns'
  | 'tls'
  | 'sign-in'
  | 'user'
  | 'list-pats'
  | 'left-pats'
  | 'create-pat'
  | 'read-store'
  | 'list-store'
  | 'write-store'
  | 'target'
  | 'clock'

/** What a check is about; empty where it is about this computer. */
export interface Subject {
  readonly account?: string
  readonly organization?: string
  readonly store?: string
  readonly target?: string
  readonly host?: string
}

/** What one look showed, for people: never a secret. */
export interface Check extends Subject {
  readonly check: CheckName
  readonly result: CheckResult
  readonly message: string
  readonly remedy?: string
  /** Of a failure, and of a warning that has one. */
  readonly code?: ErrorCode
  /** Of one that was skipped: the check that kept it from being made. */
  readonly because?: string
}

/** All is well, and what was seen. */
export function passed(check: CheckName, subject: Subject, message: string): Check {
  return { check, ...subject, result: 'ok', message }
}

/** It works, and yet somebody should do something about it. */
export function warned(check: CheckName, subject: Subject, message: string, remedy: string): Check {
  return { check, ...subject, result: 'warning', message, remedy }
}

/** A failure with the remedy of its error, unless a better one is known. */
export function failed(check: CheckName, subject: Subject, error: PatrolError, remedy: string = error.remedy): Check {
  return { check, ...subject, result: 'failed', message: error.message, remedy, code: error.code }
}

/** A failure that no error told of. */
export function faulty(check: CheckName, subject: Subject, code: ErrorCode, message: string, remedy?: string): Check {
  return { check, ...subject, result: 'failed', message, remedy: remedy ?? remedies[code], code }
}

/** Something that was not looked at, and why. */
export function skipped(check: CheckName, subject: Subject, why: string): Check {
  return { check, ...subject, result: 'skipped', message: why }
}

/** The first of these that failed, or that was itself kept from being made; undefined when the way is free. */
export function obstacle(...before: readonly (Check | undefined)[]): Check | undefined {
  return before.find((each) => each !== undefined && (each.result === 'failed' || each.because !== undefined))
}

/** A check that makes no sense after an obstacle: it says which check failed in the first place. */
export function skippedAfter(check: CheckName, subject: Subject, { because, ...before }: Check): Check {
  const cause = because ?? labelOf(before)
  return { ...skipped(check, subject, `not looked at, because ${cause} failed`), because: cause }
}

/** `sign-in of ci-bot`, `list-pats of ci-bot in contoso`, `tls of login.microsoftonline.com`. */
function labelOf({ check, account, organization, store, target, host }: Check): string {
  const whose = account ?? store ?? target ?? host
  return [
    check,
    ...(whose === undefined ? [] : ['of', whose]),
    ...(organization === undefined ? [] : ['in', organization]),
  ].join(' ')
}

/** How many checks ended in which way. */
export function tally(checks: readonly Check[]): Readonly<Record<CheckResult, number>> {
  const having = (result: CheckResult): number => checks.filter((check) => check.result === result).length
  return { ok: having('ok'), warning: having('warning'), failed: having('failed'), skipped: having('skipped') }
}
