import { type ErrorCode, type ErrorDetails, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration, second, times } from '../../core/time.ts'

/** An answer of Key Vault that is no success, as far as its judgement needs it. */
export interface RefusedAnswer {
  readonly status: number
  /** With lower-case names. */
  readonly header: (name: string) => string | undefined
  readonly body: string
  /** Whether the request could change anything. */
  readonly mutating: boolean
  /** What was asked for, for people: a method and a path. */
  readonly asked: string
}

/** What Key Vault gave as the reason; the `cause` of the error that `refusedAnswer` makes. */
class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(`${status} ${code}`)
    this.status = status
    this.code = code
  }
}

/** Key Vault's most particular code for why it refused, such as `SecretDisabled`, with the status; else undefined. */
export function refusalOf(thrown: unknown): { readonly status: number; readonly code: string } | undefined {
  return thrown instanceof PatrolError && thrown.cause instanceof Refusal ? thrown.cause : undefined
}

/**
 * How far the failure to read one secret reaches. `vault`: the others cannot be read either. `silence`: nothing was
 * heard of the vault, which may be so for this one or for all. `secret`: it says nothing about others, for permissions
 * can be given for each secret alone. https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 */
export function reachOf(failure: PatrolError): 'secret' | 'silence' | 'vault' {
  if (['throttled', 'store-unreachable'].includes(failure.code)) return 'silence'
  const refusal = refusalOf(failure)
  if (refusal === undefined) return ['unexpected-answer', 'internal'].includes(failure.code) ? 'secret' : 'vault'
  // Access policies know no single secrets, and firewalls none at all.
  const byVault = refusal.status === 401 || /Policy|Firewall|PrivateLink|Network/i.test(refusal.code)
  return byVault ? 'vault' : 'secret'
}

/**
 * Judges a refusal: which error it is, whether anything can have taken place, and what to do. Pure.
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export function refusedAnswer(answer: RefusedAnswer): PatrolError {
  const said = parseError(answer.body)
  const code = said.inner ?? said.code ?? ''
  const correlationId = answer.header('x-ms-request-id')
  const retryAfter = retryAfterOf(answer)
  const details: ErrorDetails = {
    outcome: answer.mutating && (answer.status >= 500 || answer.status === 408) ? 'unknown' : 'none',
    cause: new Refusal(answer.status, code),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
  const { error, remedy } = judge(answer, code, said.message)
  const reason = said.message === '' ? '' : `: ${said.message}`
  const message = `${answer.asked} was answered with ${[answer.status, code].join(' ').trim()}${reason}`
  return new PatrolError(error, Secret.redact(message), remedy === undefined ? details : { ...details, remedy })
}

function judge(answer: RefusedAnswer, code: string, message: string): { error: ErrorCode; remedy?: string } {
  const { status } = answer
  if (status === 401) {
    return {
      error: 'store-denied',
      remedy: "Sign in with a credential of the vault's tenant: the vault did not accept this one.",
    }
  }
  if (status === 403) return { error: 'store-denied', remedy: remedyOfDenial(code, message) }
  if (status === 404) return { error: 'moved-on' }
  if (status === 409) {
    const deleted = /Deleted/.test(code) || /deleted but recoverable/i.test(message)
    if (deleted) return { error: 'secret-deleted' }
    return { error: 'store-unreachable', remedy: 'The secret is being changed by somebody else. Try again later.' }
  }
  if (status === 429) return { error: 'throttled' }
  if (status >= 500 || status === 408) {
    return {
      error: 'store-unreachable',
      remedy: 'The vault, or a proxy before it, answered that it cannot serve now. Try again later.',
    }
  }
  return status >= 400 ? { error: 'invalid-request' } : { error: 'unexpected-answer' }
}

/**
 * Who must grant what. The names of permissions of access policies and of actions of roles:
 * https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 */
function remedyOfDenial(code: string, message: string): string {
  const permission = /secrets[ /](\w+?)(?:\/action)? permission|Action: '?[\w./]*secrets\/(\w+)/i.exec(message)
  const named = permission?.[1] ?? permission?.[2]
  if (/Firewall|PrivateLink|Network/i.test(code) || /client address is not authorized/i.test(message)) {
    return "The vault's firewall does not let this machine in: allow its address, or run from an allowed network."
  }
  if (code === 'SecretDisabled') return 'Enable the current version of the secret, or let Patrol write a new one.'
  const wanted = named === undefined ? 'the permissions get, list and set' : `the permission ${named.toLowerCase()}`
  return `Give the credential of the store ${wanted} for secrets, or the role Key Vault Secrets Officer.`
}

/**
 * Until when not to ask again: `retry-after` in seconds, which the documentation of throttling does not promise.
 * https://learn.microsoft.com/azure/key-vault/general/overview-throttling
 */
function retryAfterOf(answer: RefusedAnswer): Duration | undefined {
  const text = answer.header('retry-after') ?? ''
  if (/^\d{1,6}$/.test(text)) return times(Number(text), second)
  const ms = Number(answer.header('retry-after-ms') ?? answer.header('x-ms-retry-after-ms') ?? Number.NaN)
  return Number.isFinite(ms) && ms >= 0 ? duration(ms) : undefined
}

function parseError(body: string): { code: string | undefined; inner: string | undefined; message: string } {
  const error = field(parseJson(body), 'error')
  const inner = field(field(error, 'innererror'), 'code')
  const [code, message] = [field(error, 'code'), field(error, 'message')]
  return {
    code: typeof code === 'string' ? code : undefined,
    inner: typeof inner === 'string' ? inner : undefined,
    message: typeof message === 'string' ? (message.split(/\r?\n/, 1)[0] ?? '').slice(0, 300) : '',
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
