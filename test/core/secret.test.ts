import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'

/** A new value for each test, because the class remembers every one that it ever held. */
let count = 0
function aValue(): string {
  count += 1
  return `hunter-${count}-swordfish`
}

/** Shaped like a PAT of today, made here so that no scanner finds one in this file. */
function aPatValue(): string {
  return ['x'.repeat(52), 'JQQJ', '99', 'CA', 'y'.repeat(12), 'AAAA', 'AZDO', '0abc'].join('')
}

describe('a secret', () => {
  const value = aValue()
  const secret = new Secret(value)

  it('opens with reveal alone', () => {
    expect(secret.reveal()).toBe(value)
    expect(Object.keys(secret)).toEqual([])
    expect(Reflect.ownKeys(secret)).toEqual([])
  })

  it.each<[string, () => string]>([
    ['a template', () => `it is ${secret as unknown as number}`],
    ['a concatenation', () => 'it is ' + (secret as unknown as number)],
    ['String()', () => String(secret)],
    ['a join', () => [secret].join()],
    ['JSON', () => JSON.stringify({ nested: [secret] })],
    ['an inspection', () => inspect(secret)],
    ['a deep inspection', () => inspect({ nested: [{ secret }] }, { showHidden: true, depth: null, getters: true })],
    ['an inspected map', () => inspect(new Map([[secret, secret]]))],
    ['the cause of an error', () => inspect(new Error('no', { cause: secret }))],
    ['the cause of an error of ours', () => inspect(new PatrolError('internal', 'no', { cause: { secret } }))],
    ['a property of an error', () => inspect(Object.assign(new Error('no'), { secret }))],
    ['an aggregate error', () => inspect(new AggregateError([secret], 'no'))],
  ])('prints as [secret] in %s', (_, print) => {
    expect(print()).toContain('[secret]')
    expect(print()).not.toContain(value)
  })

  it('is not a number', () => {
    expect(Number(secret)).toBeNaN()
  })

  it('leaves nothing of itself in a structured clone', () => {
    expect(inspect(structuredClone({ secret }), { showHidden: true, depth: null })).not.toContain(value)
  })

  it('equals one with the same value and no other', () => {
    expect(secret.equals(new Secret(value))).toBe(true)
    expect(secret.equals(new Secret(`${value} `))).toBe(false)
  })
})

describe('redaction', () => {
  it.each<[string, (value: string) => string]>([
    ['in plain', (value) => value],
    ['in the middle of a word', (value) => `x${value}x`],
    ['twice', (value) => `${value}${value}`],
    ['percent-encoded', (value) => encodeURIComponent(value)],
    ['in JSON', (value) => JSON.stringify({ value })],
    ['in the header of a request that a PAT signs', (value) => `Basic ${btoa(`:${value}`)}`],
    ['in a form', (value) => new URLSearchParams({ value }).toString()],
  ])('finds what was ever a secret %s', (_, write) => {
    const value = `a "b"/\\c d=(~'!*)${aValue()}`
    const secret = new Secret(value)
    const text = Secret.redact(`before ${write(value)} after`)
    expect(text).toMatch(/^before .*\[secret\].* after$/)
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), btoa(`:${value}`)]) {
      expect(text).not.toContain(form)
    }
    expect(secret.reveal()).toBe(value)
  })

  it('leaves nothing of a secret that begins with another', () => {
    const [first, second] = [aValue(), aValue()]
    const secrets = [first, `${first}-and-more`, `${second}-and-more`, second].map((value) => new Secret(value))
    for (const each of secrets) expect(Secret.redact(`<${each.reveal()}>`)).toBe('<[secret]>')
  })

  it('does not blank out the words that very short secrets would be', () => {
    expect(new Secret('token').reveal()).toBe('token')
    expect(Secret.redact('the token is due')).toBe('the token is due')
  })

  it('finds a value that is no well-formed text', () => {
    const value = `\ud800${aValue()}`
    expect(Secret.redact(new Secret(value).reveal())).toBe('[secret]')
  })

  it('takes text without a secret as it is', () => {
    const text = 'Feed: 30d, authorizationId 11111111-2222-3333-4444-555555555555 (patrol ab12cdefghij)'
    expect(Secret.redact(text)).toBe(text)
  })

  it.each<[string, string]>([
    ['84 characters with their signature', aPatValue()],
    ['its long form of 88', `${aPatValue()}xy==`],
    ['52 characters of base32', 'a2'.repeat(26)],
    ['a JSON web token', `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`],
  ])('finds %s, whoever it belongs to', (_, value) => {
    for (const [before, behind] of [
      ['', ''],
      [' ', ' '],
      ['"', '"'],
      ['=', '&'],
      ['_', '_'],
      [':', '@'],
    ] as const) {
      const text = Secret.redact(before + value + behind)
      expect(text.startsWith(`${before}[secret]`)).toBe(true)
      expect(text).not.toContain(value)
    }
  })

  it('keeps no value that this program ever held, whatever stands around it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    const values = fc.array(fc.string({ unit: 'binary', minLength: 6, maxLength: 12 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(values, text, text, (secrets, before, behind) => {
        for (const value of secrets) expect(new Secret(value).reveal()).toBe(value)
        for (const value of secrets) {
          fc.pre(!'[secret]'.includes(value))
          expect(Secret.redact(before + value + behind)).not.toContain(value)
        }
      }),
      { numRuns: 50 },
    )
  })
})
