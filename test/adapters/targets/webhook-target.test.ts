import { createHmac, timingSafeEqual } from 'node:crypto'
import { armor, Decrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTransport, type Transport } from '../../../src/adapters/http/transport.ts'
import { webhookFailure, webhookTarget } from '../../../src/adapters/targets/webhook-target.ts'
import { Secret } from '../../../src/core/secret.ts'
import { targetContract, type TargetWorld } from '../../contract/target.ts'
import { testCertificate, type TestCertificate } from '../support/certificate.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { scriptedServer } from '../support/servers.ts'
import { testClock } from '../stores/test-clock.ts'

let certificate: TestCertificate
let transport: Transport

beforeAll(async () => {
  certificate = await testCertificate()
  transport = await createTransport({ caFile: certificate.caFile, environment: {}, userAgent: 'test' })
})
afterAll(async () => {
  await transport.close()
  await certificate.remove()
})

async function world(isEncrypted: boolean): Promise<TargetWorld> {
  const secret = new Secret('the-secret-of-a-webhook')
  const identity = await generateIdentity()
  const held = new Map<string, string>()
  let next = 202
  const server = await scriptedServer(certificate, (response, { headers, body }) => {
    const meant = `v1=${createHmac('sha256', secret.reveal())
      .update(`${String(headers['patrol-timestamp'])}.${body}`)
      .digest('hex')}`
    const isSigned = timingSafeEqual(Buffer.from(String(headers['patrol-signature'])), Buffer.from(meant))
    const isFresh = Math.abs(Date.now() / 1_000 - Number(headers['patrol-timestamp'])) < 300
    const status = isSigned && isFresh ? next : 403
    next = 202
    const message = JSON.parse(body)
    if (status === 202 && isEncrypted) held.set(message.token, message.encryptedValue)
    else if (status === 202) expect(Object.keys(message)).not.toContain('encryptedValue')
    response.writeHead(status).end()
  })
  const leaks = new LeakWatch()
  const url = `${server.origin}/hook`
  const encryptTo = isEncrypted ? await identityToRecipient(identity) : undefined
  return {
    target: leaks.over(webhookTarget({ name: 'hook', url, secret, encryptTo, send: transport.send, clock: testClock })),
    tells: false,
    removes: false,
    apart: true,
    isReadable: isEncrypted,
    elapsed: () => testClock.elapsed(),
    held: async ({ token }) => {
      const text = held.get(token)
      if (text === undefined) return undefined
      const decrypter = new Decrypter()
      decrypter.addIdentity(identity)
      return decrypter.decrypt(armor.decode(text), 'text')
    },
    mutations: () => server.seen.length,
    denyNext: () => void (next = 403),
    stop: async () => {
      await server.stop()
      leaks.check([secret.reveal()], { sent: server.seen.map(({ url: path, body }) => path + body) })
    },
  }
}

targetContract('a webhook', () => world(false))
targetContract('a webhook with a value for one recipient', () => world(true))

it.each([
  [200, undefined, undefined],
  [204, undefined, undefined],
  [302, 'delivery-failed', 'none'],
  [400, 'delivery-failed', 'none'],
  [401, 'target-denied', 'none'],
  [404, 'target-not-found', 'none'],
  [429, 'throttled', 'none'],
  [503, 'target-unreachable', 'unknown'],
])('an answer of %i is %s', (status, code, outcome) => {
  const failure = webhookFailure({ status, headers: {} }, 'hook.example')
  expect([failure?.code, failure?.outcome]).toEqual([code, outcome])
})
