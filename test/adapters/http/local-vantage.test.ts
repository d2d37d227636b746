import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EnvHttpProxyAgent } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { localVantage } from '../../../src/adapters/http/local-vantage.ts'
import { proxyFor, proxyVariables } from '../../../src/adapters/http/proxy-variables.ts'
import { shownCertificate } from '../../../src/adapters/http/shown-certificate.ts'
import { type TestCertificate, testCertificate } from '../support/certificate.ts'
import { closedPort, connectProxy, scriptedServer } from '../support/servers.ts'

let certificate: TestCertificate
const toStop: { stop: () => Promise<void> }[] = []

beforeAll(async () => {
  certificate = await testCertificate()
})
afterEach(async () => {
  for (const each of toStop.splice(0).toReversed()) await each.stop()
})
afterAll(() => certificate.remove())

describe('which proxy a request passes', () => {
  const rows = [
    ['https://dev.azure.com', '', 'proxy'],
    ['https://dev.azure.com', 'dev.azure.com', undefined],
    ['https://DEV.azure.com', 'dev.AZURE.com', undefined],
    ['https://dev.azure.com', 'azure.com', undefined],
    ['https://dev.azure.com', '.azure.com', undefined],
    ['https://dev.azure.com', '*.azure.com', undefined],
    ['https://azure.com', '*.azure.com', 'proxy'],
    ['https://azure.com', '.azure.com', undefined],
    ['https://notazure.com', 'azure.com', 'proxy'],
    ['https://dev.azure.com', 'other.example, azure.com', undefined],
    ['https://dev.azure.com', 'azure.com:443', undefined],
    ['https://dev.azure.com', 'azure.com:8443', 'proxy'],
    ['https://dev.azure.com:8443', 'azure.com:8443', undefined],
    ['https://dev.azure.com', '*', undefined],
    ['https://dev.azure.com', '*:80', 'proxy'],
    ['https://dev.azure.com.', 'dev.azure.com', undefined],
    ['https://localhost:8443', '', undefined],
    ['https://127.0.0.1:8443', '', undefined],
    ['https://[::1]:8443', '', undefined],
    ['https://[2001:db8::1]', '[2001:db8::1]', undefined],
    ['https://[2001:db8::1]:8443', '[2001:db8::1]:8443', undefined],
  ] as const

  test.each(rows)('%s with NO_PROXY=%j goes by %s', (url, noProxy, expected) => {
    const variables = proxyVariables({ HTTPS_PROXY: 'http://proxy.example:8080', NO_PROXY: noProxy })
    expect(proxyFor(new URL(url), variables) === undefined ? undefined : 'proxy').toBe(expected)
  })

  test.each(rows)('%s with NO_PROXY=%j is what the network library does', async (url, noProxy, expected) => {
    const { noProxy: whole } = proxyVariables({ NO_PROXY: noProxy })
    const proxy = await connectProxy(502)
    toStop.push(proxy)
    const agent = new EnvHttpProxyAgent({
      httpsProxy: `http://127.0.0.1:${proxy.port}`,
      noProxy: whole,
      // Whoever goes straight is turned away at once; nothing leaves this machine.
      connect: (_options, callback) => callback(new Error('straight'), null),
    })
    await agent.request({ origin: new URL(url).origin, path: '/', method: 'GET' }).catch(() => undefined)
    await agent.destroy()
    expect(proxy.connects.length > 0 ? 'proxy' : undefined).toBe(expected)
  })
})

describe('the certificate that is shown', () => {
  test('is seen on the way through a proxy, whether it is trusted or not', async () => {
    const server = await scriptedServer(certificate, (response) => response.end())
    const proxy = await connectProxy()
    toStop.push(server, proxy)
    const url = new URL(`https://service.example:${server.port}`)
    const shown = await shownCertificate(url, new URL(`http://somebody:word@127.0.0.1:${proxy.port}`))
    expect(shown).toMatchObject({ isPublic: false, issuer: expect.any(String) })
    expect(proxy.connects).toEqual([
      {
        target: `service.example:${server.port}`,
        authorization: `Basic ${Buffer.from('somebody:word').toString('base64')}`,
      },
    ])
    expect(server.seen).toEqual([])
  })

  test.each([407, 502])('is none when the proxy says %i', async (status) => {
    const proxy = await connectProxy(status)
    toStop.push(proxy)
    const shown = await shownCertificate(new URL('https://service.example'), new URL(`http://127.0.0.1:${proxy.port}`))
    expect(shown).toBeUndefined()
  })

  test('is none where nobody listens, and none through a proxy of another kind', async () => {
    const url = new URL(`https://127.0.0.1:${await closedPort()}`)
    expect(await shownCertificate(url, undefined)).toBeUndefined()
    expect(await shownCertificate(url, new URL('socks5://127.0.0.1:1'))).toBeUndefined()
  })
})

describe('a file', () => {
  test.skipIf(process.platform === 'win32')('has its permission bits, and none when it is not there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'patrol-mode-'))
    toStop.push({ stop: () => rm(directory, { recursive: true }) })
    const vantage = localVantage({ send: () => Promise.reject(new Error('nothing is sent')) }, {})
    const file = join(directory, 'secret')
    await writeFile(file, '')
    for (const mode of [0o600, 0o644, 0o400]) {
      await chmod(file, mode)
      expect(await vantage.modeOf(file)).toBe(mode)
    }
    expect(await vantage.modeOf(join(directory, 'none'))).toBeUndefined()
  })
})
