import { longestDisplayName, slug } from './names.ts'
import { type Narrowing, narrowed } from './narrowing.ts'
import type { Pat } from './pat.ts'
import { knownScope } from './scope-catalogue.ts'
import { fullScope } from './scopes.ts'
import type { Token } from './token.ts'
import { visible } from './visible-text.ts'

/** What was seen of one account. */
export interface AccountReach {
  readonly account: string
  readonly organizations: readonly string[]
  /** Why only the organizations of the configuration are known; undefined when the account was asked for all. */
  readonly limit: string | undefined
  /** Those in which nothing could be seen, and why. */
  readonly unseen: readonly { readonly organization: string; readonly why: string }[]
  /** Its PATs for all organizations, each once. */
  readonly pats: readonly Pat[]
}

/** An entry of the configuration that takes the place of a PAT in one organization. */
export interface ProposedEntry {
  readonly name: string
  readonly account: string
  readonly organization: string
  /** Undefined where that of the PAT cannot stand in the configuration. */
  readonly displayName: string | undefined
  /** By friendly names, where they have one. */
  readonly scopes: readonly string[]
  readonly replaces: string
}

/** One PAT for all organizations, and what would take its place. */
export interface Migration {
  readonly account: string
  readonly pat: Pat
  readonly entries: readonly ProposedEntry[]
  /** Entries that the configuration has already. */
  readonly declared: readonly string[]
  /** What only people can know. */
  readonly questions: readonly string[]
}

/**
 * For each PAT for all organizations one entry for each organization that its account can reach, but for those that an
 * entry replaces it in already.
 *
 * @param tokens all that the configuration declares
 */
export function proposeMigrations(
  reaches: readonly AccountReach[],
  tokens: readonly Token[],
  rule: Narrowing,
): readonly Migration[] {
  const names = new Set(tokens.map(({ name }) => name))
  return reaches.flatMap((reach) => reach.pats.map((pat) => migrationOf(reach, pat, tokens, rule, names)))
}

function migrationOf(
  reach: AccountReach,
  pat: Pat,
  tokens: readonly Token[],
  rule: Narrowing,
  names: Set<string>,
): Migration {
  const id = pat.authorizationId.toLowerCase()
  const there = tokens.filter(({ replaces = [] }) => replaces.some(({ authorizationId }) => authorizationId === id))
  const served = new Set(there.map(({ organization }) => organization.toLowerCase()))
  const { scopes, stuck } = narrowed(pat.scopes, rule)
  const entries = reach.organizations
    .filter((organization) => !served.has(organization.toLowerCase()))
    .map((organization): ProposedEntry => {
      const name = freeName(pat, organization, names)
      names.add(name)
      return {
        name,
        account: reach.account,
        organization,
        displayName: isPlain(pat.displayName) ? pat.displayName : undefined,
        scopes: scopes.map((scope) => knownScope(scope)?.friendly ?? scope),
        replaces: id,
      }
    })
  const questions = questionsOf(reach, pat, entries, rule, stuck)
  return { account: reach.account, pat, entries, declared: there.map(({ name }) => name), questions }
}

function questionsOf(
  { limit, organizations, unseen }: AccountReach,
  pat: Pat,
  entries: readonly ProposedEntry[],
  rule: Narrowing,
  stuck: readonly string[],
): readonly string[] {
  const cut =
    rule !== 'keep' && narrowed(pat.scopes, rule).scopes.join(' ') !== narrowed(pat.scopes, 'keep').scopes.join(' ')
  const isFull = pat.scopes.includes(fullScope)
  return [
    ...(entries.length === 0
      ? []
      : [
          'Who uses it, and where? Remove the entries of organizations where nobody does, and name targets in the others.',
        ]),
    ...(isFull && entries.length > 0
      ? ['It may do everything. What does each use need? Write those scopes in its place.']
      : []),
    ...(cut ? [`Its scopes were narrowed from ${pat.scopes.join(' ')}. Does that suffice everywhere?`] : []),
    ...stuck
      .filter((scope) => scope !== fullScope)
      .map((scope) => `Nothing narrower than ${scope} is known, so it stays. Is it needed?`),
    ...(organizations.length === 0 ? ['No organization of its account is known. Which are there?'] : []),
    ...(limit === undefined
      ? []
      : [`Are there more organizations than ${organizations.join(', ')}? The account could not be asked: ${limit}.`]),
    ...unseen.map(({ organization, why }) => `Is it used in ${organization}? Nothing could be seen there: ${why}.`),
  ]
}

/** The longest name of a token. */
const longestName = 100

function freeName(pat: Pat, organization: string, taken: ReadonlySet<string>): string {
  const subject = slug(pat.displayName) || `pat-${pat.authorizationId.slice(0, 8)}`
  const where = slug(organization)
  for (let number = 1; ; number++) {
    const tail = number === 1 ? `-${where}` : `-${where}-${number}`
    const name = `${subject.slice(0, longestName - tail.length).replace(/-+$/, '')}${tail}`
    if (!taken.has(name)) return name
  }
}

/** Whether a display name can be written as it is: no reference in it, no mark, and short enough. */
function isPlain(displayName: string): boolean {
  if (displayName.length > longestDisplayName || displayName.includes('$') || displayName.includes(' (patrol '))
    return false
  return visible(displayName) === displayName && /^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u.test(displayName)
}
