import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../src/adapters/azure-devops/authority.ts'
import { judgeConnectionProbe, judgeUrlProbe } from '../../../src/adapters/azure-devops/connection-judgement.ts'
import {
  judgeExtension,
  judgeMint,
  judgePage,
  judgeRevocation,
} from '../../../src/adapters/azure-devops/pat-judgement.ts'
import { type Asked, objectOf } from '../../../src/adapters/azure-devops/refusal.ts'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'
import type { Transport } from '../../../src/adapters/http/transport.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type Duration, duration, instant, minute, second } from '../../../src/core/time.ts'
import type { Clock } from '../../../src/ports/clock.ts'

const minting: Asked = { what: 'minting a PAT in contoso', organization: 'contoso', mutates: true }
const vssps = 'https://vssps.example'
/** A value that a service might send; made here, so that nothing in this file looks like one. */
const sentValue = `${randomUUID()}${randomUUID()}`.replaceAll('-', '')

const anyStatus = fc.oneof(
  fc.constantFrom(200, 200, 200, 201, 203, 204, 302, 400, 401, 403, 404, 408, 409, 429, 500, 503),
  fc.integer({ min: 100, max: 599 }),
)

const contentTypes = [
  ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/problem+json'],
  ['text/html', 'text/plain', '', ';', 'application/jsonp'],
].flat()

const anyHeaders = fc
  .record(
    {
      'content-type': fc.constantFrom(...contentTypes),
      'retry-after': fc.constantFrom('0', '1', '7', '299', '99999', '-1', 'soon', '', '1.5'),
      'x-vss-e2eid': fc.oneof(fc.uuid(), fc.string()),
      'x-tfs-serviceerror': fc.oneof(fc.constantFrom('%', 'a+b', '%zz', 'VS403463'), fc.string()),
    },
    { requiredKeys: [] },
  )
  .map((headers): Readonly<Record<string, string>> => ({ 'content-type': 'application/json', ...headers }))

const oddValue = fc.oneof(
  { depthSize: 'small' },
  fc.constantFrom<unknown>(null, undefined, '', 0, true, [], {}, sentValue, 'none', 'None'),
  fc.jsonValue(),
)

const time = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<unknown>('2026-06-01T00:00:00Z', '2026-06-01T00:00:00.3233333Z') },
  { weight: 1, arbitrary: fc.constantFrom<unknown>('soon', null, 5) },
)

const patToken = fc.record(
  {
    authorizationId: fc.oneof({ weight: 9, arbitrary: fc.uuid() }, oddValue),
    displayName: fc.oneof({ weight: 9, arbitrary: fc.string() }, oddValue),
    scope: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('vso.code', 'vso.code vso.build') }, oddValue),
    validFrom: time,
    validTo: time,
    targetAccounts: fc.constantFrom<unknown>(null, [], ['x'], ['x'], ['x'], 'x'),
    token: fc.oneof({ weight: 9, arbitrary: fc.constant<unknown>(sentValue) }, oddValue),
  },
  { requiredKeys: ['authorizationId', 'displayName', 'scope', 'validFrom'] },
)

const likeTheReal = fc.record(
  {
    patToken: fc.oneof({ weight: 6, arbitrary: patToken }, oddValue),
    patTokenError: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('none', 'none', 'None', 'invalidScope', 'somethingNew', '') },
      oddValue,
    ),
    patTokens: fc.oneof(fc.array(patToken, { maxLength: 3 }), oddValue),
    continuationToken: fc.constantFrom<unknown>('', null, 'next', 5),
    message: oddValue,
    typeKey: fc.oneof(fc.constantFrom('SessionTokenNotFoundException', 'InvalidAccessException'), oddValue),
    authenticatedUser: fc.oneof(fc.record({ id: oddValue, properties: oddValue, descriptor: oddValue }), oddValue),
  },
  { requiredKeys: [] },
)

const anyBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.json().map(bytes) },
  { weight: 8, arbitrary: likeTheReal.map((body) => bytes(JSON.stringify(body))) },
  { weight: 1, arbitrary: likeTheReal.map((body) => bytes(JSON.stringify(body).slice(0, -3))) },
)

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

const anyAnswer: fc.Arbitrary<HttpAnswer> = fc.record({ status: anyStatus, headers: anyHeaders, body: anyBody })

