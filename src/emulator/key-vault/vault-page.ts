import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import { badParameter } from './vault-refusal.ts'

export interface PageEntry {
  /** What the entries are sorted by; no two are the same. */
  readonly key: string
  readonly item: unknown
}

const PAGE_SIZE = 25

/**
 * One page of a list, with the address of the next. At most 25 entries a page.
 * https://learn.microsoft.com/en-us/rest/api/keyvault/secrets/get-secrets/get-secrets
 */
export function writePage(call: Call, base: string, entries: readonly PageEntry[]): Answer {
  const text = call.query.get('maxresults') ?? String(PAGE_SIZE)
  const size = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (size < 1 || size > PAGE_SIZE) throw badParameter(`The value of maxresults must be between 1 and ${PAGE_SIZE}.`)
  const from = readSkipToken(call)
  const rest = entries
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .filter((entry) => from === undefined || entry.key > from)
  const page = rest.slice(0, size)
  const last = page.at(-1)
  let nextFrom = rest.length > page.length ? last?.key : undefined
  if (call.pageTwice) nextFrom = from ?? ''
  return jsonAnswer(200, {
    value: page.map(({ item }) => item),
    nextLink: nextFrom === undefined ? null : nextLink(call, base, nextFrom, size),
  })
}

function nextLink(call: Call, base: string, from: string, size: number): string {
  const skip = Buffer.from(JSON.stringify({ after: from })).toString('base64url')
  const version = encodeURIComponent(call.query.get('api-version') ?? '')
  return `${base}${call.path}?api-version=${version}&$skiptoken=${skip}&maxresults=${size}`
}

function readSkipToken(call: Call): string | undefined {
  const text = call.query.get('$skiptoken')
  if (text === null) return undefined
  try {
    const { after } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as { after?: unknown }
    if (typeof after === 'string') return after
  } catch {
    throw badParameter('The skip token is not valid.')
  }
  throw badParameter('The skip token is not valid.')
}
