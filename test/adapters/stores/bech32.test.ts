import { generateHybridIdentity, generateIdentity } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import { ageIdentityFault } from '../../../src/adapters/stores/age-key.ts'
import { hasBech32Checksum } from '../../../src/adapters/stores/bech32.ts'
import { Secret } from '../../../src/core/secret.ts'

describe('a checksum of Bech32', () => {
  it.each(['A12UEL5L', 'a12uel5l', 'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw', '?1ezyfcl'])('fits %s', (text) => {
    expect(hasBech32Checksum(text)).toBe(true)
  })

  it.each(['A1G7SGD8', 'a12UEL5L', '1qzzfhee', 'pzry9x0s0muk', 'x1b4n0q5v', 'li1dgmt3', ''])(
    'does not fit %j',
    (text) => {
      expect(hasBech32Checksum(text)).toBe(false)
    },
  )
})

describe('an age identity', () => {
  it('is whole as it was made, in both forms, alone or in a file', async () => {
    for (const identity of [await generateIdentity(), await generateHybridIdentity()]) {
      expect(ageIdentityFault(new Secret(identity))).toBeUndefined()
      expect(ageIdentityFault(new Secret(`# created: today\n${identity}\n`))).toBeUndefined()
    }
  })

  it('is found out when any one character of it is another', async () => {
    const identity = await generateIdentity()
    const start = 'AGE-SECRET-KEY-1'.length
    for (let at = start; at < identity.length; at++) {
      const other = identity[at] === 'Q' ? 'P' : 'Q'
      const changed = identity.slice(0, at) + other + identity.slice(at + 1)
      expect(ageIdentityFault(new Secret(changed))).toBe('checksum')
    }
    expect(ageIdentityFault(new Secret(identity.slice(0, -1)))).toBe('none')
  })
})
