import { randomBytes, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { marvin32 } from './marvin32.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** "Default0" in ASCII, read as a big-endian number. */
const CHECKSUM_SEED = Buffer.from('Default0').readBigUInt64BE()
const OLD_USER_SEED = 0xe0b9692d

/**
 * A value in the form of today: 84 characters, of which 52 are random, with the fixed mark of the format at 52, year
 * and month at 58, the mark of Azure DevOps at 76 and a checksum in the last four.
 * https://learn.microsoft.com/en-us/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 *
 * The layout is that of https://github.com/microsoft/security-utilities. How Azure DevOps itself makes the checksum could
 * not be compared with a real value, so a reader must not refuse one because its checksum differs.
 *
 * @param at when it is made, milliseconds since the epoch
 */
export function makePat(at: number): string {
  const date = new Date(at)
  const year = BASE64[date.getUTCFullYear() - 2024] ?? 'A'
  const month = BASE64[date.getUTCMonth()] ?? 'A'
  const body = `${randomOf(BASE62, 52)}JQQJ99${year}${month}${randomOf(BASE62, 12)}AAAAAZDO`
  return body + patChecksum(body)
}

/** The last four characters of a value of 84, from the 80 before them. */
export function patChecksum(body: string): string {
  const { low, high } = marvin32(CHECKSUM_SEED, Buffer.from(body, 'base64'))
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE((low ^ high) >>> 0)
  let rest = bytes.readUInt32BE()
  let digits = ''
  while (rest > 0) {
    digits = `${BASE62[rest % 62]}${digits}`
    rest = Math.floor(rest / 62)
  }
  return digits.padEnd(6, '0').slice(0, 4)
}

/** A value in the form of before July 2024: 52 characters of base32 with a CRC spread over four of the 32 bytes. */
export function makeOldPat(): string {
  const bytes = randomBytes(32)
  const sum = (crc32(oldBody(bytes)) ^ OLD_USER_SEED) >>> 0
  for (const [shift, index] of OLD_SUM_BYTES) bytes[index] = (sum >>> shift) & 0xff
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  // 52 characters hold 260 bits: the last four are zero.
  bits <<= 4n
  let text = ''
  for (let index = 51; index >= 0; index -= 1) text += BASE32[Number((bits >> BigInt(index * 5)) & 31n)]
  return text
}

/** Where the CRC's bytes stand: how far each is shifted in the CRC, and its place. */
const OLD_SUM_BYTES = [
  [0, 22],
  [8, 8],
  [16, 7],
  [24, 2],
] as const

function oldBody(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 2), bytes.subarray(3, 7), bytes.subarray(9, 22), bytes.subarray(23, 32)])
}

function randomOf(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
