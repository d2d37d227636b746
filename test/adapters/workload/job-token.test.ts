import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'
import type { HttpRequest } from '../../../src/adapters/http/exchange.ts'
import { azurePipelinesToken, githubActionsToken, tokenIn } from '../../../src/adapters/workload/job-token.ts'
import { asPatrolError, PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { answer } from '../support/answers.ts'

const github = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://runner.example/idtoken?api-version=2.0',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-bearer',
}
const pipelines = {
  SYSTEM_OIDCREQUESTURI: 'https://dev.azure.com/contoso/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken',
  SYSTEM_ACCESSTOKEN: 'job-bearer',
  AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'connection-of-the-task',
}

function job(environment: Readonly<Record<string, string>>, reply: HttpAnswer | Error) {
  const sent: HttpRequest[] = []
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    sent.push(request)
    if (reply instanceof Error) throw reply
    return reply
  }
  return { environment, send, sent }
}

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

describe('the token of a job in GitHub Actions', () => {
  it('is asked for with its audience, and with the bearer of the runner in a header alone', async () => {
    const surroundings = job(github, answer(200, { value: 'a.b.c' }))
    const token = await githubActionsToken('api://AzureADTokenExchange', surroundings)
    expect(token.reveal()).toBe('a.b.c')
    expect(surroundings.sent).toHaveLength(1)
    expect(surroundings.sent[0]).toMatchObject({
      method: 'GET',
      url: 'https://runner.example/idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange',
      headers: { authorization: 'Bearer runner-bearer' },
    })
  })

  it('names all that is missing, and the permission that brings it', async () => {
    const surroundings = job({}, answer(200, {}))
    const error = await failure(githubActionsToken('x', surroundings))
    expect(error.code).toBe('sign-in-misconfigured')
    expect(error.message).toBe('ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set')
    expect(error.remedy).toContain('id-token: write')
    expect(surroundings.sent).toEqual([])
  })

  it.each(['http://runner.example/x', 'no address'])('sends its bearer to no address like %s', async (address) => {
    const surroundings = job({ ...github, ACTIONS_ID_TOKEN_REQUEST_URL: address }, answer(200, { value: 'a.b.c' }))
    expect((await failure(githubActionsToken('x', surroundings))).code).toBe('sign-in-misconfigured')
    expect(surroundings.sent).toEqual([])
  })
})

describe('the token of a job in Azure Pipelines', () => {
  it('is asked for by the service connection and the access token of the job', async () => {
    const surroundings = job(pipelines, answer(200, { oidcToken: 'a.b.c' }))
    expect((await azurePipelinesToken({}, surroundings)).reveal()).toBe('a.b.c')
    expect(surroundings.sent[0]).toMatchObject({
      method: 'POST',
      url: `${pipelines.SYSTEM_OIDCREQUESTURI}?api-version=7.1&serviceConnectionId=connection-of-the-task`,
      headers: { authorization: 'Bearer job-bearer', 'x-tfs-fedauthredirect': 'Suppress' },
    })
  })

  it('takes what is written before what the task around it set', async () => {
    const surroundings = job(pipelines, answer(200, { oidcToken: 'a.b.c' }))
    const written = { serviceConnection: 'another', systemAccessToken: new Secret('another-bearer') }
    await azurePipelinesToken(written, surroundings)
    expect(surroundings.sent[0]?.url).toContain('serviceConnectionId=another')
    expect(surroundings.sent[0]?.headers).toMatchObject({ authorization: 'Bearer another-bearer' })
  })

  it('names all that is missing at once', async () => {
    const error = await failure(azurePipelinesToken({}, job({}, answer(200, {}))))
    expect(error.message).toBe(
      'SYSTEM_OIDCREQUESTURI, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID, SYSTEM_ACCESSTOKEN are not set',
    )
  })

  it('that is refused names the service connection', async () => {
    const error = await failure(azurePipelinesToken({}, job(pipelines, answer(404, { message: 'no such connection' }))))
    expect(error).toMatchObject({ code: 'sign-in-misconfigured', message: expect.stringContaining('(status 404)') })
    expect(error.remedy).toContain('connection-of-the-task')
  })
})

describe('the answer of a runner', () => {
  const judged = (reply: HttpAnswer): string => {
    try {
      return tokenIn(reply, 'value', 'the runner', 'the remedy').reveal()
    } catch (thrown) {
      const { code, message } = asPatrolError(thrown)
      return `${code}: ${message}`
    }
  }
  const refused = (status: number): string =>
    `sign-in-misconfigured: the runner gave no token for this job (status ${status})`

  it.each([
    [answer(200, { value: 'a.b-c_d' }), 'a.b-c_d'],
    [answer(200, { value: '' }), refused(200)],
    [answer(200, { value: 'two words' }), refused(200)],
    [answer(200, { value: 7 }), refused(200)],
    [answer(200, { token: 'a.b.c' }), refused(200)],
    [answer(200, 'null'), refused(200)],
    [answer(200, '<html>sign in</html>'), refused(200)],
    [answer(203, { value: 'a.b.c' }), refused(203)],
    [answer(302, ''), refused(302)],
    [answer(403, { message: 'no' }), refused(403)],
    [answer(429, ''), 'sign-in-unavailable: the runner gave no token for this job (status 429)'],
    [answer(503, ''), 'sign-in-unavailable: the runner gave no token for this job (status 503)'],
  ])('%j is %s', (reply, expected) => {
    expect(judged(reply)).toBe(expected)
  })

  it('that does not come is a matter of the network, with its remedy', async () => {
    const lost = new PatrolError('service-unavailable', 'GET https://runner.example/: refused', { remedy: 'the proxy' })
    const error = await failure(githubActionsToken('x', job(github, lost)))
    expect(error).toMatchObject({ code: 'sign-in-unavailable', remedy: 'the proxy' })
    expect(error.message).toContain('GitHub Actions could not be asked')
  })
})
