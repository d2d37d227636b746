import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from '@azure/core-rest-pipeline'
import { ClientSecretCredential } from '@azure/identity'
import { PublicClientApplication } from '@azure/msal-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTransport, type Transport } from '../../../src/adapters/http/transport.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { type TestCertificate, testCertificate } from '../support/certificate.ts'
import { type Answer, closedPort, connectProxy, type ScriptedServer, scriptedServer } from '../support/servers.ts'

let certificate: TestCertificate
const toStop: { stop: () => Promise<void> }[] = []

beforeAll(async () => {
  certificate = await testCertificate()
})
afterEach(async () => {
  for (const each of toStop.splice(0).toReversed()) await each.stop()
})
afterAll(() => certificate.remove())

async function transport(environment: Record<string, string> = {}): Promise<Transport> {
  const made = await createTransport({ caFile: certificate.caFile, environment, userAgent: 'patrol/test' })
  toStop.push({ stop: () => made.close() })
  return made
}

async function server(answer: Answer): Promise<ScriptedServer> {
  const made = await scriptedServer(certificate, answer)
  toStop.push(made)
  return made
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
}

/** Enough of Microsoft Entra for one token. */
function entra(response: Parameters<Answer>[0], url: string, base: string): void {
  response.setHeader('content-type', 'application/json')
  if (url.includes('openid-configuration')) {
    response.end(
      JSON.stringify({
        issuer: `${base}/t/v2.0`,
        authorization_endpoint: `${base}/t/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/t/oauth2/v2.0/token`,
        jwks_uri: `${base}/t/keys`,
      }),
    )
    return
  }
  response.end(JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'opaque-access-token' }))
}

describe("the Azure SDK's client", () => {
  it('sends what the pipeline asks for and gives back what came', async () => {
    const { origin, seen } = await server((response) => {
      response.writeHead(201, { 'x-ms-one': 'two' }).end('{"a":1}')
    })
    const client = (await transport()).azureClient
    const request = createPipelineRequest({
      url: `${origin}/secrets/x?api-version=1`,
      method: 'PUT',
      body: '{"value":"v"}',
    })
    request.headers.set('Content-Type', 'application/json')
    const response = await createPipelineFromOptions({}).sendRequest(client, request)
    expect(response.status).toBe(201)
    expect(response.headers.get('x-ms-one')).toBe('two')
    expect(response.bodyAsText).toBe('{"a":1}')
    expect(seen[0]).toMatchObject({
      method: 'PUT',
      url: '/secrets/x?api-version=1',
      body: '{"value":"v"}',
      headers: { 'content-type': 'application/json' },
    })
  })

  it('lets the pipeline repeat what it wants repeated, and nothing else', async () => {
    const made: ScriptedServer = await server((response) => {
      if (made.seen.length === 1) made.reset(response)
      else response.end('ok')
    })
    const client = (await transport()).azureClient
    const retrying = createPipelineFromOptions({ retryOptions: { retryDelayInMs: 1 } })
    const request = createPipelineRequest({ url: `${made.origin}/a` })
    expect((await retrying.sendRequest(client, request)).bodyAsText).toBe('ok')
    expect(made.seen).toHaveLength(2)

    made.seen.length = 0
    const once = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } })
    const post = createPipelineRequest({ url: `${made.origin}/b`, method: 'POST', body: '{}' })
    const error = await thrownBy(once.sendRequest(client, post))
    expect(error).toMatchObject({
      name: 'RestError',
      code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) as string,
    })
    expect((error as Error).cause).toMatchObject({ code: 'service-unavailable', outcome: 'unknown' })
    expect(made.seen).toHaveLength(1)
  })

  it('says of a refused connection that nothing was sent', async () => {
    const client = (await transport()).azureClient
    const request = createPipelineRequest({ url: `https://localhost:${await closedPort()}/` })
    const once = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } })
    const error = await thrownBy(once.sendRequest(client, request))
    expect(error).toMatchObject({ name: 'RestError', code: 'ECONNREFUSED' })
    expect((error as Error).cause).toBeInstanceOf(PatrolError)
    expect((error as Error).cause).toMatchObject({ outcome: 'none' })
  })

  it('ends with an AbortError when it is given up, and knows that it was sent', async () => {
    const abort = new AbortController()
    const { origin } = await server(() => abort.abort())
    const request = createPipelineRequest({ url: origin, method: 'PUT', body: '{}', abortSignal: abort.signal })
    const error = await thrownBy(createPipelineFromOptions({}).sendRequest((await transport()).azureClient, request))
    expect(error).toMatchObject({ name: 'AbortError', cause: { outcome: 'unknown' } })
  })

  it('goes through a proxy and trusts the own authority', async () => {
    const { port } = await server((response) => response.end('far'))
    const proxy = await connectProxy()
    toStop.push(proxy)
    const client = (await transport({ https_proxy: `http://127.0.0.1:${proxy.port}` })).azureClient
    const request = createPipelineRequest({ url: `https://service.test:${port}/` })
    const response = await createPipelineFromOptions({}).sendRequest(client, request)
    expect(response.bodyAsText).toBe('far')
    expect(proxy.connects).toHaveLength(1)
    // Without our transport the same request has no way to this server.
    const direct = createPipelineRequest({ url: `https://service.test:${port}/` })
    const once = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } })
    expect(await thrownBy(once.sendRequest(createDefaultHttpClient(), direct))).toBeInstanceOf(Error)
  })

  it('carries the sign-in of @azure/identity as well', async () => {
    const made: ScriptedServer = await server((response, { url }) =>
      entra(response, url, `https://service.test:${made.port}`),
    )
    const proxy = await connectProxy()
    toStop.push(proxy)
    const { azureClient } = await transport({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` })
    const credential = new ClientSecretCredential('t', 'client', 'not-so-secret', {
      authorityHost: `https://service.test:${made.port}`,
      disableInstanceDiscovery: true,
      httpClient: azureClient,
    })
    const token = await credential.getToken('https://vault.azure.net/.default')
    expect(token.token).toBe('opaque-access-token')
    expect(proxy.connects.length).toBeGreaterThan(0)
  })
})

