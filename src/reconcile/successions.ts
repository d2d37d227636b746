import type { Facts, Succession, Successor, Version } from '../core/facts.ts'
import type { Pat } from '../core/pat.ts'
import type { Replaced, Token } from '../core/token.ts'
import type { Estate } from './estate.ts'

type Look = (token: Token) => Promise<Facts>

/** The tokens without which nothing can be told of the PATs that this one replaces. */
export function companionsOf({ name, replaces = [] }: Token): readonly Token[] {
  return byName(replaces.flatMap(({ successors }) => successors)).filter((token) => token.name !== name)
}

/** Every PAT that one of these tokens replaces, once. */
export function replacedBy(tokens: readonly Token[]): readonly Replaced[] {
  const replaced = tokens.flatMap(({ replaces = [] }) => replaces)
  return [...new Map(replaced.map((one) => [one.authorizationId, one])).values()]
}

/**
 * What hangs on each of these PATs. Their successors' lists and secrets have been read before; those of others that may
 * have had a PAT's value are read here, and only while it works.
 *
 * @param look looks at one token, and rejects where it cannot
 */
export async function successionsOf(
  estate: Estate,
  replaced: readonly Replaced[],
  look: Look,
): Promise<readonly Succession[]> {
  const listed = replaced.map((one) => ({ one, ...listedIn(estate, one) }))
  await estate.readCurrent(byName(listed.flatMap(({ one, pat }) => (pat === undefined ? [] : one.bystanders))))
  return Promise.all(
    listed.map(async ({ one, pat, organizations }): Promise<Succession> => {
      const { authorizationId, revoke, successors } = one
      const isWhole = successors.every(({ account, organization }) => estate.pats(account, organization) !== undefined)
      const common = { authorizationId: pat?.authorizationId ?? authorizationId, revoke, pat, organizations, isWhole }
      if (pat === undefined) {
        return { ...common, successors: successors.map((token) => ({ token, facts: undefined })), bystanders: [] }
      }
      return {
        ...common,
        successors: await Promise.all(successors.map((token) => lookedAt(token, look))),
        bystanders: await bystandersOf(estate, one, pat, look),
      }
    }),
  )
}

/** The PAT as the lists of its owner show it that were read, and where. */
function listedIn(
  estate: Estate,
  { authorizationId, successors }: Replaced,
): { readonly pat: Pat | undefined; readonly organizations: readonly string[] } {
  const account = successors[0]?.account
  const found = estate.lists().flatMap(({ account: owner, organization, pats }) => {
    if (owner !== account) return []
    const pat = pats.find((one) => one.authorizationId.toLowerCase() === authorizationId)
    return pat === undefined ? [] : [{ pat, organization }]
  })
  return { pat: found[0]?.pat, organizations: found.map(({ organization }) => organization) }
}

async function lookedAt(token: Token, look: Look): Promise<Successor> {
  try {
    return { token, facts: await look(token) }
  } catch {
    return { token, facts: undefined }
  }
}

/** Of a secret that cannot be read, nobody can say that it does not hand out this very value. */
async function bystandersOf(
  estate: Estate,
  { bystanders }: Replaced,
  pat: Pat,
  look: Look,
): Promise<readonly Successor[]> {
  const found: Successor[] = []
  for (const token of bystanders) {
    const concern = concernOf(estate, token, pat)
    if (concern === 'none') continue
    if (concern === 'unknown') {
      found.push({ token, facts: undefined })
      continue
    }
    // Nobody else may have asked for the list of its organization.
    await estate.readPats([token])
    found.push(await lookedAt(token, look))
  }
  return found
}

function concernOf(estate: Estate, { place }: Token, pat: Pat): 'none' | 'has' | 'unknown' {
  let current: Version | undefined
  try {
    current = place && estate.stores.current(place)
  } catch {
    return 'unknown'
  }
  switch (current?.reading.kind) {
    case undefined:
    case 'foreign':
      return 'none'
    case 'damaged':
    case 'unsupported':
      return 'unknown'
    case 'read': {
      const { authorizationId, supersedes } = current.reading.metadata
      // Whether that version is enabled does not matter: targets may have got it before.
      return [authorizationId, ...supersedes].includes(pat.authorizationId) ? 'has' : 'none'
    }
  }
}

/** A token that a rule made may have superseded a PAT before it was to be replaced. */
export function withBystanders(token: Token, made: readonly Token[]): Token {
  if (token.replaces === undefined) return token
  const others = made.filter(({ owner, place }) => owner === token.owner && place !== undefined)
  if (others.length === 0) return token
  const replaces = token.replaces.map((replaced) => ({ ...replaced, bystanders: [...replaced.bystanders, ...others] }))
  return { ...token, replaces }
}

/** A token that leaves PATs which others replace to those. */
export function sparing(token: Token, replacedByOthers: readonly string[]): Token {
  return replacedByOthers.length === 0 ? token : { ...token, replacedByOthers }
}

function byName(tokens: readonly Token[]): readonly Token[] {
  return [...new Map(tokens.map((token) => [token.name, token])).values()]
}
