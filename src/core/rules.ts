import { type Problem, problem } from './errors.ts'
import type { Version } from './facts.ts'
import { markOf, matchesGlob, slug } from './names.ts'
import type { Pat } from './pat.ts'
import type { Place, Rule, Terms, Token } from './token.ts'
import { visibleLine } from './visible-text.ts'

/** What rules are applied to. */
export interface Estate {
  /** The active PATs of an account in an organization; undefined where they could not be read. */
  pats(account: string, organization: string): readonly Pat[] | undefined
  /** The current versions of the secrets that Patrol wrote into a store; undefined where they could not be read. */
  managed(store: string): ReadonlyMap<string, Version> | undefined
}

export interface Expansion {
  readonly tokens: readonly Token[]
  readonly problems: readonly Problem[]
}

interface Candidate {
  readonly displayName: string
  readonly organization: string
  /** The lower-case name of the secret that exists already. */
  readonly secretName: string | undefined
  /** The PAT that the rule covers. */
  readonly covers: string | undefined
}

/**
 * Makes tokens of rules. The first rule that fits a PAT takes it; a PAT whose display name a named entry bears, a
 * marked one, a global one and one that has a successor are never taken. Display names that would share a secret are a
 * problem, and none of those PATs is touched.
 *
 * @param replaced the authorizationIds that the secrets of named entries say they replace
 */
export function expandRules(
  rules: readonly Rule[],
  named: readonly Token[],
  estate: Estate,
  replaced: ReadonlySet<string> = new Set(),
): Expansion {
  const superseded = new Set([...replaced, ...supersededIn(rules, estate)])
  const tokens: Token[] = []
  const problems: Problem[] = []
  const taken = new Set<string>()
  const names = new Set(named.map((token) => token.name))
  const declared = new Set(named.map((token) => placeKey(token.place)).filter((key) => key !== undefined))
  const places = new Set(declared)
  for (const rule of rules) {
    const organizations = new Map(rule.organizations.map((each) => [each.toLowerCase(), each]))
    const candidates = [...organizations.values()].flatMap((organization) => {
      const covered = coveredBy(rule, organization, named, estate).filter(
        ({ covers }) => !taken.has(covers) && !superseded.has(covers),
      )
      for (const { covers } of covered) taken.add(covers)
      // While the store cannot be read, nobody knows which PATs have a successor there.
      const unreadable = rule.store !== undefined && estate.managed(rule.store) === undefined
      return unreadable ? [] : [...secretsOf(rule, organization, declared, estate), ...covered]
    })
    const groups = Map.groupBy(candidates, (candidate) => placeKey(placeOf(rule, candidate)) ?? candidate)
    for (const [key, group] of groups) {
      const settled = group.filter((candidate) => candidate.secretName !== undefined)
      const chosen = settled.length > 0 ? settled : group
      const inUse = typeof key === 'string' && places.has(key)
      for (const rival of group.filter((candidate) => !chosen.includes(candidate))) problems.push(conflict(rule, rival))
      if (chosen.length > 1 || inUse || (rule.store !== undefined && slug(chosen[0]?.displayName ?? '') === '')) {
        problems.push(...chosen.map((candidate) => conflict(rule, candidate)))
        continue
      }
      if (typeof key === 'string') places.add(key)
      for (const candidate of chosen) {
        const token = tokenOf(rule, candidate, names)
        names.add(token.name)
        tokens.push(token)
      }
    }
  }
  return { tokens, problems }
}

/** The tokens that this rule made in earlier runs: their secrets say so. What an entry declares is the entry's. */
function secretsOf(
  rule: Rule,
  organization: string,
  declared: ReadonlySet<string>,
  estate: Estate,
): readonly Candidate[] {
  if (rule.store === undefined) return []
  const candidates: Candidate[] = []
  for (const [secretName, { reading }] of estate.managed(rule.store) ?? []) {
    if (reading.kind !== 'read' || reading.metadata.rule !== rule.match || reading.metadata.account !== rule.owner)
      continue
    if (reading.metadata.organization.toLowerCase() !== organization.toLowerCase()) continue
    if (declared.has(placeKey({ store: rule.store, secretName }))) continue
    candidates.push({ displayName: reading.metadata.displayName, organization, secretName, covers: undefined })
  }
  return candidates
}

