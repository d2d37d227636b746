import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { decodeMetadata, encodeMetadata, type Metadata, type Tags } from '../../src/core/metadata.ts'
import { namedFailures } from '../../src/core/delivery.ts'
import { instant } from '../../src/core/time.ts'

const document = readFileSync(fileURLToPath(new URL('../../docs/metadata.md', import.meta.url)), 'utf8')

/** Metadata in which every field is there and every list needs a second tag. */
const full: Metadata = {
  organization: 'contoso',
  account: 'ci-bot@contoso.example',
  authorizationId: '11111111-2222-3333-4444-555555555555',
  generation: 'ab12cdefghij',
  scopes: Array.from({ length: 40 }, (_, index) => `vso.family${index}`),
  validFrom: instant(1),
  validTo: instant(2),
  asked: ['vso.code'],
  supersedes: Array.from({ length: 8 }, () => '22222222-2222-3333-4444-555555555555'),
  writtenAt: instant(3),
  rule: '*',
  hold: { until: instant(4), stops: 'revocation', reason: 'a broken build' },
  displayName: 'Package feed',
  deliveries: Array.from({ length: 12 }, (_, index) => ({
    target: `target-number-${index}`,
    beganAt: instant(1),
    deliveredAt: instant(2),
    nextAttemptAt: instant(3),
    failures: 1,
  })),
}

/** The names of tags that the text's table of fields explains. */
function explained(text: string): ReadonlySet<string> {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  return new Set(rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!)))
}

function unexplained(tags: Tags, text: string): readonly string[] {
  const names = explained(text)
  return Object.keys(tags).filter((name) => !names.has(name))
}

describe('docs/metadata.md', () => {
  it('explains every tag that can be written', () => {
    const tags = encodeMetadata(full)
    expect(Object.keys(tags)).toEqual(expect.arrayContaining(['rule', 'scope-2', 'supersedes-2', 'delivered-2']))
    expect(unexplained(tags, document)).toEqual([])
  })

  it.each(['patrol', 'rule', 'delivered'])('would be found out if it did not explain %s', (name) => {
    const shortened = document
      .split('\n')
      .filter((line) => !line.startsWith(`| \`${name}\``))
      .join('\n')
    expect(unexplained(encodeMetadata(full), shortened)).toContain(name)
  })

  it('has a row for the word of every error that a record can name', () => {
    const rows = [...document.matchAll(/^\| `([\w-]+)` \| `([\w-]+)` \|$/gm)].map(([, word, code]) => [word, code])
    const named = namedFailures.map((failure) => {
      const deliveries = [
        { target: 'a', beganAt: undefined, deliveredAt: undefined, failures: 1, failure, nextAttemptAt: undefined },
      ]
      const { delivered = '' } = encodeMetadata({ ...full, deliveries })
      return [delivered.split(':').at(-1), failure]
    })
    expect(rows).toEqual(named)
  })

  it('shows an example that reads and is written in just that form', () => {
    const [, example = ''] = /```text\n(.*?)```/s.exec(document) ?? []
    const tags = Object.fromEntries(
      example
        .trim()
        .split('\n')
        .map((line) => [/^\S+/.exec(line)?.[0], line.replace(/^\S+\s+/, '')]),
    ) as Tags
    const reading = decodeMetadata(tags)
    expect(reading.kind).toBe('read')
    if (reading.kind === 'read') expect(encodeMetadata(reading.metadata)).toEqual(tags)
  })
})
