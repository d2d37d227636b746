import { type ErrorDetails, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import { type HttpAnswer, jsonOf, retryAfterOf } from '../http/answer.ts'
import type { KubeAccess } from './kube-access.ts'
import { sendToTarget } from './target-request.ts'

export interface KubeCall {
  readonly method: 'GET' | 'PATCH' | 'POST'
  /** With its query. */
  readonly path: string
  readonly body?: { readonly contentType: string; readonly value: unknown }
  /** What a person would have to be allowed to do. */
  readonly permission: string
}

/**
 * One call of the API of Kubernetes.
 *
 * @param limits those of the delivery; undefined for what changes nothing
 * @returns what JSON makes of the answer; undefined for 404
 * @throws PatrolError as `kubeFailure` judges it, and as `sendToTarget` says
 */
export async function callKube(
  access: KubeAccess,
  clock: Pick<Clock, 'elapsed'>,
  call: KubeCall,
  limits?: Limits,
): Promise<unknown> {
  const headers = {
    accept: 'application/json',
    ...(call.body === undefined ? {} : { 'content-type': call.body.contentType }),
    ...(await access.authorization()),
  }
  const body = call.body === undefined ? {} : { body: JSON.stringify(call.body.value) }
  const request = { method: call.method, url: `${access.server}${call.path}`, headers, ...body }
  const answer = await sendToTarget({ send: access.send, clock }, request, limits)
  if (answer.status === 404) return undefined
  const value = jsonOf(answer)
  if (answer.status >= 200 && answer.status < 300 && typeof value === 'object' && value !== null) return value
  throw kubeFailure(answer, call, limits !== undefined)
}

/**
 * Judges a refusal of the API server. Pure.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ and, for secrets that are immutable,
 * https://kubernetes.io/docs/concepts/configuration/secret/#secret-immutable
 */
export function kubeFailure(answer: HttpAnswer, call: KubeCall, mutating: boolean): PatrolError {
  const { status } = answer
  const said = fieldOf(jsonOf(answer), 'message')
  const reason = typeof said === 'string' ? `: ${Secret.redact(said.split('\n', 1)[0] ?? '').slice(0, 300)}` : ''
  const path = call.path.split('?', 1)[0] ?? ''
  const message = `${call.method} ${path} was answered with ${status}${reason}`
  const wait = retryAfterOf(answer)
  const details: ErrorDetails = {
    outcome: mutating && (status >= 500 || status === 408) ? 'unknown' : 'none',
    ...(wait === undefined ? {} : { retryAfter: wait }),
  }
  if (status === 401) {
    const remedy = 'The cluster did not accept the token or certificate: renew it, or name another context.'
    return new PatrolError('target-denied', message, { ...details, remedy })
  }
  if (status === 403) {
    return new PatrolError('target-denied', message, {
      ...details,
      remedy: `Give the user or service account a role with ${call.permission}.`,
    })
  }
  if (status === 409) {
    const remedy =
      'Somebody else changes the same object, and it is tried again in a later run. If it stays, see who does.'
    return new PatrolError('delivery-failed', message, { ...details, remedy })
  }
  if (status === 422) {
    const remedy =
      'The cluster does not take the Secret so. One that is marked `immutable` must be deleted and made anew; else correct its name or key as the message says.'
    return new PatrolError('delivery-failed', message, { ...details, remedy })
  }
  if (status === 429) return new PatrolError('throttled', message, details)
  if (status >= 500 || status === 408) return new PatrolError('target-unreachable', message, details)
  return new PatrolError('delivery-failed', message, details)
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
