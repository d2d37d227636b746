import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visible, visibleJson, visibleLine } from '../../src/core/visible-text.ts'

describe('what nobody would see in the text of others', () => {
  it.each([
    ['the controls of writing directions', 'a\u202Eb\u2066c\u200F\u061C', 'a<U+202E>b<U+2066>c<U+200F><U+061C>'],
    ['characters of no width', 'a\u200Bb\u2060c\uFEFF\u00AD', 'a<U+200B>b<U+2060>c<U+FEFF><U+00AD>'],
    ['a joiner between letters that nothing joins', 'CI\u200Dx\u200C', 'CI<U+200D>x<U+200C>'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029', 'a<U+2028>b<U+2029>'],
    ['blanks that are no blanks', 'a\u3164b\u2800\uFFA0', 'a<U+3164>b<U+2800><U+FFA0>'],
    ['tags, which hold a text of their own', 'a\u{E0041}', 'a<U+E0041>'],
    ['the form of a letter', 'a\uFE0F', 'a<U+FE0F>'],
    ['halves of characters', 'a\uD83D', 'a<U+D83D>'],
  ])('%s are named', (_, text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  it.each(['Build = fast', 'größer 日本 עברית', '👩‍💻 laptop ❤️ 👍🏽', 'می‌خواهم', 'ക്‍ഷ', '  two\nlines\t'])(
    '%j stays what it is',
    (text) => {
      expect(visible(text)).toBe(text)
    },
  )

  it('ends of lines are named in what is one line', () => {
    expect(visibleLine('CI\r\nnightly  healthy\u001b[2K')).toBe('CI<U+000D><U+000A>nightly  healthy<U+001B>[2K')
  })

  const unit = fc.constantFrom(
    'a',
    '"',
    '\\',
    '\u202E',
    '\u200B',
    '\u009B',
    '\u2028',
    '\uD83D',
    '👩',
    '\u200D',
    '💻',
    '\n',
  )

  it('is escaped in JSON, which says the same', () => {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const json = visibleJson(JSON.stringify({ text }))
        expect(JSON.parse(json)).toEqual({ text })
        expect(json).not.toMatch(/[\u202E\u200B\u009B\u2028]/)
      }),
    )
  })

  it('is gone when it was named, so that naming it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        expect(visible(visible(text))).toBe(visible(text))
      }),
    )
  })
})
