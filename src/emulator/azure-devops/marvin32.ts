const rotateLeft = (value: number, bits: number) => ((value << bits) | (value >>> (32 - bits))) >>> 0

/**
 * Marvin32 as SymCrypt and .NET have it: a keyed checksum of 64 bits over bytes. Comes back as two halves.
 * https://github.com/microsoft/SymCrypt/blob/main/lib/marvin32.c
 */
export function marvin32(seed: bigint, bytes: Uint8Array): { low: number; high: number } {
  let low = Number(seed & 0xffffffffn)
  let high = Number(seed >> 32n)
  const mix = (word: number) => {
    low = (low + word) >>> 0
    high = (high ^ low) >>> 0
    low = rotateLeft(low, 20)
    low = (low + high) >>> 0
    high = rotateLeft(high, 9)
    high = (high ^ low) >>> 0
    low = rotateLeft(low, 27)
    low = (low + high) >>> 0
    high = rotateLeft(high, 19)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length - (bytes.length % 4)
  for (let index = 0; index < whole; index += 4) mix(view.getUint32(index, true))
  // What is left of the last word is closed with one bit, then one empty round stirs it in.
  let last = 0x80
  for (let index = bytes.length - 1; index >= whole; index -= 1) last = ((last << 8) | (bytes[index] ?? 0)) >>> 0
  mix(last)
  mix(0)
  return { low, high }
}
