import { isMap, isNode, isSeq, parseDocument } from 'yaml'
import { PatrolError } from '../../core/errors.ts'
import type { ProposedEntry } from '../../core/migration.ts'

export interface Additions {
  readonly entries: readonly ProposedEntry[]
  /** The store that the entries name; undefined: what `defaults` say. */
  readonly store: string | undefined
  readonly revokeReplaced: boolean
}

/**
 * The text of a configuration with entries behind those that it has. Every other byte stays as it is, comments among
 * them.
 *
 * @throws PatrolError `usage` when the list of tokens is written in one line
 */
export function withEntries(source: string, additions: Additions): string {
  const end = source.includes('\r\n') ? '\r\n' : '\n'
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'error', version: '1.2' })
  const tokens = isMap(document.contents) ? document.contents.get('tokens', true) : undefined
  const said = (key: string): unknown => document.getIn(['defaults', key])
  const block = (indent: string): string =>
    additions.entries
      .flatMap((entry) => linesOf(entry, additions, said).map((line) => `${indent}${line}${end}`))
      .join('')
  if (!isSeq(tokens) || !isNode(tokens) || tokens.range == null) throw notBlock()
  if (tokens.items.length === 0) {
    const [from, to] = tokens.range
    const lineEnd = endOfLine(source, to)
    const rest = source.slice(to, lineEnd).trimEnd()
    return `${source.slice(0, from).trimEnd()}${rest}${end}${block('  ')}${source.slice(lineEnd).replace(/^\r?\n/, '')}`
  }
  const first = tokens.items[0]
  const last = tokens.items.at(-1)
  if (tokens.flow === true || !isNode(first) || first.range == null || !isNode(last) || last.range == null)
    throw notBlock()
  const [, indent] = /(?:^|\n)([ ]*)-\s+$/.exec(source.slice(0, first.range[0])) ?? []
  if (indent === undefined) throw notBlock()
  const lastEnd = last.range[1]
  const at = source[lastEnd - 1] === '\n' ? lastEnd : endOfLine(source, lastEnd)
  const head = source.slice(0, at)
  const broken = source[at - 1] === '\n' ? head : `${head}${end}`
  return `${broken}${block(indent)}${source.slice(at).replace(/^\r?\n/, source[at - 1] === '\n' ? '$&' : '')}`
}

function notBlock(): PatrolError {
  return new PatrolError('usage', 'entries cannot be added to the list of tokens as it is written', {
    remedy: 'Write each entry of `tokens` on lines of its own, after "- ".',
  })
}

function endOfLine(source: string, from: number): number {
  const found = source.slice(from).search(/\r?\n/)
  return found < 0 ? source.length : from + found
}

function linesOf(entry: ProposedEntry, additions: Additions, said: (key: string) => unknown): readonly string[] {
  const { name, account, organization, displayName, scopes, replaces } = entry
  const { store, revokeReplaced } = additions
  return [
    `- name: ${scalar(name)}`,
    ...(displayName === undefined ? [] : [`  displayName: ${scalar(displayName)}`]),
    ...(said('account') === account ? [] : [`  account: ${scalar(account)}`]),
    ...(said('organization') === organization ? [] : [`  organization: ${scalar(organization)}`]),
    '  scopes:',
    ...scopes.map((scope) => `    - ${scalar(scope)}`),
    ...(store === undefined || said('store') === store ? [] : [`  store: ${scalar(store)}`]),
    '  replaces:',
    `    - ${scalar(replaces)}`,
    revokeReplaced
      ? '  revokeReplaced: true'
      : '  # When every entry of this PAT says true, it is revoked after the last of them is in place.',
    ...(revokeReplaced ? [] : ['  revokeReplaced: false']),
  ]
}

/** Plain where YAML reads it as text and nothing else, else in quotes. */
function scalar(text: string): string {
  const plain = /^[A-Za-z](?:[\w./ -]*[\w.])?$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
  return plain && !/^(?:true|false|null|y|n|yes|no|on|off)$/i.test(text) ? text : JSON.stringify(text)
}
