import { conditionalAccessAnswer, plainRedirect, plainSignInPage, unauthorizedAnswer } from './azure-devops/refusals.ts'
import { patTokenErrorBody } from './azure-devops/pat-api.ts'
import { rateLimitHeaders, throttledAnswer } from './azure-devops/rate-limit.ts'
import { entraErrorAnswer } from './entra/entra-error.ts'
import { type Answer, type Call, emptyAnswer, jsonAnswer, type Service } from './exchange.ts'
import type { FaultEffect } from './faults.ts'
import { vaultErrorAnswer } from './key-vault/vault-refusal.ts'
import type { World } from './world.ts'

/** Whether the request still takes effect although its answer is another one. */
export function takesEffect(effect: FaultEffect): boolean {
  return (effect.kind === 'status' || effect.kind === 'pat-token-error') && effect.after === true
}

/** The answer a fault puts in the place of the service's own; undefined for faults that leave it. */
export function faultAnswer(world: World, call: Call, service: Service, effect: FaultEffect): Answer | undefined {
  switch (effect.kind) {
    case 'status':
      return {
        status: effect.status,
        headers: { 'Content-Type': 'text/plain; charset=utf-8', ...effect.headers },
        body: effect.body ?? '',
      }
    case 'html-203':
      return plainSignInPage()
    case 'redirect-302':
      return plainRedirect(world, call)
    case 'unauthorized-json':
      return service === 'vault'
        ? vaultErrorAnswer(401, 'Unauthorized', 'AKV10046: The token has expired.')
        : unauthorizedAnswer('')
    case 'unauthorized-empty':
      return emptyAnswer(401)
    case 'conditional-access':
      return conditionalAccessAnswer()
    case 'throttle-429':
      return throttled(call, service, effect.retryAfter)
    case 'pat-token-error':
      return jsonAnswer(
        effect.status ?? world.switches.statusOfPatTokenError,
        patTokenErrorBody(
          effect.value,
          'A fault was asked for.',
          call.query.get('api-version')?.startsWith('7.2') === true,
        ),
      )
    case 'aadsts':
      return entraErrorAnswer(effect.code, call.at, {
        ...(effect.error === undefined ? {} : { error: effect.error }),
        ...(effect.status === undefined ? {} : { status: effect.status }),
      })
    case 'answer-lost':
    case 'drop':
    case 'hold':
    case 'block':
    case 'block-after':
    case 'truncated':
    case 'wrong-content-type':
    case 'duplicate-page':
    case 'retry-after-200':
      return undefined
  }
}

/** What a fault does to the service's own answer. */
export function alterAnswer(call: Call, effect: FaultEffect, answer: Answer): Answer {
  if (effect.kind === 'retry-after-200') {
    return {
      ...answer,
      headers: { ...answer.headers, ...rateLimitHeaders(call.at, effect.seconds, 0), 'X-RateLimit-Delay': '0.250' },
    }
  }
  if (effect.kind === 'wrong-content-type') {
    return { ...answer, headers: { ...answer.headers, 'Content-Type': 'text/html; charset=utf-8' } }
  }
  return answer
}

function throttled(call: Call, service: Service, retryAfter: number | undefined): Answer {
  const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }
  if (service === 'vault')
    return vaultErrorAnswer(429, 'Throttled', 'The request was not served: too many requests.', { headers })
  if (service !== 'entra') return throttledAnswer(call.at, retryAfter)
  const answer = entraErrorAnswer(90055, call.at, { error: 'temporarily_unavailable', status: 429 })
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
