import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTransport, type Transport, type TransportOptions } from '../../../src/adapters/http/transport.ts'
import { networkCodeOf } from '../../../src/adapters/http/network-fault.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration } from '../../../src/core/time.ts'
import { type TestCertificate, testCertificate } from '../support/certificate.ts'
import {
  type Answer,
  closedPort,
  connectProxy,
  type Listening,
  rawServer,
  type ScriptedServer,
  scriptedServer,
} from '../support/servers.ts'

const timeout = duration(10_000)
let certificate: TestCertificate
const toStop: { stop: () => Promise<void> }[] = []

beforeAll(async () => {
  certificate = await testCertificate()
})
afterEach(async () => {
  for (const each of toStop.splice(0).toReversed()) await each.stop()
})
afterAll(() => certificate.remove())

async function transport(options: Partial<TransportOptions> = {}): Promise<Transport> {
  const made = await createTransport({
    caFile: certificate.caFile,
    environment: {},
    userAgent: 'patrol/test',
    ...options,
  })
  toStop.push({ stop: () => made.close() })
  return made
}

async function server(answer: Answer): Promise<ScriptedServer> {
  const made = await scriptedServer(certificate, answer)
  toStop.push(made)
  return made
}

function kept<T extends Listening>(made: T): T {
  toStop.push(made)
  return made
}

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

describe('an exchange', () => {
  it('brings status, headers and body, and names us', async () => {
    const { origin, seen } = await server((response) => {
      response.writeHead(418, { 'X-One': 'a', 'set-cookie': ['b', 'c'] }).end('tea')
    })
    const answer = await (await transport()).send({ method: 'POST', url: `${origin}/x?y=z`, body: 'in', timeout })
    expect(answer.status).toBe(418)
    expect(answer.headers).toMatchObject({ 'x-one': 'a', 'set-cookie': 'b, c' })
    expect(Buffer.from(answer.body).toString()).toBe('tea')
    expect(seen).toMatchObject([
      { method: 'POST', url: '/x?y=z', body: 'in', headers: { 'user-agent': 'patrol/test' } },
    ])
  })

  it('is not compressed, and what is compressed anyway is left as it is', async () => {
    const zipped = gzipSync('x'.repeat(1_000))
    const { origin, seen } = await server((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped)
    })
    const headers = { 'Accept-Encoding': 'gzip' }
    const answer = await (await transport()).send({ method: 'GET', url: origin, headers, timeout })
    expect(Buffer.from(answer.body).equals(zipped)).toBe(true)
    expect(seen[0]?.headers['accept-encoding']).toBe('identity')
  })

  it('does not follow a redirect', async () => {
    const { origin, seen } = await server((response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const answer = await (await transport()).send({ method: 'GET', url: origin, timeout })
    expect(answer.status).toBe(302)
    expect(seen).toHaveLength(1)
  })

  it('is not repeated after a 503', async () => {
    const { origin, seen } = await server((response) => response.writeHead(503, { 'retry-after': '0' }).end())
    const answer = await (await transport()).send({ method: 'POST', url: origin, body: '{}', timeout })
    expect(answer.status).toBe(503)
    expect(seen).toHaveLength(1)
  })

  it.each(['GET', 'POST', 'DELETE'])(
    'with %s is not repeated after a reset, and its outcome is unknown',
    async (method) => {
      const made: ScriptedServer = await server((response) => made.reset(response))
      const { origin, seen } = made
      const error = await failure((await transport()).send({ method, url: origin, timeout }))
      expect(error).toMatchObject({ code: 'service-unavailable', outcome: 'unknown' })
      expect(seen).toHaveLength(1)
    },
  )

  it('keeps connections and does not repeat a request that an old connection loses', async () => {
    const { origin, seen } = await server((response, { url }) => {
      if (url === '/close') response.socket?.destroy()
      else response.end('ok')
    })
    const { send } = await transport()
    await send({ method: 'GET', url: `${origin}/`, timeout })
    const error = await failure(send({ method: 'POST', url: `${origin}/close`, body: 'x', timeout }))
    expect(error.outcome).toBe('unknown')
    expect(seen.map(({ url }) => url)).toEqual(['/', '/close'])
    expect((await send({ method: 'GET', url: `${origin}/again`, timeout })).status).toBe(200)
  })

  it('that is cut short is lost, even when its status came', async () => {
    const { origin } = await server((response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.socket?.destroy())
    })
    const error = await failure((await transport()).send({ method: 'POST', url: origin, timeout }))
    expect(error).toMatchObject({ code: 'service-unavailable', outcome: 'unknown' })
  })

  it('whose answer is beyond all measure is given up', async () => {
    const { origin } = await server((response) => {
      const chunk = Buffer.alloc(1024 * 1024)
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', more)
      }
      more()
    })
    const error = await failure((await transport()).send({ method: 'GET', url: origin, timeout }))
    expect(error.message).toContain('larger than')
  })

  it('tells of the Date header and how long the answer took', async () => {
    const { origin } = await server((response) => {
      response.writeHead(200, { date: 'Mon, 01 Jun 2026 12:00:00 GMT' }).end()
    })
    const samples: unknown[] = []
    const { send } = await transport({ onDate: (sample) => samples.push(sample) })
    await send({ method: 'GET', url: origin, timeout })
    expect(samples).toEqual([
      { service: new URL(origin).host, date: Date.UTC(2026, 5, 1, 12), took: expect.any(Number) as number },
    ])
  })
})

