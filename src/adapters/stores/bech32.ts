const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

/**
 * Whether a text of the form of Bech32, in either case, has the checksum that its last six characters are.
 * https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
 */
export function hasBech32Checksum(text: string): boolean {
  const word = text.toLowerCase()
  if (text !== word && text !== text.toUpperCase()) return false
  const end = word.lastIndexOf('1')
  const data = word
    .slice(end + 1)
    .split('')
    .map((sign) => alphabet.indexOf(sign))
  if (end < 1 || data.length < 6 || data.includes(-1)) return false
  const prefix = word
    .slice(0, end)
    .split('')
    .map((sign) => sign.charCodeAt(0))
  const expanded = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31)]
  return polymod([...expanded, ...data]) === 1
}

function polymod(values: readonly number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (const [bit, generator] of generators.entries()) if (((top >>> bit) & 1) === 1) sum ^= generator
  }
  return sum >>> 0
}
