import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_MS = 30_000
const DIGITS = 6

/** A fresh secret for an authenticator, in base32. */
export function makeSecret(): string {
  return Array.from(randomBytes(32), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/**
 * The code an authenticator shows: RFC 6238 with SHA-1, 6 digits and steps of 30 seconds, as authenticator apps use.
 * @param at milliseconds since the epoch
 */
export function codeAt(secret: string, at: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)))
  const digest = createHmac('sha1', keyOf(secret)).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 0x0f
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** Whether a code is the one of now, or of the step before or after: clocks of telephones differ. */
export function isCodeOf(secret: string, code: string, at: number): boolean {
  const shown = Buffer.from(code.replaceAll(/\s/g, ''))
  return [-STEP_MS, 0, STEP_MS].some((shift) => {
    const expected = Buffer.from(codeAt(secret, at + shift))
    return shown.length === expected.length && timingSafeEqual(shown, expected)
  })
}

/** Base32 to bytes. https://www.rfc-editor.org/rfc/rfc4648#section-6 */
function keyOf(secret: string): Buffer {
  const bits = Array.from(secret.toUpperCase(), (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join(
    '',
  )
  const bytes = bits.match(/[01]{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}
