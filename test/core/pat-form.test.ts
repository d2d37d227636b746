import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { formOf, formText, isPatForm } from '../../src/core/pat-form.ts'
import { Secret } from '../../src/core/secret.ts'
import { makeOldPat, makePat } from '../../src/emulator/azure-devops/pat-format.ts'

const form = (value: string) => formOf(new Secret(value))

/** The same with another character in its middle. */
function mistyped(value: string): string {
  const other = value[30] === 'b' ? 'c' : 'b'
  return `${value.slice(0, 30)}${other}${value.slice(31)}`
}

describe('the form of a value', () => {
  test('is that of today, with its month, and a slip shows in the checksum', () => {
    for (let round = 0; round < 200; round++) {
      const value = makePat(Date.UTC(2026, 10, 24))
      expect(form(value)).toEqual({ kind: 'current', checksum: 'right', madeIn: '2026-11' })
      expect(form(mistyped(value))).toMatchObject({ kind: 'current', checksum: 'wrong' })
    }
  })

  test('is that of before, with whose it is', () => {
    for (let round = 0; round < 200; round++) {
      const value = makeOldPat()
      expect(form(value)).toEqual({ kind: 'old', issuer: 'user' })
      expect(form(mistyped(value))).toEqual({ kind: 'old', issuer: undefined })
    }
  })

  test('without the inner mark tells no month', () => {
    const value = `${'a'.repeat(76)}AZDO${'0'.repeat(4)}`
    expect(form(value)).toEqual({ kind: 'current', checksum: 'wrong', madeIn: undefined })
  })

  test('is none of them for what only looks alike', () => {
    const [head, body] = ['eyJhbGciOiJub25lIn0', randomBytes(30).toString('base64url')]
    expect(form(`${head}.${body}.`)).toEqual({ kind: 'web-token' })
    for (const value of ['', 'a word', 'A'.repeat(52), `${'a'.repeat(75)}AZDO${'0'.repeat(5)}`])
      expect(form(value)).toEqual({ kind: 'other' })
  })

  test('says who may be shown it, and is told without the value', () => {
    const values = [makePat(0), makeOldPat(), 'eyJhbGciOiJub25lIn0.e30.', 'another']
    expect(values.map((value) => isPatForm(form(value)))).toEqual([true, true, false, false])
    for (const value of [...values, mistyped(makePat(0)), mistyped(makeOldPat())]) {
      expect(formText(form(value))).toMatch(/^(?:that of a PAT|none that PATs|a JSON web token)/)
      expect(formText(form(value))).not.toContain(value)
    }
  })
})
