import { describe, expect, it, test } from 'vitest'
import { withEntries } from '../../src/app/config/added-entries.ts'
import { goodFile, wanted } from './load-text.ts'

const entry = {
  name: 'ci-contoso',
  account: 'ci-bot',
  organization: 'contoso',
  displayName: 'CI: all "of" it',
  scopes: ['code.write'],
  replaces: 'aaaaaaaa-2222-3333-4444-555555555555',
}
const additions = { entries: [entry], store: 'vault', revokeReplaced: true }
const block = `  - name: ci-contoso
    displayName: "CI: all \\"of\\" it"
    scopes:
      - code.write
    replaces:
      - aaaaaaaa-2222-3333-4444-555555555555
    revokeReplaced: true
`

describe('entries are added behind the last one, and every other byte stays', () => {
  it.each([
    ['at the end of the file', goodFile, `${goodFile}${block}`],
    ['of a file without a last line end', goodFile.trimEnd(), `${goodFile}${block}`],
    ['before another section', `${goodFile}gitCache: 5m # short\n`, `${goodFile}${block}gitCache: 5m # short\n`],
    ['before a blank line and a section', `${goodFile}\ngitCache: 5m\n`, `${goodFile}${block}\ngitCache: 5m\n`],
    ['behind a comment on the last line', `${goodFile.trimEnd()} # why\n`, `${goodFile.trimEnd()} # why\n${block}`],
    [
      'as far to the right as the others',
      goodFile.replace('  - name: package-feed\n    scopes:', '- name: package-feed\n  scopes:'),
      `${goodFile.replace('  - name: package-feed\n    scopes:', '- name: package-feed\n  scopes:')}${block.replaceAll(/^ {2}/gm, '')}`,
    ],
    [
      'into an empty list',
      `${goodFile.slice(0, goodFile.indexOf('tokens:'))}tokens: [] # none yet\nlimits: {}\n`,
      `${goodFile.slice(0, goodFile.indexOf('tokens:'))}tokens: # none yet\n${block}limits: {}\n`,
    ],
    [
      'with the line ends of the file',
      goodFile.replaceAll('\n', '\r\n'),
      `${goodFile}${block}`.replaceAll('\n', '\r\n'),
    ],
  ])('%s', (_, before, after) => {
    expect(withEntries(before, additions)).toBe(after)
    expect(wanted(after).tokens.at(-1)).toMatchObject({ name: 'ci-contoso', displayName: 'CI: all "of" it' })
  })

  test('with what defaults do not say', () => {
    const other = { ...entry, account: 'other', organization: 'fabrikam', displayName: undefined }
    const text = withEntries(goodFile, { entries: [other], store: 'second', revokeReplaced: false })
    expect(text.slice(goodFile.length)).toBe(`  - name: ci-contoso
    account: other
    organization: fabrikam
    scopes:
      - code.write
    store: second
    replaces:
      - aaaaaaaa-2222-3333-4444-555555555555
    # When every entry of this PAT says true, it is revoked after the last of them is in place.
    revokeReplaced: false
`)
  })

  it.each(['tokens: [{ name: a }]\n', 'version: 1\n', 'tokens: 7\n'])('not into %j', (text) => {
    expect(() => withEntries(text, additions)).toThrow('entries cannot be added')
  })
})
