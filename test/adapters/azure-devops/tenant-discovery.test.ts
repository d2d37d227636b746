import { describe, expect, it } from 'vitest'
import { discoverTenant, tenantIn } from '../../../src/adapters/azure-devops/tenant-discovery.ts'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'
import type { HttpRequest } from '../../../src/adapters/http/exchange.ts'
import { asPatrolError, PatrolError } from '../../../src/core/errors.ts'
import { answer } from '../support/answers.ts'
import { testClock } from '../stores/test-clock.ts'

const id = '11111111-2222-3333-4444-55555555555a'
const other = 'aaaaaaaa-2222-3333-4444-555555555555'
const zeros = '00000000-0000-0000-0000-000000000000'
const challenge = (text: string, more: Record<string, string> = {}): HttpAnswer =>
  answer(401, '', { 'www-authenticate': text, ...more })

describe('the tenant in a challenge', () => {
  it.each<[string, HttpAnswer, string | undefined]>([
    ['bare', challenge(`Bearer authorization_uri=https://login.microsoftonline.com/${id}`), id],
    ['quoted', challenge(`Bearer authorization_uri="https://login.microsoftonline.com/${id}"`), id],
    ['in capitals', challenge(`bearer AUTHORIZATION_URI=https://login.windows.net/${id.toUpperCase()}/`), id],
    [
      'beside others',
      challenge(
        `Basic realm="https://vssps.dev.azure.com/", Bearer authorization_uri=https://login.microsoftonline.com/${id}, TFS-Federated`,
      ),
      id,
    ],
    ['in the header of the resource', answer(302, '', { 'x-vss-resourcetenant': id }), id],
    ['in both', challenge(`Bearer authorization_uri=https://x/${id}`, { 'x-vss-resourcetenant': other }), id],
    ['of nobody', answer(404, '', { 'x-vss-resourcetenant': zeros }), 'organizations'],
    ['of nobody, in the challenge', challenge(`Bearer authorization_uri=https://x/${zeros}`), 'organizations'],
    ['nowhere', answer(404), undefined],
    ['only a realm', challenge('Basic realm="https://tfs.example/"'), undefined],
    ['a domain', challenge('Bearer authorization_uri=https://login.microsoftonline.com/contoso.com'), undefined],
    ['the common one', challenge('Bearer authorization_uri=https://login.microsoftonline.com/common'), undefined],
    ['not the first part', challenge(`Bearer authorization_uri=https://x/y/${id}`), undefined],
    ['no address', challenge(`Bearer authorization_uri=${id}`), undefined],
    ['no id', answer(200, '', { 'x-vss-resourcetenant': `${id}/../common` }), undefined],
    ['two ids', answer(200, '', { 'x-vss-resourcetenant': `${id}, ${other}` }), undefined],
  ])('%s', (_, reply, expected) => {
    expect(tenantIn(reply)).toBe(expected)
  })

  it('of a hostile answer is an id alone: nothing of its host is left', () => {
    expect(tenantIn(challenge(`Bearer authorization_uri="https://evil.example/${id}?x=login"`))).toBe(id)
    expect(tenantIn(challenge(`Bearer authorization_uri="https://evil.example/evil.example"`))).toBeUndefined()
  })
})

function asking(...replies: readonly (HttpAnswer | PatrolError)[]) {
  const sent: HttpRequest[] = []
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    const reply = replies[Math.min(sent.length, replies.length - 1)]
    sent.push(request)
    if (reply instanceof PatrolError || reply === undefined) throw reply
    return reply
  }
  const clock = { ...testClock, sleep: async () => undefined }
  const tenant = discoverTenant('contoso', 'https://dev.azure.com/', {
    transport: { send },
    clock,
    stopping: () => false,
  })
  return { sent, tenant }
}

describe('asking for the tenant of an organization', () => {
  it('is one request without a token', async () => {
    const { sent, tenant } = asking(challenge(`Bearer authorization_uri=https://x/${id}`))
    expect(await tenant).toBe(id)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ method: 'HEAD', url: 'https://dev.azure.com/contoso' })
    expect(JSON.stringify(sent).toLowerCase()).not.toContain('"authorization"')
  })

  it('goes on after a bad minute', async () => {
    const lost = new PatrolError('service-unavailable', 'the connection was reset')
    const { sent, tenant } = asking(lost, answer(503), challenge(`Bearer authorization_uri=https://x/${id}`))
    expect(await tenant).toBe(id)
    expect(sent).toHaveLength(3)
  })

  it.each([
    [answer(404), 'sign-in-misconfigured', 1, 'answered 404 and named none'],
    [answer(503), 'sign-in-unavailable', 3, 'answered 503 and named none'],
    [new PatrolError('service-unavailable', 'no route'), 'sign-in-unavailable', 3, 'no route'],
    [new PatrolError('config-invalid', 'not https'), 'sign-in-unavailable', 1, 'not https'],
  ])('in vain says so, and how to do without: %#', async (reply, code, times, text) => {
    const { sent, tenant } = asking(reply)
    const error = await tenant.then(() => expect.fail('it was found'), asPatrolError)
    expect(error.code).toBe(code)
    expect(error.message).toContain('the tenant of the organization contoso could not be found')
    expect(error.message).toContain(text)
    expect(error.remedy).toContain('rite tenant: in the account')
    expect(sent).toHaveLength(times)
  })
})
