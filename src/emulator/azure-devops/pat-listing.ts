import { createHash } from 'node:crypto'
import type { User } from '../entra/directory.ts'
import type { Call } from '../exchange.ts'
import type { Organization, World } from '../world.ts'
import type { Pat, PatState } from './pat-register.ts'
import { errorAnswer, Refusal } from './refusals.ts'
import { fromTicks } from './ticks.ts'

const filters = ['active', 'revoked', 'expired', 'all'] as const
const orders = ['displayName', 'displayDate', 'status'] as const
type Filter = (typeof filters)[number]
type Order = (typeof orders)[number]

interface Query {
  readonly filter: Filter
  readonly order: Order
  readonly ascending: boolean
  readonly top: number
}

/** The place to go on from: the last entry of the page before, as it was sorted then. */
interface Continuation {
  /** Fingerprint of owner, organization and filters, which must be the same on each call. */
  readonly of: string
  readonly key: string
  readonly id: string
}

export interface PatPage {
  readonly pats: readonly Pat[]
  /** Empty when there is no more. */
  readonly continuationToken: string
}

/**
 * One page of the PATs that `owner` sees in `organization`: those made for it and the global ones.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/tokens/pats/list
 */
export function listPats(world: World, call: Call, organization: Organization, owner: User): PatPage {
  const query = readQuery(world, call)
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([owner.objectId, organization.id, query.filter, query.order, query.ascending]))
    .digest('base64url')
  const from = readContinuation(call, fingerprint)
  const keyed = world.pats
    .of(owner)
    .filter((pat) => pat.organizationIds === null || pat.organizationIds.includes(organization.id))
    .filter((pat) => call.at >= pat.createdAt + world.switches.visibilityDelaySeconds.createList * 1000)
    .map((pat) => ({ pat, state: listedState(world, pat, call.at) }))
    .filter(({ state }) => query.filter === 'all' || query.filter === state)
    .map(({ pat, state }) => ({ pat, key: sortKey(query.order, pat, state), id: pat.authorizationId }))
    .sort((one, other) => (query.ascending ? compare(one, other) : compare(other, one)))
  const start = from === undefined ? 0 : keyed.findIndex((entry) => isPast(entry, from, query.ascending))
  const rest = start === -1 ? [] : keyed.slice(start)
  const page = rest.slice(0, query.top)
  const last = page.at(-1)
  const write = (entry: { key: string; id: string }) =>
    Buffer.from(JSON.stringify({ of: fingerprint, key: entry.key, id: entry.id } satisfies Continuation)).toString(
      'base64url',
    )
  const hasMore = rest.length > page.length && last !== undefined
  let continuationToken = hasMore ? write(last) : ''
  if (call.pageTwice) continuationToken = call.query.get('continuationToken') || write(beforeAll(query.ascending))
  return { pats: page.map(({ pat }) => pat), continuationToken }
}

/** A revocation that the list does not know of yet leaves the PAT as it was. */
function listedState(world: World, pat: Pat, at: number): PatState {
  const isSeen =
    pat.revokedAt !== undefined && at >= pat.revokedAt + world.switches.visibilityDelaySeconds.revokeList * 1000
  if (isSeen) return 'revoked'
  return fromTicks(pat.validTo) > at ? 'active' : 'expired'
}

function sortKey(order: Order, pat: Pat, state: PatState): string {
  if (order === 'displayName') return pat.displayName.toLowerCase()
  if (order === 'displayDate') return String(pat.validFrom).padStart(16, '0')
  return state
}

function compare(one: { key: string; id: string }, other: { key: string; id: string }): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1
  if (one.id === other.id) return 0
  return one.id < other.id ? -1 : 1
}

function isPast(entry: { key: string; id: string }, from: { key: string; id: string }, ascending: boolean): boolean {
  return ascending ? compare(entry, from) > 0 : compare(entry, from) < 0
}

function beforeAll(ascending: boolean): { key: string; id: string } {
  return { key: ascending ? '' : '\u{10ffff}', id: '' }
}

function readQuery(world: World, call: Call): Query {
  const choose = <T extends string>(name: string, options: readonly T[], otherwise: T): T => {
    const text = call.query.get(name)
    if (text === null) return otherwise
    const chosen = options.find((option) => option.toLowerCase() === text.toLowerCase())
    if (chosen === undefined) throw badQuery(name, text)
    return chosen
  }
  const filter = choose('displayFilterOption', filters, world.switches.defaultDisplayFilter)
  const order = choose('sortByOption', orders, 'displayDate')
  const ascending = choose('isSortAscending', ['true', 'false'], 'false') === 'true'
  const text = call.query.get('$top') ?? String(world.switches.defaultTop)
  const top = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (top < 1 || (top > 100 && world.switches.topAbove100 === 'error')) throw badQuery('$top', text)
  return { filter, order, ascending, top: Math.min(top, 100) }
}

function readContinuation(call: Call, fingerprint: string): Continuation | undefined {
  const text = call.query.get('continuationToken')
  // Microsoft's own client sends an empty one on its first call.
  if (text === null || text === '') return undefined
  let continuation: Partial<Continuation> | null = null
  try {
    continuation = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<Continuation> | null
  } catch {
    throw badQuery('continuationToken', text)
  }
  const { of, key, id } = continuation ?? {}
  if (typeof key !== 'string' || typeof id !== 'string' || of !== fingerprint) throw badQuery('continuationToken', text)
  return { of, key, id }
}

function badQuery(name: string, text: string): Refusal {
  return new Refusal(
    errorAnswer(
      400,
      'VssPropertyValidationException',
      `The value "${text}" of the parameter "${name}" is not valid here.`,
    ),
  )
}
