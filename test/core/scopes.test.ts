import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullScope, normalizeScopes, parseScopes, sameScopes } from '../../src/core/scopes.ts'

describe('scopes', () => {
  it.each([
    ['one scope', 'vso.code', ['vso.code']],
    ['several, sorted', 'vso.work vso.code', ['vso.code', 'vso.work']],
    ['one that is named twice, once', 'vso.code vso.code', ['vso.code']],
    ['capitals, lower-cased', 'VSO.Code', ['vso.code']],
    ['any blanks between them', '  vso.code \t vso.work\n', ['vso.code', 'vso.work']],
    ['no text, as none', '', []],
    ['blanks alone, as none', '   ', []],
    ['full access', 'app_token', [fullScope]],
  ])('read %s', (_, text, scopes) => {
    expect(parseScopes(text)).toEqual(scopes)
  })

  it.each([
    ['the order does not matter', ['vso.code', 'vso.work'], ['vso.work', 'vso.code'], true],
    ['case and repetition do not matter', ['VSO.code'], ['vso.code', 'vso.code '], true],
    ['one more is not the same', ['vso.code'], ['vso.code', 'vso.work'], false],
    ['write is not read', ['vso.code_write'], ['vso.code'], false],
    ['none is not some', [], ['vso.code'], false],
    ['two scopes are not one with a similar name', ['a', 'b'], ['ab'], false],
  ])('%s', (_, left, right, same) => {
    expect(sameScopes(left, right)).toBe(same)
    expect(sameScopes(right, left)).toBe(same)
  })

  it('stay what they are when read, printed and read again in any order', () => {
    const scope = fc.stringMatching(/^[a-zA-Z._]{1,12}$/)
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), (some, more) => {
        const scopes = normalizeScopes([...some, ...more])
        expect(parseScopes(scopes.toReversed().join('  '))).toEqual(scopes)
        expect(sameScopes([...some, ...more], [...more, ...some])).toBe(true)
      }),
    )
  })
})
