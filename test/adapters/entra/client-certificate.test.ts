import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'
import { beforeAll, describe, expect, it } from 'vitest'
import { certificateOf, readCertificate } from '../../../src/adapters/entra/client-certificate.ts'
import { asPatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'

let cert: string
let key: string
let other: string
beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'own' }], { keyType: 'rsa', keySize: 2048 })
  cert = made.cert
  key = made.private
  other = (await generate([{ name: 'commonName', value: 'other' }], { keyType: 'rsa', keySize: 2048 })).cert
})

const read = (text: string, passphrase?: string) =>
  readCertificate(new Secret(text), passphrase === undefined ? undefined : new Secret(passphrase))
const encrypted = (form: 'pkcs1' | 'pkcs8', passphrase: string): string =>
  createPrivateKey(key).export({ type: form, format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()

describe('a PEM text with certificate and key', () => {
  it.each([
    ['the certificate first', () => `${cert}\n${key}`],
    ['the key first', () => `${key}\n${cert}`],
    ['other certificates around', () => `${other}\n${key}\n${cert}`],
    ['words and line breaks of Windows', () => `Bag Attributes\r\n${`${cert}\n${key}`.replaceAll('\n', '\r\n')}\r\n`],
  ])('is read: %s', (_, text) => {
    const reading = read(text())
    if (reading.kind === 'fault') return expect.fail(reading.text)
    const { thumbprintSha256, privateKey, x5c } = reading.certificate
    expect(thumbprintSha256).toBe(new X509Certificate(cert).fingerprint256.replaceAll(':', ''))
    expect(createPrivateKey(privateKey).equals(createPrivateKey(key))).toBe(true)
    expect(new X509Certificate(x5c).fingerprint256).toBe(new X509Certificate(cert).fingerprint256)
  })

  it('is opened by its passphrase', () => {
    const text = `${cert}\n${encrypted('pkcs8', 'pass-phrase')}`
    expect(read(text, 'pass-phrase').kind).toBe('certificate')
    expect(read(text)).toMatchObject({ text: expect.stringContaining('there is no passphrase') })
    expect(read(text, 'wrong')).toMatchObject({ text: expect.stringContaining('does not open') })
  })

  it.each<[string, () => string, string]>([
    ['nothing', () => '', 'no certificate'],
    ['only a key', () => key, 'no certificate'],
    ['only a certificate', () => cert, 'no private key'],
    ['the key of another', () => `${other}\n${key}`, 'belongs to none'],
    ['a damaged certificate', () => `${cert.replaceAll(/[A-Z]/g, 'A')}\n${key}`, 'no certificate'],
    ['a damaged key', () => `${cert}\n${key.replaceAll(/[a-z]/g, 'a')}`, 'cannot be read'],
    [
      'a key of another kind',
      () => {
        const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        return `${cert}\n${pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}`
      },
      'not RSA',
    ],
  ])('is none: %s', (_, text, part) => {
    const reading = read(text())
    expect(reading).toMatchObject({ kind: 'fault', text: expect.stringContaining(part) })
  })

  it('that is none names the account and nothing of the text', () => {
    try {
      certificateOf('bot', new Secret(`nothing ${key.slice(0, 200)}`), undefined)
      expect.fail('it was read')
    } catch (thrown) {
      const { code, message } = asPatrolError(thrown)
      expect(code).toBe('sign-in-misconfigured')
      expect(message).toBe('account bot: the value of certificate holds no certificate in PEM form')
    }
  })
})
