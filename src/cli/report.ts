import type { AccountState } from '../app/account-states.ts'
import type { Aftermath } from '../core/aftermath.ts'
import type { Token } from '../core/token.ts'
import type { Result } from '../reconcile/execute.ts'
import type { CopyEnd } from '../reconcile/retirement.ts'
import type { Proof } from '../reconcile/proof.ts'
import type { Report } from '../reconcile/run.ts'
import { aftermathJson, aftermathText } from './aftermath-text.ts'
import { accountJson } from './account-text.ts'
import { type ExitCode, exitCodeOf, exitCodes, worst } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { jsonLine, reportJson } from './json.ts'
import { reportText } from './plan-text.ts'
import { proofJson, proofsText } from './proof-text.ts'
import { copiesText, copyJson } from './retirement-text.ts'
import { type RolledBack, rollbackJson, rollbackText } from './rollback-text.ts'
import { millisecondsText } from './time-text.ts'

/** What was asked for is not so. */
const disproof: ReadonlySet<Proof['kind']> = new Set(['accepted', 'not-current'])

/** Prints what a run did, and says how it ended. */
export function printReport(
  invocation: Invocation,
  report: Report & {
    readonly accounts?: readonly AccountState[]
    /** How many deliveries failed before and are not tried again yet. */
    readonly waiting?: number
    readonly proofs?: readonly Proof[]
    /** Of a token that ended for good. */
    readonly retired?: { readonly token: string; readonly copies: readonly CopyEnd[] }
    /** Of a token that went back to an older PAT. */
    readonly rolledBack?: RolledBack
    /** What comes of having revoked all PATs of a token. */
    readonly aftermath?: Aftermath & { readonly token: Token }
    /** Why a person asked for it. */
    readonly reason?: string
  },
  tookMs: number,
): ExitCode {
  const { io, pen, speech, options } = invocation
  speech.quiet()
  const { results, problems } = report
  io.stdout(
    options.json
      ? jsonLine({
          ...reportJson(results, problems),
          ...(report.reason === undefined ? {} : { reason: report.reason }),
          ...(report.retired && {
            token: report.retired.token,
            state: 'retired',
            copies: report.retired.copies.map(copyJson),
          }),
          ...(report.rolledBack && { rollback: rollbackJson(report.rolledBack) }),
          ...(report.proofs && { proofs: report.proofs.map(proofJson) }),
          ...(report.aftermath && { aftermath: aftermathJson(report.aftermath) }),
          ...(report.accounts && { accounts: report.accounts.map(accountJson) }),
        })
      : reportText(io, pen, results, problems, { took: millisecondsText(tookMs), waiting: report.waiting ?? 0 }) +
          copiesText(io, pen, report.retired?.copies ?? []) +
          proofsText(io, pen, report.proofs ?? []) +
          (report.rolledBack === undefined ? '' : rollbackText(pen, report.rolledBack)) +
          (report.aftermath === undefined ? '' : aftermathText(report.aftermath.token, report.aftermath)),
  )
  const failures = results.filter((result) => result.status === 'failed' && result.error !== undefined)
  const isDisproved = report.proofs?.some(({ kind }) => disproof.has(kind)) === true
  return worst([
    ...failures.map(({ error }) => exitCodeOf(error?.code ?? 'internal')),
    isDisproved ? exitCodes.failed : exitCodes.done,
  ])
}

/**
 * What would have been done had the person not said no, as a report for programs; a person knows it already. It counts as
 * a failure, so that `patrol apply && …` does not go on as if it were done.
 */
export function printRefusal(
  { io, options }: Invocation,
  refused: readonly Pick<Result, 'token' | 'kind' | 'authorizationId'>[],
  problems: Report['problems'] = [],
): ExitCode {
  const results = refused.map(({ token, kind, authorizationId }): Result => {
    return { token, kind, status: 'skipped', ...(authorizationId === undefined ? {} : { authorizationId }) }
  })
  if (options.json) io.stdout(jsonLine({ ...reportJson(results, problems), refused: true }))
  return exitCodes.failed
}
