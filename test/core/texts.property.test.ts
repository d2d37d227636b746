import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markedName, markLength, markOf, matchesGlob, slug } from '../../src/core/names.ts'
import { day, duration, formatDuration, hour, minute, parseDuration, second } from '../../src/core/time.ts'

/** Few characters, so that texts and patterns have to do with each other. */
const small = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '.', '\n', '😀', '[', '\\', ' '), maxLength: 8 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '*', '?', '.', '\n', '😀', '[', '\\'), maxLength: 8 })

/** The same question put to the regular expressions of the language. */
function asExpression(glob: string): RegExp {
  const source = Array.from(glob)
    .map((sign) =>
      sign === '*' ? '[^]*' : sign === '?' ? '[^]' : sign.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`),
    )
    .join('')
  return new RegExp(`^${source}$`, 'u')
}

describe('a pattern on display names', () => {
  it('fits what the regular expression of the same meaning fits', () => {
    let fitting = 0
    fc.assert(
      fc.property(pattern, small, (glob, text) => {
        const fits = asExpression(glob).test(text)
        expect(matchesGlob(glob, text)).toBe(fits)
        if (fits) fitting += 1
      }),
      { numRuns: 5_000 },
    )
    expect(fitting).toBeGreaterThan(200)
  })

  it('fits a text that was made for it', () => {
    const part = fc.oneof(
      small.map((text) => ({ sign: '*', text })),
      fc.constantFrom('a', '😀', '\n').map((text) => ({ sign: '?', text })),
      fc.constantFrom('a', 'b', '.').map((text) => ({ sign: text, text })),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const glob = parts.map(({ sign }) => sign).join('')
        expect(matchesGlob(glob, parts.map(({ text }) => text).join(''))).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a slug', () => {
  const words = fc.string({ unit: 'grapheme', maxLength: 30 })

  it('keeps letters and digits in their order, and does not regard case, accents or what separates them', () => {
    const plain = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', 'x', 'y', 'z', '0', '1', '9'),
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(
        fc.array(plain, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(' ', '--', '/', ' (', '_'),
        (parts, by) => {
          expect(slug(parts.join(by))).toBe(parts.join('-'))
          expect(slug(`${by}${parts.join(by).toUpperCase()}${by}`)).toBe(parts.join('-'))
        },
      ),
    )
  })

  it('is the same however the characters of a name are composed', () => {
    fc.assert(
      fc.property(words, (name) => {
        expect(slug(name.normalize('NFD'))).toBe(slug(name.normalize('NFC')))
      }),
    )
  })
})

describe('a mark', () => {
  it('is found in any text if and only if the text ends in one, and is then put back as it was', () => {
    const ending = fc.constantFrom(
      '',
      ' (patrol abcd12345678)',
      ' (patrol ABCD12345678)',
      ' (patrol abcd1234567)',
      '(patrol',
    )
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        ending,
        fc.constantFrom('', ' '),
        (name, end, rest) => {
          const text = name + end + rest
          const mark = markOf(text)
          expect(mark !== undefined).toBe(/ \(patrol [0-9a-z]{12}\)$/.test(text))
          if (mark === undefined) return
          expect(markedName(mark.base, mark.generation)).toBe(text)
          expect(text.length - mark.base.length).toBe(markLength)
        },
      ),
    )
  })
})

describe('a duration', () => {
  it('is read if and only if it is a whole number of one unit, and then is that long', () => {
    const unit = fc.constantFrom('s', 'm', 'h', 'd', 'w', 'S', '')
    const number = fc.oneof(
      fc.nat().map(String),
      fc.constantFrom('0', '01', '-1', '1.5', '', ' 1', '1e3', '9999999999'),
    )
    const sizes: Readonly<Record<string, number>> = { s: second, m: minute, h: hour, d: day }
    fc.assert(
      fc.property(number, unit, (digits, letter) => {
        const isOne = /^[1-9]\d{0,8}$/.test(digits) && sizes[letter] !== undefined
        expect(parseDuration(digits + letter)).toBe(isOne ? Number(digits) * (sizes[letter] ?? 0) : undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is said in the largest unit that loses nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 86_400 }), (seconds) => {
        const text = formatDuration(duration(seconds * 1_000))
        const unit = text.at(-1) ?? ''
        expect(parseDuration(text)).toBe(seconds * 1_000)
        const larger = { s: 60, m: 3_600, h: 86_400, d: Number.POSITIVE_INFINITY }[unit] ?? 0
        expect(seconds % larger === 0).toBe(false)
      }),
    )
  })
})
