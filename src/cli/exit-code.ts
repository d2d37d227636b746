import type { ErrorCode } from '../core/errors.ts'

/** What the process says when it ends. The numbers are a contract with scripts. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  pending: 3,
  personNeeded: 4,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

declare const passed: unique symbol

/** The exit code of a command that was run for somebody, handed on as it is. */
type PassedOn = number & { readonly [passed]: true }

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes] | PassedOn

export function passedOn(code: number): ExitCode {
  return code as PassedOn
}

/** The first of these that was met is the one that counts. */
const order: readonly ExitCode[] = [129, 130, 143, 2, 4, 1, 3, 0]

/** A code that is none of ours was passed on, and says more than ours could. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  const foreign = codes.find((code) => !order.includes(code))
  return foreign ?? order.find((code) => codes.includes(code)) ?? exitCodes.done
}

/** No later run gets further before somebody signs in, corrects the password or names another user. */
const personNeeded: ReadonlySet<ErrorCode> = new Set([
  'sign-in-mfa-required',
  'sign-in-invalid-credentials',
  'sign-in-expired',
  'sign-in-missing',
  'sign-in-declined',
  'sign-in-timed-out',
  'sign-in-blocked',
  'sign-in-misconfigured',
  'not-signed-in',
  'not-a-user-token',
  'wrong-account',
])

const usage: ReadonlySet<ErrorCode> = new Set(['config-invalid', 'usage'])

export function exitCodeOf(code: ErrorCode): ExitCode {
  if (usage.has(code)) return exitCodes.usage
  return personNeeded.has(code) ? exitCodes.personNeeded : exitCodes.failed
}
