import { describe, expect, it } from 'vitest'
import { headLine, placeLine, readProgress, type Seen, seenLine } from '../../src/adapters/audit-progress.ts'
import { PatrolError } from '../../src/core/errors.ts'
import { aPat, start } from '../support/builders.ts'

const seen = (descriptor: string): Seen => ({
  organization: 'contoso',
  member: { descriptor, user: `${descriptor}@contoso.example` },
  state: 'unknown',
  pats: [aPat(), aPat({ authorizationId: 'other', displayName: 'Grüße\u2028', validTo: undefined, scopes: [] })],
})

const head = headLine('contoso', start)
const whole = `${head}${seenLine(seen('a'))}${placeLine('contoso', 'next')}${seenLine(seen('b'))}`
const read = (text: string) => readProgress(text, 'audit.progress', 'contoso', start)

function refusalOf(text: string): PatrolError {
  try {
    read(text)
  } catch (thrown) {
    if (thrown instanceof PatrolError) return thrown
    throw thrown
  }
  throw new Error('it was read')
}

describe('progress', () => {
  it('is read back as it was written', () => {
    expect(read(whole)).toEqual({
      seen: [seen('a'), seen('b')],
      places: new Map([['contoso', { from: 'next' }]]),
      whole: Buffer.byteLength(whole),
    })
    expect(read(`${whole}${placeLine('contoso', undefined)}`)?.places.get('contoso')).toBe('end')
  })

  it('that was torn anywhere behind its head holds the lines that stand whole', () => {
    const bytes = Buffer.from(whole)
    const ends = [...whole.matchAll(/\n/g)].map(({ index }) => Buffer.byteLength(whole.slice(0, index + 1)))
    for (let length = Buffer.byteLength(head); length <= bytes.length; length++) {
      const progress = read(bytes.subarray(0, length).toString())
      expect(progress?.whole).toBe(ends.findLast((end) => end <= length))
    }
  })

  const row = JSON.stringify(seen('a').pats).length
  it.each<[string, string, string]>([
    ['a line that is no JSON', 'precious\n', 'line 4 of audit.progress is damaged: it is not JSON'],
    ['a line that is torn in the middle', `${seenLine(seen('c')).slice(0, row / 2)}\n`, 'it is not JSON'],
    ['an empty line', '\n', 'it is not JSON'],
    ['zeros, as a power cut leaves them', `${'\u0000'.repeat(40)}\n`, 'it is not JSON'],
    ['a line of something else', '{"organization":"contoso"}\n', 'damaged: descriptor: '],
    ['a member without PATs', seenLine(seen('c')).replace(/"pats"[^]*/, '"pats":null}\n'), 'damaged: pats: '],
    ['a PAT with a date as text', seenLine(seen('c')).replace(/\d{13}/, '"2026"'), 'damaged: pats.0.3: '],
    ['a state that there is not', seenLine(seen('c')).replace('unknown', 'asleep'), 'damaged: state: '],
    ['a place that is none', placeLine('contoso', 'next').replace('"next"}', '7}'), 'damaged: next: '],
  ])('with %s is refused by its line', (_, line, why) => {
    const text = `${head}${seenLine(seen('a'))}${placeLine('contoso', 'next')}${line}${seenLine(seen('b'))}`
    const { code, message, remedy } = refusalOf(text)
    expect({ code, message, remedy }).toEqual({
      code: 'usage',
      message: expect.stringContaining(why),
      remedy: 'Remove the file: the audit then begins anew.',
    })
    expect(message).toMatch(/^line 4 of audit\.progress is damaged: /)
  })

  it.each<[string, string, string]>([
    ['something else', '{"precious": true}\n', 'audit.progress is not the progress of an audit'],
    ['no whole line', 'precious', 'audit.progress is not the progress of an audit'],
    [
      'another version',
      head.replace('"patrol-audit-progress":1', '"patrol-audit-progress":2'),
      'audit.progress is the progress of an audit by another version of Patrol',
    ],
    ['no time', head.replace(/,"beganAt":\d+/, ''), 'line 1 of audit.progress is damaged: beganAt: '],
  ])('of %s is refused', (_, text, message) => {
    expect(refusalOf(text).message).toContain(message)
  })
})