/** The answer says in every way that there is a new PAT, and brings its value. */
function bringsValue(answer: HttpAnswer): string | undefined {
  const body = objectOf(answer)
  const token = (body?.['patToken'] as Readonly<Record<string, unknown>> | null | undefined)?.['token']
  const error = body?.['patTokenError']
  const isSuccess = answer.status >= 200 && answer.status < 300 && answer.status !== 203
  const isNone = typeof error === 'string' && error.toLowerCase() === 'none'
  return isSuccess && isNone && typeof token === 'string' && token !== '' ? token : undefined
}

function attempt<Value>(judge: () => Value): { readonly value: Value } | { readonly failure: PatrolError } {
  try {
    return { value: judge() }
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PatrolError)
    const failure = thrown as PatrolError
    expect(failure.code).not.toBe('internal')
    expect(failure.message + failure.remedy).not.toMatch(/undefined|\[object|NaN|TypeError/)
    expect(failure.message).not.toContain(sentValue)
    expect(JSON.stringify(failure)).not.toContain(sentValue)
    return { failure }
  }
}

// The program knows a value from the moment at which an answer brought it.
beforeAll(() => {
  expect(new Secret(sentValue).reveal()).toBe(sentValue)
})

describe('whatever Azure DevOps answers', () => {
  it('it is understood or told as an error of ours, in words', () => {
    fc.assert(
      fc.property(anyAnswer, fc.boolean(), (answer, mutates) => {
        const asked = { ...minting, mutates }
        for (const judge of [judgePage, judgeMint, judgeExtension, judgeRevocation]) {
          const judged = attempt<unknown>(() => judge(answer, asked))
          if ('failure' in judged && !mutates) expect(judged.failure.outcome).toBe('none')
        }
        for (const judge of [judgeConnectionProbe, judgeUrlProbe]) {
          expect(['works', 'refused', 'anonymous', 'unknown']).toContain(judge(answer).kind)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('a mint succeeded if and only if there is no error and a value, and one that may have is never called undone', () => {
    let minted = 0
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const judged = attempt(() => judgeMint(answer, minting))
        const brought = bringsValue(answer)
        if ('value' in judged) {
          expect(judged.value.value.reveal()).toBe(brought)
          expect(judged.value.pat.authorizationId).not.toBe('')
          minted += 1
        } else if (brought !== undefined) expect(judged.failure.outcome).toBe('unknown')
      }),
      { numRuns: 5_000 },
    )
    expect(minted).toBeGreaterThan(20)
  })

  it('a PAT counts as revoked only when the service says so, or that there is none', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        if (!('value' in attempt(() => judgeRevocation(answer, minting)))) return
        const isSuccess = answer.status >= 200 && answer.status < 300 && answer.status !== 203
        const body = objectOf(answer)
        const says = JSON.stringify([body?.['patTokenError'], body?.['typeKey']])
        expect(isSuccess || /NotFound|authorization|token/i.test(says)).toBe(true)
        if (isSuccess) expect(answer.body.length === 0 || /none|NotFound/i.test(says)).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('a page is whole or an error: no PAT is left out', () => {
    fc.assert(
      fc.property(fc.record({ status: fc.constant(200), headers: anyHeaders, body: anyBody }), (answer) => {
        const judged = attempt(() => judgePage(answer, { ...minting, mutates: false }))
        if (!('value' in judged)) return
        expect(objectOf(answer)).toHaveProperty('patTokens.length', judged.value.pats.length)
      }),
      { numRuns: 3_000 },
    )
  })
})

type HttpRequest = Parameters<Transport['send']>[0]

type Reply = { readonly answer: HttpAnswer } | { readonly failure: PatrolError }

const anyReply: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 5, arbitrary: anyAnswer.map((answer) => ({ answer })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('unknown' as const, 'none' as const)
      .map((outcome) => ({ failure: new PatrolError('service-unavailable', 'the connection broke', { outcome }) })),
  },
  { weight: 2, arbitrary: anyHeaders.map((headers) => ({ answer: { status: 429, headers, body: bytes('') } })) },
  { weight: 2, arbitrary: anyHeaders.map((headers) => ({ answer: { status: 401, headers, body: bytes('') } })) },
)

/** A service that gives these replies, one after the other, and the last for ever; each takes a while. */
class Scripted {
  readonly sent: { readonly request: HttpRequest; readonly at: number; readonly reply: Reply }[] = []
  readonly #replies: readonly Reply[]
  readonly #lasts: Duration
  #elapsed = 0

  constructor(replies: readonly Reply[], lasts: Duration) {
    this.#replies = replies
    this.#lasts = lasts
  }

  readonly clock: Clock = {
    now: () => instant(this.#elapsed),
    elapsed: () => this.#elapsed,
    sleep: async (length) => void (this.#elapsed += length),
    skew: () => ({ kind: 'unknown' }),
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    const reply = this.#replies[Math.min(this.sent.length, this.#replies.length - 1)] as Reply
    this.sent.push({ request, at: this.#elapsed, reply })
    if (this.sent.length > 60) throw new Error('it asks for ever')
    this.#elapsed += this.#lasts
    if ('failure' in reply) throw reply.failure
    return reply.answer
  }

  authority() {
    let number = 0
    return createAuthority(
      { vssps, azureDevOps: 'https://dev.example' },
      {
        transport: { send: (request) => this.send(request) },
        signIn: {
          accessToken: async () => ({ value: new Secret(`access-token-${++number}`), expiresAt: instant(3_600_000) }),
        },
        clock: this.clock,
        random: { characters: (count) => 'h'.repeat(count) },
        stopping: () => false,
      },
    )
  }
}

/** Nothing can have taken place: turned away for its rate, or nobody was signed in. */
function tookNoEffect(reply: Reply): boolean {
  if ('failure' in reply) return false
  const { status } = reply.answer
  return status === 429 || status === 401 || status === 203 || (status >= 300 && status < 400)
}

describe('whatever Azure DevOps answers, one after the other', () => {
  const replies = fc.array(anyReply, { minLength: 1, maxLength: 6 })
  const lasts = fc.constantFrom(duration(50), duration(30 * second), duration(4 * minute))

  it('a request that changes something is sent again only when the one before cannot have, and never too late', async () => {
    let repeated = 0
    await fc.assert(
      fc.asyncProperty(replies, lasts, fc.constantFrom('mint', 'extend', 'revoke'), async (some, length, what) => {
        const service = new Scripted(some, length)
        const authority = service.authority()
        const limits = { sendBy: 10 * minute, timeout: duration(100 * second) }
        const request = { displayName: 'Feed (patrol abcd12345678)', scopes: ['vso.code'], validTo: instant(5) }
        const id = '11111111-2222-3333-4444-555555555555'
        const work =
          what === 'mint'
            ? authority.mint('contoso', request, limits)
            : what === 'extend'
              ? authority.extend('contoso', id, instant(5), limits)
              : authority.revoke('contoso', id, limits)
        const failure = await work.then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (failure !== undefined) expect(failure).toBeInstanceOf(PatrolError)
        for (const { reply } of service.sent.slice(0, -1)) expect(tookNoEffect(reply)).toBe(true)
        for (const { at, request: sent } of service.sent) {
          expect(at).toBeLessThanOrEqual(limits.sendBy)
          expect(new URL(sent.url).origin).toBe(vssps)
        }
        const last = service.sent.at(-1)?.reply
        if (what === 'mint' && failure === undefined) {
          expect(last !== undefined && 'answer' in last && bringsValue(last.answer)).toBeTruthy()
        }
        if (failure instanceof PatrolError && last !== undefined && !tookNoEffect(last)) {
          if ('failure' in last) expect(failure.outcome).toBe(last.failure.outcome)
          else if (what === 'mint' && bringsValue(last.answer) !== undefined) expect(failure.outcome).toBe('unknown')
        }
        if (service.sent.length > 1) repeated += 1
      }),
      { numRuns: 1_500 },
    )
    expect(repeated).toBeGreaterThan(200)
  })

  it('a list ends, and holds each PAT once', async () => {
    await fc.assert(
      fc.asyncProperty(replies, async (some) => {
        const service = new Scripted(some, duration(50))
        const listed = await service
          .authority()
          .listActive('contoso')
          .catch((thrown: unknown) => expect(thrown).toBeInstanceOf(PatrolError))
        if (!Array.isArray(listed)) return
        const ids = listed.map((pat: { readonly authorizationId: string }) => pat.authorizationId)
        expect(new Set(ids).size).toBe(ids.length)
      }),
      { numRuns: 1_000 },
    )
  })
})
