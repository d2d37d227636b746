import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evenHash } from '../../src/core/hash.ts'
import {
  installationLength,
  installationOf,
  markedName,
  markLength,
  markOf,
  matchesGlob,
  randomLength,
  slug,
} from '../../src/core/names.ts'

const generation = fc.stringMatching(/^[0-9a-z]{12}$/)
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }))

describe('the mark', () => {
  it('stands behind the display name', () => {
    expect(markedName('Package feed', 'ab12cdefghij')).toBe('Package feed (patrol ab12cdefghij)')
    expect(markOf('Package feed (patrol ab12cdefghij)')).toEqual({
      base: 'Package feed',
      generation: 'ab12cdefghij',
      installation: 'ab12',
    })
  })

  it.each([
    ['a plain display name', 'Package feed'],
    ['another tool in brackets', 'Package feed (backup ab12cdefghij)'],
    ['too few characters', 'Package feed (patrol ab12cdefghi)'],
    ['too many characters', 'Package feed (patrol ab12cdefghijk)'],
    ['capitals', 'Package feed (patrol AB12CDEFGHIJ)'],
    ['something behind it', 'Package feed (patrol ab12cdefghij) old'],
    ['a line break behind it', 'Package feed (patrol ab12cdefghij)\n'],
    ['no blank before it', 'Package feed(patrol ab12cdefghij)'],
    ['nothing', ''],
  ])('is not seen in %s', (_, displayName) => {
    expect(markOf(displayName)).toBeUndefined()
  })

  it('is the last one where a display name bears two', () => {
    const twice = markedName(markedName('Feed', 'aaaabbbbbbbb'), 'ccccdddddddd')
    expect(markOf(twice)).toMatchObject({ base: 'Feed (patrol aaaabbbbbbbb)', generation: 'ccccdddddddd' })
  })

  it('survives any display name, and adds what it says it adds', () => {
    fc.assert(
      fc.property(anyText, generation, (displayName, mark) => {
        const name = markedName(displayName, mark)
        expect(markOf(name)).toEqual({ base: displayName, generation: mark, installation: mark.slice(0, 4) })
        expect(name.length - displayName.length).toBe(markLength)
        expect(mark).toHaveLength(installationLength + randomLength)
      }),
    )
  })

  it('is either not there or all that was added to its base', () => {
    fc.assert(
      fc.property(anyText, (displayName) => {
        const mark = markOf(displayName)
        expect(mark === undefined || markedName(mark.base, mark.generation) === displayName).toBe(true)
      }),
    )
  })
})

describe('the installation', () => {
  it('is the same on every machine, for ever', () => {
    expect(installationOf('https://contoso.vault.azure.net', 'package-feed-pat')).toBe('ca3a')
  })

  it('does not regard case, as names in Key Vault do not', () => {
    expect(installationOf('https://Contoso.vault.azure.net', 'Feed')).toBe(
      installationOf('https://contoso.vault.azure.net', 'fEED'),
    )
  })

  it('differs between secrets, stores, and ways to write both in one line', () => {
    const all = [installationOf('a', 'b'), installationOf('a', 'c'), installationOf('b', 'a'), installationOf('ab', '')]
    expect(new Set(all).size).toBe(all.length)
  })

  it('tells apart what it must: of a thousand secrets in a store no two share it but by rare chance', () => {
    const all = Array.from({ length: 1_000 }, (_, index) =>
      installationOf('https://contoso.vault.azure.net', `s${index}`),
    )
    expect(new Set(all).size).toBeGreaterThan(990)
  })

  it('has the form of its part of the mark, whatever the names', () => {
    fc.assert(
      fc.property(anyText, anyText, (store, secret) => {
        expect(installationOf(store, secret)).toMatch(/^[0-9a-z]{4}$/)
      }),
    )
  })
})

describe('the hash', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0x2b24d044],
  ])('of %j is one number', (text, number) => {
    expect(evenHash(text)).toBe(number)
  })

  it('is an integer of 32 bits for any text, and sees both bytes of a character', () => {
    expect(evenHash('a')).not.toBe(evenHash('š'))
    fc.assert(
      fc.property(anyText, (text) => {
        const hash = evenHash(text)
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true)
      }),
    )
  })

  it('spreads similar names evenly', () => {
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 2_000; index++) {
      const tenth = Math.floor((evenHash(`token-${index}`) / 2 ** 32) * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(80)
  })
})

describe('a slug', () => {
  it.each([
    ['Package feed', 'package-feed'],
    ['Package feed (old)', 'package-feed-old'],
    ['  --Build & Release--  ', 'build-release'],
    ['Müllers Zugang', 'mullers-zugang'],
    ['Ünïcödé', 'unicode'],
    ['ﬁle ①', 'file-1'],
    ['日本語', ''],
    ['🚀 deploy', 'deploy'],
    ['---', ''],
    ['', ''],
  ])('of %j is %j', (displayName, expected) => {
    expect(slug(displayName)).toBe(expected)
  })

  it('is a secret name that Key Vault takes, for any display name, and its own slug', () => {
    fc.assert(
      fc.property(anyText, (displayName) => {
        expect(slug(displayName)).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*)?$/)
        expect(slug(slug(displayName))).toBe(slug(displayName))
      }),
    )
  })
})

describe('a pattern', () => {
  it.each([
    ['*', '', true],
    ['*', 'anything at all', true],
    ['*', 'two\nlines', true],
    ['Feed', 'Feed', true],
    ['Feed', 'feed', false],
    ['Feed', 'Feed 2', false],
    ['Feed', 'My Feed', false],
    ['Feed*', 'Feed 2', true],
    ['*-ci', 'build-ci', true],
    ['*-ci', 'build-cd', false],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'acb', false],
    ['Feed ?', 'Feed 2', true],
    ['Feed ?', 'Feed ', false],
    ['Feed ?', 'Feed 22', false],
    ['?', '🚀', true],
    ['a.c', 'abc', false],
    ['(x|y)[z]{2}^$+\\', '(x|y)[z]{2}^$+\\', true],
    ['', '', true],
    ['', 'x', false],
  ])('%j fits %j: %s', (pattern, displayName, fits) => {
    expect(matchesGlob(pattern, displayName)).toBe(fits)
  })

  it('without wildcards fits itself alone, and with a star whatever stands there', () => {
    const plain = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/[*?]/.test(text))
    fc.assert(
      fc.property(plain, plain, plain, (head, middle, tail) => {
        expect(matchesGlob(head, head)).toBe(true)
        expect(matchesGlob(head, middle)).toBe(head === middle)
        expect(matchesGlob(`${head}*${tail}`, head + middle + tail)).toBe(true)
      }),
    )
  })

  it('is decided quickly for names made to be slow', () => {
    expect(matchesGlob(`${'*a'.repeat(12)}*b`, 'a'.repeat(256))).toBe(false)
  })
})
