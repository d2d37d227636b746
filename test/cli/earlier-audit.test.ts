import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Audit } from '../../src/app/audit/audit.ts'
import { auditJson } from '../../src/cli/audit/audit-json.ts'
import { limitsOfComparison, sinceThen } from '../../src/cli/audit/audit-since.ts'
import { readEarlier, readEarlierText } from '../../src/cli/audit/earlier-audit.ts'
import type { AuditedPat } from '../../src/core/audit/audited-pat.ts'
import { builtInAuditRules } from '../../src/core/audit/audit-rules.ts'
import { findingsOf } from '../../src/core/audit/findings.ts'
import { aPat, start } from '../support/builders.ts'

const names = ['Feed', 'line\u2028end', '{"a": [', '"},', '    {},', 'Grüße 🎉', '  "findings": [']

const pats = names.map((displayName, index): AuditedPat => {
  return {
    pat: aPat({ authorizationId: `pat-${index}`, displayName, ...(index === 1 ? { validTo: undefined } : {}) }),
    organizations: ['contoso'],
    owner: { user: 'ann@contoso.example', state: 'unknown' },
    account: undefined,
    care: { kind: 'nobody' },
  }
})

const audit: Audit = {
  auditedAt: start,
  scope: 'everybody',
  organizations: ['contoso'],
  administered: ['contoso'],
  pats,
  findings: findingsOf(pats, {
    now: start,
    rules: builtInAuditRules,
    policies: [],
    grants: [],
    deadReferences: [],
    oldFormats: new Set(),
  }),
  idleWaivers: [],
  problems: [],
  limits: [],
}

const written = [...auditJson({ audit, failOn: 'high', since: undefined, configFile: undefined })].join('')
const asValue = JSON.parse(written) as Record<string, unknown>

async function* inChunks(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

const read = (text: string, size = 64) => readEarlierText(inChunks(text, size), 'audit.json')

describe('an earlier audit', () => {
  it.each<[string, string]>([
    ['as it was written', written],
    ['in one line', JSON.stringify(asValue)],
    ['formatted anew', JSON.stringify(asValue, undefined, 4)],
    ['with its lists first', JSON.stringify({ findings: asValue['findings'], pats: asValue['pats'], ...asValue })],
    ['with the ends of lines of Windows', written.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\uFEFF${written}`],
  ])('%s is read, however it comes', async (_, text) => {
    for (const size of [1, 7, 64, 100_000]) {
      const earlier = await read(text, size)
      expect(earlier.pats.map(({ displayName }) => displayName)).toEqual(names)
      expect(earlier.findings).toHaveLength(audit.findings.length)
      const { newPats, gonePats, extended, changed, newFindings, goneFindings } = sinceThen(earlier, audit).comparison
      expect([newPats, gonePats, extended, changed, newFindings, goneFindings].flat()).toEqual([])
    }
  })

  it('keeps once what many PATs have in common', async () => {
    const { pats: read1 } = await read(written)
    expect(new Set(read1.map(({ scopes }) => scopes)).size).toBe(1)
    expect(new Set(read1.map(({ organizations }) => organizations)).size).toBe(1)
  })

  it.each<[string, string, string]>([
    ['nothing', '', 'audit.json is empty'],
    ['half of one', written.slice(0, written.length / 2), 'audit.json is not JSON'],
    ['one that lacks its end', written.slice(0, -2), 'audit.json is not JSON'],
    [
      'another version',
      written.replace('"version": 1', '"version": 2'),
      'is the JSON of an audit in version 2, and this',
    ],
    ['something else', '{"version": 1, "pats": []}', 'audit.json is not the JSON of an audit (kind: '],
    ['a list', '[]', 'audit.json is not the JSON of an audit (the whole: '],
    ['a PAT without an owner', written.replace('"owner":', '"user":'), 'is not the JSON of an audit (pats.0.owner: '],
    [
      'a finding without a name',
      written.replace('    {"name":', '    {"named":'),
      'is not the JSON of an audit (findings.0.name: ',
    ],
  ])('of %s is refused', async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
      remedy: 'Name a file that `patrol audit --json` wrote.',
    })
  })
})

describe('a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patrol-earlier-'))
  const path = join(directory, 'audit.json')
  afterAll(() => rmSync(directory, { recursive: true }))

  it.each(['utf8', 'utf16le'] as const)('in %s is read', async (encoding) => {
    writeFileSync(path, `\uFEFF${written}`, encoding)
    expect((await readEarlier(path, 'audit.json')).pats).toHaveLength(names.length)
  })

  it('that is a directory is told', async () => {
    await expect(readEarlier(directory, '.')).rejects.toMatchObject({ message: '. cannot be read: it is a directory' })
  })
})

describe('what a comparison cannot tell', () => {
  it('is said', async () => {
    const earlier = await read(written)
    expect(limitsOfComparison(earlier, audit)).toEqual([])
    const problem = { token: 'contoso', code: 'throttled', message: 'slow', remedy: 'Wait.' } as const
    expect(
      limitsOfComparison(
        { ...earlier, complete: false },
        { ...audit, organizations: ['fabrikam'], problems: [problem] },
      ),
    ).toEqual([
      'the earlier audit was not complete: what it did not see looks new',
      'this audit is not complete: what it did not see looks gone',
      'the earlier audit did not look into fabrikam: all PATs there look new',
      'this audit did not look into contoso: all PATs there look gone',
    ])
  })
})