describe('a request that cannot be sent has no effect', () => {
  it('when the connection is refused', async () => {
    const url = `https://localhost:${await closedPort()}/a?secret=b`
    const error = await failure((await transport()).send({ method: 'POST', url, timeout }))
    expect(error).toMatchObject({ code: 'service-unavailable', outcome: 'none' })
    expect(error.message).toContain('the connection was refused')
    expect(error.message).not.toContain('secret=b')
    expect(networkCodeOf(error)).toBe('ECONNREFUSED')
  })

  it('when the name does not resolve', async () => {
    const error = await failure((await transport()).send({ method: 'POST', url: 'https://nowhere.invalid/', timeout }))
    expect(error.outcome).toBe('none')
    expect(error.message).toContain('nowhere.invalid')
  })

  it('when the certificate is of an unknown authority, and the remedy names tls.caFile', async () => {
    const { origin, seen } = await server((response) => response.end())
    const error = await failure((await transport({ caFile: undefined })).send({ method: 'POST', url: origin, timeout }))
    expect(error.outcome).toBe('none')
    expect(error.remedy).toContain('tls.caFile')
    expect(seen).toEqual([])
  })

  it('when the certificate is for another name', async () => {
    const { port, seen } = await server((response) => response.end())
    const error = await failure((await transport()).send({ method: 'POST', url: `https://127.0.0.1:${port}`, timeout }))
    expect(error.outcome).toBe('none')
    expect(error.message).toContain('not for 127.0.0.1')
    expect(seen).toEqual([])
  })

  it('when the other side does not speak TLS', async () => {
    const { port } = kept(await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const error = await failure((await transport()).send({ method: 'POST', url: `https://localhost:${port}`, timeout }))
    expect(error.outcome).toBe('none')
  })

  it('when the connection closes during the handshake', async () => {
    const { port } = kept(await rawServer((socket) => socket.once('data', () => socket.destroy())))
    const error = await failure((await transport()).send({ method: 'POST', url: `https://localhost:${port}`, timeout }))
    expect(error.outcome).toBe('none')
  })

  it('when the time is over before the handshake is, and then it never leaves', async () => {
    const { port } = kept(await rawServer(() => undefined))
    const request = { method: 'POST', url: `https://localhost:${port}`, timeout: duration(50) }
    const error = await failure((await transport()).send(request))
    expect(error).toMatchObject({ outcome: 'none', code: 'service-unavailable' })
  })

  it('when it was given up beforehand', async () => {
    const { origin, seen } = await server((response) => response.end())
    const signal = AbortSignal.abort()
    const error = await failure((await transport()).send({ method: 'POST', url: origin, timeout, signal }))
    expect(error.outcome).toBe('none')
    expect(seen).toEqual([])
  })

  it.each(['http://localhost/', 'ftp://x/', 'no url', 'https://user:secret-word@localhost/'])(
    'when the address is %s',
    async (url) => {
      const error = await failure((await transport()).send({ method: 'GET', url, timeout }))
      expect(error).toMatchObject({ code: 'config-invalid', outcome: 'none' })
      expect(error.message).not.toContain('secret-word')
    },
  )

  it('when a header is malformed, and the value is not repeated', async () => {
    const headers = { authorization: 'Bearer broken\nvalue' }
    const error = await failure(
      (await transport()).send({ method: 'GET', url: 'https://localhost/', headers, timeout }),
    )
    expect(error).toMatchObject({ code: 'internal', outcome: 'none' })
    expect(inspect(error)).not.toContain('broken')
  })
})

describe('a request that was sent and brought no answer', () => {
  it('in time has an unknown outcome', async () => {
    const { origin, seen } = await server((response, { url }) => {
      if (url === '/first') response.end()
    })
    const { send } = await transport()
    // On a connection that stands, so that the time cannot run out before the request is sent.
    await send({ method: 'GET', url: `${origin}/first`, timeout })
    const error = await failure(send({ method: 'POST', url: `${origin}/second`, timeout: duration(300) }))
    expect(error).toMatchObject({ code: 'service-unavailable', outcome: 'unknown' })
    expect(seen).toHaveLength(2)
  })

  it('before it was given up has an unknown outcome', async () => {
    const abort = new AbortController()
    const { origin } = await server(() => abort.abort())
    const error = await failure(
      (await transport()).send({ method: 'POST', url: origin, timeout, signal: abort.signal }),
    )
    expect(error.outcome).toBe('unknown')
  })

  it('shows no secret in anything that can be printed of it', async () => {
    const secret = new Secret(`token-${'q'.repeat(30)}`)
    const { origin } = await server((response) => response.socket?.destroy())
    const headers = { authorization: `Bearer ${secret.reveal()}` }
    const url = `${origin}/?t=${secret.reveal()}`
    const error = await failure(
      (await transport()).send({ method: 'POST', url, headers, body: secret.reveal(), timeout }),
    )
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret.reveal())
  })
})

