import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { marvin32 } from '../../src/emulator/azure-devops/marvin32.ts'
import { makeOldPat, makePat, patChecksum } from '../../src/emulator/azure-devops/pat-format.ts'

describe('Marvin32', () => {
  // The test vectors of .NET, each half of the sum for itself.
  test.each([
    ['', 0x004fb61a001bdbccn, 0x30ed35c100cd3c7dn],
    ['af', 0x004fb61a001bdbccn, 0x48e73fc77d75ddc1n],
    ['e70f', 0x004fb61a001bdbccn, 0xb5f6e1fc485dbff8n],
    ['37f495', 0x004fb61a001bdbccn, 0xf0b07c789b8cf7e8n],
    ['8642dc59', 0x004fb61a001bdbccn, 0x7008f2e87e9cf556n],
    ['153fb79826', 0x004fb61a001bdbccn, 0xe6c08c6da2afa997n],
    ['0932e6246c47', 0x804fb61a001bdbccn, 0xd6dd5e40ad1bc2edn],
    ['ab427ea8d10fc7', 0x804fb61a001bdbccn, 0xe203987dba252fb3n],
  ])('of %s is the published sum', (hex, seed, sum) => {
    const { low, high } = marvin32(seed, Buffer.from(hex, 'hex'))
    expect((BigInt(high) << 32n) | BigInt(low)).toBe(sum)
  })
})

describe('the form of a value', () => {
  test('today: 84 characters, with the marks where the documents say', () => {
    const value = makePat(Date.UTC(2026, 10, 24))
    expect(value).toMatch(/^[A-Za-z0-9]{52}JQQJ99CK[A-Za-z0-9]{12}AAAAAZDO[A-Za-z0-9]{4}$/)
    expect(value).toHaveLength(84)
    expect(value.slice(76, 80)).toBe('AZDO')
    expect(value.slice(80)).toBe(patChecksum(value.slice(0, 80)))
  })

  test('a changed character changes the checksum', () => {
    const body = makePat(0).slice(0, 80)
    const other = `${body[0] === 'a' ? 'b' : 'a'}${body.slice(1)}`
    expect(patChecksum(other)).not.toBe(patChecksum(body))
  })

  test('before 2024: 52 characters of base32 whose CRC of a user is right', () => {
    const value = makeOldPat()
    expect(value).toMatch(/^[a-z2-7]{52}$/)
    let bits = 0n
    for (const character of value) bits = (bits << 5n) | BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(character))
    const bytes = Buffer.from((bits >> 4n).toString(16).padStart(64, '0'), 'hex')
    const body = Buffer.concat([bytes.subarray(0, 2), bytes.subarray(3, 7), bytes.subarray(9, 22), bytes.subarray(23)])
    const stated = Buffer.from([bytes[22]!, bytes[8]!, bytes[7]!, bytes[2]!]).readUInt32LE()
    expect((crc32(body) ^ 0xe0b9692d) >>> 0).toBe(stated)
  })

  test('no two are alike', () => {
    expect(new Set(Array.from({ length: 50 }, () => makePat(0))).size).toBe(50)
  })
})
