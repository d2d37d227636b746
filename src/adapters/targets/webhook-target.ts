import { createHmac } from 'node:crypto'
import { type ErrorDetails, PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Consignment, Target } from '../../ports/target.ts'
import { type HttpAnswer, retryAfterOf } from '../http/answer.ts'
import { assertInTime, sendToTarget, type TargetWire } from './target-request.ts'

export interface WebhookParts extends TargetWire {
  readonly name: string
  readonly url: string
  /** Signs what is sent. */
  readonly secret: Secret
  /** An age recipient who alone can open the value; undefined when the value is not sent at all. */
  readonly encryptTo: string | undefined
  readonly clock: Pick<Clock, 'elapsed' | 'now'>
}

/**
 * Tells an address of each new value, signed, and never redirected. The value itself goes along only encrypted to one
 * recipient. Nothing can be looked at afterwards.
 */
export function webhookTarget(parts: WebhookParts): Target {
  return {
    name: parts.name,
    async deliver(consignment, limits) {
      assertInTime(parts.clock, limits)
      const body = JSON.stringify(await messageOf(consignment, parts))
      const timestamp = String(Math.floor(parts.clock.now() / 1_000))
      const headers = {
        'content-type': 'application/json',
        'patrol-timestamp': timestamp,
        'patrol-signature': signatureOf(parts.secret, timestamp, body),
      }
      const answer = await sendToTarget(parts, { method: 'POST', url: parts.url, headers, body }, limits)
      const failure = webhookFailure(answer, new URL(parts.url).host)
      if (failure !== undefined) throw failure
      return undefined
    },
    inspect: async () => ({ kind: 'unknowable' }),
    remove: async () => ({ kind: 'kept', why: 'what an address was told cannot be taken back' }),
    // Whatever is sent would be taken for a delivery.
    check: async () => undefined,
  }
}

async function messageOf(consignment: Consignment, parts: WebhookParts): Promise<Readonly<Record<string, unknown>>> {
  const { token, organization, authorizationId, generation, validTo, value } = consignment
  const told = {
    version: 1,
    target: parts.name,
    token,
    organization,
    authorizationId,
    generation,
    validTo: new Date(validTo).toISOString(),
  }
  if (parts.encryptTo === undefined) return told
  const { armor, Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.addRecipient(parts.encryptTo)
  return { ...told, encryptedValue: armor.encode(await encrypter.encrypt(value.reveal())) }
}

function signatureOf(secret: Secret, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret.reveal()).update(`${timestamp}.${body}`).digest('hex')}`
}

/** Judges an answer: undefined when it says that the message was taken. Pure. */
export function webhookFailure(answer: Pick<HttpAnswer, 'status' | 'headers'>, host: string): PatrolError | undefined {
  const { status } = answer
  if (status >= 200 && status < 300) return undefined
  const message = `${host} answered with ${status}`
  const wait = retryAfterOf(answer)
  const details: ErrorDetails = {
    outcome: status >= 500 || status === 408 ? 'unknown' : 'none',
    ...(wait === undefined ? {} : { retryAfter: wait }),
  }
  if (status >= 300 && status < 400) {
    const remedy = 'Write the address that the receiver has now: redirects are not followed.'
    return new PatrolError('delivery-failed', message, { ...details, remedy })
  }
  if (status === 401 || status === 403) {
    const remedy = 'See that the receiver checks with the same secret, and that its clock is right.'
    return new PatrolError('target-denied', message, { ...details, remedy })
  }
  if (status === 404 || status === 410) return new PatrolError('target-not-found', message, details)
  if (status === 429) return new PatrolError('throttled', message, details)
  if (status >= 500 || status === 408) return new PatrolError('target-unreachable', message, details)
  return new PatrolError('delivery-failed', message, details)
}
