/**
 * The checksums that the forms of personal access tokens carry, as Microsoft's library for finding secrets publishes them.
 * Nobody could compare them with what Azure DevOps itself makes, so a wrong one is a hint and proves nothing.
 * https://github.com/microsoft/security-utilities
 */

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** The two halves of `Default0` in ASCII, read as a big-endian number. */
const seed = { low: 0x756c7430, high: 0x44656661 }

/** Whether the last four of 84 characters are a checksum of the 80 before them, in today's writing or in the earlier one. */
export function hasChecksum(value: string): boolean {
  const sum = marvin(bytesOf(value.slice(0, 80), base64, 6))
  const bytes = [0, 8, 16, 24].map((shift) => (sum >>> shift) & 0xff)
  return [digitsOf(bytes, base62), inBase64(bytes)].includes(value.slice(80))
}

/** Whose PAT the 52 characters of the old form are, by their checksum; undefined when it is that of neither. */
export function oldIssuer(value: string): 'user' | 'application' | undefined {
  const bytes = bytesOf(value, base32, 5).slice(0, 32)
  const places = [22, 8, 7, 2]
  const stated = places.reduce((sum, place, index) => (sum | ((bytes[place] ?? 0) << (8 * index))) >>> 0, 0)
  const sum = crc(bytes.filter((_, place) => !places.includes(place)))
  if ((sum ^ 0xe0b9692d) >>> 0 === stated) return 'user'
  return (sum ^ 0x1019f92e) >>> 0 === stated ? 'application' : undefined
}

/** The bytes that a text stands for, whose characters have so many bits each; what is left of the last byte is dropped. */
function bytesOf(text: string, alphabet: string, bits: number): readonly number[] {
  const bytes: number[] = []
  let held = 0
  let have = 0
  for (const character of text) {
    held = (held << bits) | Math.max(0, alphabet.indexOf(character))
    have += bits
    if (have < 8) continue
    have -= 8
    bytes.push((held >>> have) & 0xff)
    held &= (1 << have) - 1
  }
  return bytes
}

/** The bytes as one number in base 62, filled up with zeros at its end to six digits, of which the first four count. */
function digitsOf(bytes: readonly number[], alphabet: string): string {
  let rest = bytes.reduce((number, byte) => number * 256 + byte, 0)
  let digits = ''
  for (; rest > 0; rest = Math.floor(rest / 62)) digits = `${alphabet.charAt(rest % 62)}${digits}`
  return digits.padEnd(6, '0').slice(0, 4)
}

function inBase64([first = 0, second = 0, third = 0]: readonly number[]): string {
  const joined = (first << 16) | (second << 8) | third
  return [18, 12, 6, 0].map((shift) => base64.charAt((joined >>> shift) & 63)).join('')
}

/** Marvin32 of whole words, with its two halves folded into one. */
function marvin(bytes: readonly number[]): number {
  let { low, high } = seed
  const words = Array.from({ length: bytes.length / 4 }, (_, at) =>
    [3, 2, 1, 0].reduce((word, offset) => (word << 8) | (bytes[at * 4 + offset] ?? 0), 0),
  )
  for (const word of [...words, 0x80, 0]) {
    low = (low + word) | 0
    high ^= low
    low = (rotated(low, 20) + high) | 0
    high = rotated(high, 9) ^ low
    low = (rotated(low, 27) + high) | 0
    high = rotated(high, 19)
  }
  return (low ^ high) >>> 0
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

/** CRC-32, as zip files have it. */
function crc(bytes: readonly number[]): number {
  let rest = 0xffffffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
  }
  return ~rest >>> 0
}
