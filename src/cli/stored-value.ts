import type { Wanted } from '../app/config/wanted.ts'
import { PatrolError } from '../core/errors.ts'
import { slug } from '../core/names.ts'
import { expandRules, secretNameBy } from '../core/rules.ts'
import type { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import type { Place, Rule, Token } from '../core/token.ts'
import type { Store, StoredVersion } from '../ports/store.ts'
import { unknownName } from './unknown-name.ts'

/** A value of Patrol's, as its store hands it out. */
export interface StoredValue {
  readonly organization: string
  readonly validTo: Instant
  readonly value: Secret
}

type Stores = ReadonlyMap<string, Store>

/**
 * The value that a store hands out for a token, without asking anybody but stores. A named token says itself where it
 * stands. For one that a rule made it is looked for where the rule's template puts it, and then among all secrets that
 * rules made: a secret keeps its name when the template changes.
 *
 * @returns undefined when the store has none yet
 * @throws PatrolError `usage` for a name that neither an entry nor a secret has, or of a token without a store
 */
export async function storedValue(wanted: Wanted, stores: Stores, name: string): Promise<StoredValue | undefined> {
  const declared = wanted.tokens.find((token) => token.name === name)
  if (declared?.place !== undefined) return read(stores, declared.place)
  if (declared !== undefined) {
    throw new PatrolError('usage', `${name} has no store, so nobody knows its value`, {
      remedy: 'Name a `store` for it and run `patrol apply`; or use `method: rotate`.',
    })
  }
  const found = await byTemplate(wanted.rules, stores, name)
  if (found !== undefined) return found
  const made = await madeByRules(wanted, stores)
  const token = made.find((one) => one.name === name) ?? made.find((one) => fits(one, name))
  if (token?.place !== undefined) return read(stores, token.place)
  throw unknownName(name, [...wanted.tokens, ...made])
}

/**
 * The token of this name, with the place where its value stands: one that an entry names, or one that a rule made in an
 * earlier run. Nobody but stores is asked.
 *
 * @throws PatrolError `usage` for a name that neither an entry nor a secret has
 */
export async function storedToken(wanted: Wanted, stores: Stores, name: string): Promise<Token> {
  const declared = wanted.tokens.find((token) => token.name === name)
  if (declared !== undefined) return declared
  const made = wanted.rules.length === 0 ? [] : await madeByRules(wanted, stores)
  const token = made.find((one) => one.name === name) ?? made.find((one) => fits(one, name))
  if (token === undefined) throw unknownName(name, [...wanted.tokens, ...made])
  return token
}

/** All tokens that have a store: those that entries name, and those that rules made in earlier runs. */
export async function storedTokens(wanted: Wanted, stores: Stores): Promise<readonly Token[]> {
  const made = wanted.rules.length === 0 ? [] : await madeByRules(wanted, stores)
  return [...wanted.tokens, ...made]
}

async function read(
  stores: Stores,
  { store, secretName }: Place,
  accepts: (version: StoredVersion) => boolean = () => true,
): Promise<StoredValue | undefined> {
  const stored = await stores.get(store)?.read(secretName)
  if (stored?.version.reading.kind !== 'read' || !accepts(stored.version)) return undefined
  const { organization, validTo } = stored.version.reading.metadata
  return { organization, validTo, value: stored.value }
}

/** Spares the listing of whole stores where the secret is where one would look for it first. */
async function byTemplate(rules: readonly Rule[], stores: Stores, name: string): Promise<StoredValue | undefined> {
  for (const rule of rules) {
    for (const organization of rule.organizations) {
      const [displayName = ''] = name.split('@')
      if (rule.store === undefined || !fits({ displayName, organization }, name)) continue
      const place = { store: rule.store, secretName: secretNameBy(rule, displayName, organization) }
      const found = await read(stores, place, ({ reading }) => {
        if (reading.kind !== 'read') return false
        const { metadata } = reading
        const isOfRule = metadata.rule === rule.match && metadata.account === rule.owner
        return isOfRule && metadata.organization.toLowerCase() === organization.toLowerCase() && fits(metadata, name)
      })
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The tokens that rules made in earlier runs, with the names that a run gives them. */
async function madeByRules({ rules, tokens }: Wanted, stores: Stores): Promise<readonly Token[]> {
  const names = new Set(rules.map((rule) => rule.store).filter((store) => store !== undefined))
  const managed = new Map<string, ReadonlyMap<string, StoredVersion>>()
  for (const name of names) {
    const found = (await stores.get(name)?.managed()) ?? new Map<string, StoredVersion>()
    const readable = [...found].flatMap(([secretName, version]): [string, StoredVersion][] =>
      version instanceof PatrolError ? [] : [[secretName, version]],
    )
    managed.set(name, new Map(readable))
  }
  return expandRules(rules, tokens, { pats: () => undefined, managed: (store) => managed.get(store) }).tokens
}

/** `nightly-build`, or `nightly-build@contoso` to tell it from that of another organization. */
function fits(token: { readonly displayName: string; readonly organization: string }, name: string): boolean {
  const [plain = name, organization] = name.split('@')
  const isHere = organization === undefined || organization.toLowerCase() === token.organization.toLowerCase()
  return isHere && slug(token.displayName) === plain
}