/** What the secrets of all rules say they replace, whichever rule looks. */
function supersededIn(rules: readonly Rule[], estate: Estate): readonly string[] {
  const stores = new Set(rules.map((rule) => rule.store).filter((store) => store !== undefined))
  const versions = [...stores].flatMap((store) => [...(estate.managed(store)?.values() ?? [])])
  return versions.flatMap(({ reading }) => (reading.kind === 'read' ? reading.metadata.supersedes : []))
}

function coveredBy(
  rule: Rule,
  organization: string,
  named: readonly Token[],
  estate: Estate,
): readonly (Candidate & { readonly covers: string })[] {
  const here = (token: Token): boolean =>
    token.account === rule.account && token.organization.toLowerCase() === organization.toLowerCase()
  const namedHere = new Set(named.filter(here).map((token) => token.displayName))
  return (estate.pats(rule.account, organization) ?? [])
    .filter((pat) => markOf(pat.displayName) === undefined && !pat.allOrganizations)
    .filter((pat) => matchesGlob(rule.match, pat.displayName) && !namedHere.has(pat.displayName))
    .map((pat) => ({ displayName: pat.displayName, organization, secretName: undefined, covers: pat.authorizationId }))
}

function placeOf(rule: Rule, candidate: Candidate): Place | undefined {
  if (rule.store === undefined) return undefined
  const secretName = candidate.secretName ?? secretNameBy(rule, candidate.displayName, candidate.organization)
  return { store: rule.store, secretName }
}

/** The name that a rule's template gives to the secret of a display name; cut to what stores can take. */
export function secretNameBy(rule: Rule, displayName: string, organization: string): string {
  return rule.secretNameTemplate
    .replaceAll('{name}', slug(displayName))
    .replaceAll('{organization}', slug(organization))
    .slice(0, longestSecretName)
}

/** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
const longestSecretName = 127

function placeKey(place: Place): string
function placeKey(place: Place | undefined): string | undefined
function placeKey(place: Place | undefined): string | undefined {
  return place === undefined ? undefined : `${place.store}\n${place.secretName.toLowerCase()}`
}

function tokenOf(rule: Rule, candidate: Candidate, names: ReadonlySet<string>): Token {
  return {
    ...termsOf(rule),
    name: freeName(candidate, names),
    organization: candidate.organization,
    displayName: candidate.displayName,
    scopes: rule.scopes,
    place: placeOf(rule, candidate),
    rule: rule.match,
    covers: candidate.covers,
  }
}

/** The slug of the display name; where that is taken, with the organization and what else tells it apart. */
function freeName(candidate: Candidate, names: ReadonlySet<string>): string {
  const identity = candidate.secretName ?? candidate.covers?.slice(0, 8)
  const plain = slug(candidate.displayName) || `pat-${identity}`
  const inOrganization = `${plain}@${candidate.organization}`
  const told = `${inOrganization}-${identity}`
  for (let number = 2, name = told; ; number++) {
    const free = [plain, inOrganization, name].find((each) => !names.has(each))
    if (free !== undefined) return free
    name = `${told}-${number}`
  }
}

function termsOf(rule: Rule): Terms {
  const { account, owner, method, lifetime, renewBefore, overlap, orphanAfter, turnLimit } = rule
  const { asksForMost, atCeiling, verification, targets, groups, paused } = rule
  return {
    account,
    owner,
    method,
    lifetime,
    ...(asksForMost === undefined ? {} : { asksForMost }),
    renewBefore,
    overlap,
    orphanAfter,
    turnLimit,
    atCeiling,
    verification,
    targets,
    ...(groups === undefined ? {} : { groups }),
    paused,
  }
}

function conflict(rule: Rule, candidate: Candidate): Problem {
  const secret = placeOf(rule, candidate)?.secretName
  const message =
    slug(candidate.displayName) === ''
      ? `the display name ${visibleLine(candidate.displayName)} has no letter or digit that a secret's name could have`
      : `several PATs or entries would share the secret ${secret}; "${visibleLine(candidate.displayName)}" in ${candidate.organization} is left alone`
  return problem(slug(candidate.displayName) || candidate.displayName, 'name-conflict', message)
}
