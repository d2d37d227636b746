import { describe, expect, it } from 'vitest'
import { refusalOf, refusedAnswer } from '../../../src/adapters/stores/key-vault-errors.ts'
import { Secret } from '../../../src/core/secret.ts'

function judged(status: number, body: unknown, headers: Record<string, string> = {}, mutating = true) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return refusedAnswer({
    status,
    header: (name) => headers[name],
    body: text,
    mutating,
    asked: 'PUT https://v/secrets/x',
  })
}

function error(code: string, inner?: string, message = 'Said so.') {
  return { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } }
}

describe('a refusal of Key Vault', () => {
  it.each([
    [401, error('Unauthorized'), 'store-denied', 'none'],
    [403, error('Forbidden', 'ForbiddenByRbac'), 'store-denied', 'none'],
    [403, error('Forbidden', 'SecretDisabled'), 'store-denied', 'none'],
    [404, error('SecretNotFound'), 'moved-on', 'none'],
    [409, error('Conflict', 'ObjectIsDeletedButRecoverable'), 'secret-deleted', 'none'],
    [
      409,
      error('Conflict', undefined, 'Secret x is currently in a deleted but recoverable state'),
      'secret-deleted',
      'none',
    ],
    [409, error('Conflict', 'ObjectIsBeingDeleted'), 'secret-deleted', 'none'],
    [409, error('Conflict'), 'store-unreachable', 'none'],
    [400, error('BadParameter'), 'invalid-request', 'none'],
    [413, '', 'invalid-request', 'none'],
    [429, error('Throttled'), 'throttled', 'none'],
    [408, '', 'store-unreachable', 'unknown'],
    [500, '<html>', 'store-unreachable', 'unknown'],
    [503, 'null', 'store-unreachable', 'unknown'],
    [302, '', 'unexpected-answer', 'none'],
  ] as const)('%i %j is %s with outcome %s', (status, body, code, outcome) => {
    expect(judged(status, body)).toMatchObject({ code, outcome })
    expect(judged(status, body, {}, false).outcome).toBe('none')
  })

  it.each([
    ["The user, group or application 'oid=1' does not have secrets set permission on key vault 'v'.", 'permission set'],
    ["The user 'oid=1' does not have secrets get permission on key vault 'v;location=westeurope'.", 'permission get'],
    [
      "Caller is not authorized to perform action on resource. Action: 'Microsoft.KeyVault/vaults/secrets/setSecret/action'",
      'permission setsecret',
    ],
    ['Caller is not authorized. Action: secrets/list.', 'permission list'],
    ['Client address is not authorized and caller is not a trusted service.', 'firewall'],
    ['', 'get, list and set'],
  ])('%j leads to the remedy with %j', (message, part) => {
    expect(judged(403, error('Forbidden', undefined, message)).remedy).toContain(part)
  })

  it('sends nobody to look for an address that answered', () => {
    expect(judged(503, '').remedy).toMatch(/Try again later/)
    expect(judged(503, '').remedy).not.toMatch(/address|network/)
  })

  it('keeps the most particular code, the correlation id, and the wait', () => {
    const fault = judged(429, error('A', 'B'), { 'x-ms-request-id': 'r-1', 'retry-after': '12' })
    expect(refusalOf(fault)).toMatchObject({ status: 429, code: 'B' })
    expect(fault).toMatchObject({ correlationId: 'r-1', retryAfter: 12_000 })
    expect(judged(429, '', { 'retry-after-ms': '250' }).retryAfter).toBe(250)
    expect(judged(429, '', { 'retry-after': 'soon' }).retryAfter).toBeUndefined()
  })

  it('is told in one line, without secrets and without end', () => {
    const secret = new Secret('a-secret-value-of-somebody')
    const fault = judged(400, error('BadParameter', undefined, `bad ${secret.reveal()}\nat line 2 ${'x'.repeat(900)}`))
    expect(fault.message).toBe('PUT https://v/secrets/x was answered with 400 BadParameter: bad [secret]')
    expect(judged(400, error('B', undefined, 'x'.repeat(900))).message.length).toBeLessThan(400)
  })

  it('is not seen in other errors', () => {
    expect(refusalOf(new Error('403'))).toBeUndefined()
    expect(refusalOf(undefined)).toBeUndefined()
  })
})