describe('the file of certificate authorities', () => {
  it('is a fault of the configuration when it is missing', async () => {
    const error = await failure(transport({ caFile: '/nowhere/ca.pem' }))
    expect(error).toMatchObject({
      code: 'config-invalid',
      message: 'tls.caFile: /nowhere/ca.pem cannot be read (ENOENT)',
    })
  })

  it.each([
    ['nothing of the kind', 'holds no certificate in PEM form'],
    [
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'holds a certificate that cannot be read (number 1)',
    ],
  ])('is a fault of the configuration when it holds %j', async (content, message) => {
    const path = join(dirname(certificate.caFile), 'bad.pem')
    await writeFile(path, content)
    expect((await failure(transport({ caFile: path }))).message).toBe(`tls.caFile: ${path} ${message}`)
  })
})

describe('a proxy', () => {
  const through = (port: number, address = `http://127.0.0.1:${port}`): TransportOptions['environment'] => ({
    HTTPS_PROXY: address,
  })

  it('is used, with the name left for it to resolve', async () => {
    const { port, seen } = await server((response) => response.end('far'))
    const proxy = kept(await connectProxy())
    const { send } = await transport({ environment: through(proxy.port) })
    const answer = await send({ method: 'GET', url: `https://service.test:${port}/x`, timeout })
    expect(Buffer.from(answer.body).toString()).toBe('far')
    expect(proxy.connects.map(({ target }) => target)).toEqual([`service.test:${port}`])
    expect(seen).toHaveLength(1)
  })

  it('that speaks TLS itself is trusted by the own authority as well', async () => {
    const { port } = await server((response) => response.end('far'))
    const proxy = kept(await connectProxy(undefined, certificate))
    const { send } = await transport({ environment: through(proxy.port, `https://localhost:${proxy.port}`) })
    expect((await send({ method: 'GET', url: `https://service.test:${port}/`, timeout })).status).toBe(200)
    expect(proxy.connects).toHaveLength(1)
  })

  it('is given user name and password, which stay out of errors', async () => {
    const { port } = await server((response) => response.end())
    const proxy = kept(await connectProxy())
    const password = `p%40ss-${'w'.repeat(8)}`
    const environment = through(proxy.port, `http://me:${password}@127.0.0.1:${proxy.port}`)
    await (await transport({ environment })).send({ method: 'GET', url: `https://service.test:${port}/`, timeout })
    const expected = Buffer.from(`me:${decodeURIComponent(password)}`).toString('base64')
    expect(proxy.connects[0]?.authorization).toBe(`Basic ${expected}`)
    expect(Secret.redact(`x ${decodeURIComponent(password)} y`)).toBe('x [secret] y')
  })

  it('is passed by for hosts in NO_PROXY and for our own loopback', async () => {
    const { origin } = await server((response) => response.end())
    const proxy = kept(await connectProxy())
    const environment = { ...through(proxy.port), NO_PROXY: 'service.test' }
    const { send } = await transport({ environment })
    expect((await send({ method: 'GET', url: origin, timeout })).status).toBe(200)
    const error = await failure(send({ method: 'GET', url: 'https://service.test:1/', timeout }))
    expect(error.outcome).toBe('none')
    expect(proxy.connects).toEqual([])
  })

  it('in lower case counts before the one in upper case, and needs no scheme', async () => {
    const { port } = await server((response) => response.end())
    const proxy = kept(await connectProxy())
    const environment = { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: `127.0.0.1:${proxy.port}` }
    await (await transport({ environment })).send({ method: 'GET', url: `https://service.test:${port}/`, timeout })
    expect(proxy.connects).toHaveLength(1)
  })

  it.each([
    [407, 'asks for a user name and password'],
    [403, 'the proxy refused the connection (403)'],
    [502, 'the proxy refused the connection (502)'],
  ])('that answers %i has let nothing through', async (status, message) => {
    const proxy = kept(await connectProxy(status))
    const { send } = await transport({ environment: through(proxy.port) })
    const error = await failure(send({ method: 'POST', url: 'https://service.test/', timeout }))
    expect(error).toMatchObject({ code: 'service-unavailable', outcome: 'none' })
    expect(error.message).toContain(message)
  })

  it('that nobody serves has let nothing through', async () => {
    const { send } = await transport({ environment: through(await closedPort()) })
    const error = await failure(send({ method: 'POST', url: 'https://service.test/', timeout }))
    expect(error.outcome).toBe('none')
  })

  it('that hangs up has let nothing through', async () => {
    const { port } = kept(await rawServer((socket) => socket.destroy()))
    const { send } = await transport({ environment: through(port) })
    const error = await failure(send({ method: 'POST', url: 'https://service.test/', timeout }))
    expect(error.outcome).toBe('none')
  })

  it.each([['http://:::'], ['ftp://proxy'], ['http://user:%zz@proxy']])('of address %s is refused', async (address) => {
    const error = await failure(transport({ environment: { HTTPS_PROXY: address } }))
    expect(error.code).toBe('config-invalid')
    expect(error.message).toContain('HTTPS_PROXY')
    expect(error.message).not.toContain('%zz')
  })
})