describe("MSAL's network", () => {
  function client(
    made: Transport,
    base: string,
  ): { app: PublicClientApplication; fault: () => PatrolError | undefined } {
    const network = made.msalNetwork()
    const app = new PublicClientApplication({
      auth: { clientId: 'client', authority: `${base}/t`, knownAuthorities: [new URL(base).host] },
      system: { networkClient: network },
    })
    return { app, fault: () => network.takeTrouble().fault }
  }
  const request = { scopes: ['x/.default'], username: 'a@b.example', password: 'p' }

  it('goes through a proxy and trusts the own authority', async () => {
    const made: ScriptedServer = await server((response, { url }) =>
      entra(response, url, `https://service.test:${made.port}`),
    )
    const proxy = await connectProxy()
    toStop.push(proxy)
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
    const { app, fault } = client(await transport(environment), `https://service.test:${made.port}`)
    const result = await app.acquireTokenByUsernamePassword(request)
    expect(result?.accessToken).toBe('opaque-access-token')
    expect(proxy.connects.length).toBeGreaterThan(0)
    expect(fault()).toBeUndefined()
  })

  it('remembers the fault that MSAL makes unrecognizable', async () => {
    const port = await closedPort()
    const { app, fault } = client(await transport(), `https://localhost:${port}`)
    const error = await thrownBy(app.acquireTokenByUsernamePassword(request))
    expect((error as Error).message).not.toContain('ECONNREFUSED')
    const known = fault()
    expect(known).toMatchObject({ code: 'service-unavailable', outcome: 'none' })
    expect(known?.message).toContain('the connection was refused')
    expect(fault()).toBeUndefined()
  })

  it('takes the page of a proxy for what it is', async () => {
    const { origin } = await server((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>')
    })
    const { app, fault } = client(await transport(), origin)
    await thrownBy(app.acquireTokenByUsernamePassword(request))
    expect(fault()?.message).toContain('answered 200 with text/html in place of JSON')
  })
})
