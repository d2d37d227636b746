import { asPatrolError, type PatrolError, type Problem } from '../core/errors.ts'
import type { Facts, Succession, Version } from '../core/facts.ts'
import type { Pat } from '../core/pat.ts'
import { expandRules } from '../core/rules.ts'
import type { Duration, Instant } from '../core/time.ts'
import type { Place, Rule, Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { Estate } from './estate.ts'
import { forEachFair } from './fair-lanes.ts'
import { Inspections } from './inspections.ts'
import { lanesOf } from './lanes.ts'
import { type Moment, PatLists } from './pat-lists.ts'
import type { Unreadable } from './store-readings.ts'
import { companionsOf, replacedBy, sparing, successionsOf, withBystanders } from './successions.ts'

/** What the configuration declares. */
export interface Declared {
  readonly tokens: readonly Token[]
  readonly rules: readonly Rule[]
}

/** One token with what was seen of it, or with why it could not be seen. */
export type Observation =
  | { readonly token: Token; readonly facts: Facts; readonly beganAt: number }
  | { readonly token: Token; readonly failure: PatrolError }

export interface Snapshot {
  readonly observedAt: Instant
  readonly observations: readonly Observation[]
  /** Conflicts that rules met. */
  readonly problems: readonly Problem[]
  /** Rules that could not be applied (everywhere), because an organization or the whole store could not be read. */
  readonly failures: readonly { readonly rule: Rule; readonly failure: PatrolError }[]
  /** Secrets of the stores of rules that could not be read, as far as no token claims them. */
  readonly unreadable: readonly Unreadable[]
  /** The lists that were read, by account and organization; a list that failed is not there. */
  readonly pats: readonly { readonly account: string; readonly organization: string; readonly pats: readonly Pat[] }[]
  /** The secrets that Patrol wrote, of the stores that rules made it list. */
  readonly managed: ReadonlyMap<string, ReadonlyMap<string, Version>>
  /** The PATs that the tokens replace. */
  readonly successions: readonly Succession[]
  readonly lists: PatLists
  /** What was seen of copies in targets. */
  readonly inspections: Inspections
}

/**
 * Looks at the world for all tokens at once: first the PATs, then what the stores hand out, then, only where an active
 * PAT asks for it, all versions of a secret. What cannot be read fails the tokens that need it and no others. No value
 * is read but that of a current PAT which the list lacks, to try it.
 *
 * @param only which tokens to look at. What rules cover, and what their tokens are called, hangs on all that is
 *   declared, so it is the same whichever tokens are looked at.
 */
export async function observe(
  world: World,
  { tokens, rules }: Declared,
  only: (name: string) => boolean = () => true,
): Promise<Snapshot> {
  const lists = new PatLists(world)
  const beganAt = world.clock.elapsed()
  const estate = new Estate(world, lists, lists.moment())
  const inspections = new Inspections(world)
  const chosen = tokens.filter(({ name }) => only(name))
  const companions = chosen.flatMap(companionsOf)
  // A secret that a rule made and an entry took over may say that it replaces a PAT which another rule would cover.
  const telling = rules.length === 0 ? [...chosen, ...companions] : tokens
  world.reporter.report({ kind: 'observing', what: 'personal access tokens' })
  await estate.readPats([
    ...[...chosen, ...companions].map(({ account, organization }) => ({ account, organization })),
    ...rules.flatMap(({ account, organizations }) => organizations.map((organization) => ({ account, organization }))),
  ])
  world.reporter.report({ kind: 'observing', what: 'stores' })
  await estate.readManaged(rules)
  await estate.readCurrent(telling)
  const replaced = replacedBy(tokens).map(({ authorizationId }) => authorizationId)
  const expansion = expandRules(rules, tokens, estate, new Set([...estate.replaced(), ...replaced]))
  const made = expansion.tokens.map((token) => sparing(token, replaced)).filter(({ name }) => only(name))
  await estate.readCurrent(made)
  const all = [...chosen.map((token) => withBystanders(token, expansion.tokens)), ...made]
  const observations: Observation[] = []
  const lanes = lanesOf(world, (token: Token) => token)
  await forEachFair(all, lanes, async (token) => {
    observations.push(await look(estate, token, beganAt, inspections))
  })
  const successions = await successionsOf(estate, replacedBy(all), lookOnce(estate, observations, inspections))
  const order = new Map(all.map((token, index) => [token.name, index]))
  observations.sort((left, right) => (order.get(left.token.name) ?? 0) - (order.get(right.token.name) ?? 0))
  return {
    observedAt: world.clock.now(),
    observations: observations.map((observation) => withSuccessions(observation, successions)),
    problems: expansion.problems,
    failures: rules.flatMap((rule) => estate.failuresOf(rule).map((failure) => ({ rule, failure }))),
    unreadable: unclaimed(estate.stores.unreadable(), [...tokens, ...expansion.tokens], only),
    pats: estate.lists(),
    managed: estate.stores.allManaged(),
    successions,
    lists,
    inspections,
  }
}

/** A secret that a token claims fails that token by its name; of the others nobody would hear. */
function unclaimed(
  unreadable: readonly Unreadable[],
  tokens: readonly Token[],
  only: (name: string) => boolean,
): readonly Unreadable[] {
  const key = ({ store, secretName }: Place): string => `${store}\n${secretName.toLowerCase()}`
  const claimed = new Set(tokens.flatMap(({ place }) => (place === undefined ? [] : [key(place)])))
  return unreadable.filter((secret) => only(secret.secretName) && !claimed.has(key(secret)))
}

/** What could not be looked at besides tokens: rules by their patterns, and secrets that no token claims by their names. */
export function blindSpots({
  failures,
  unreadable,
}: Pick<Snapshot, 'failures' | 'unreadable'>): readonly { readonly name: string; readonly failure: PatrolError }[] {
  return [
    ...failures.map(({ rule, failure }) => ({ name: rule.match, failure })),
    ...unreadable.map(({ secretName, failure }) => ({ name: secretName, failure })),
  ]
}

/** How old the PAT list of a look may be that many tokens share. */
export interface Freshness {
  /** The list began after this. */
  readonly since: Moment
  readonly age: Duration
}

/**
 * Looks at one token anew. Its PAT list begins now or is one that another turn began after now, unless an older one
 * will do; what the store hands out is read behind it in any case.
 *
 * @param inspections those of the run; nobody looks into targets when it is left out
 */
export async function observeToken(
  world: World,
  lists: PatLists,
  token: Token,
  freshness?: Freshness,
  inspections?: Inspections,
): Promise<Observation> {
  const { account, organization } = token
  const { moment, startedAt } =
    freshness === undefined
      ? { moment: lists.moment(), startedAt: world.clock.elapsed() }
      : lists.recent(account, organization, freshness.since, freshness.age)
  const estate = new Estate(world, lists, moment)
  const looked = [token, ...companionsOf(token)]
  await estate.readPats(looked)
  await estate.readCurrent(looked)
  const observation = await look(estate, token, startedAt, inspections)
  if (token.replaces === undefined || !('facts' in observation)) return observation
  const successions = await successionsOf(estate, token.replaces, lookOnce(estate, [observation], inspections))
  return withSuccessions(observation, successions)
}

async function look(
  estate: Estate,
  token: Token,
  beganAt: number,
  inspections: Inspections | undefined,
): Promise<Observation> {
  try {
    return { token, facts: await inspected(estate, token, inspections), beganAt }
  } catch (error) {
    return { token, failure: asPatrolError(error) }
  }
}

async function inspected(estate: Estate, token: Token, inspections: Inspections | undefined): Promise<Facts> {
  const facts = await estate.factsOf(token)
  const copies = await inspections?.of(token, facts)
  return copies === undefined ? facts : { ...facts, copies }
}

/** Looks at tokens that were not looked at before. */
function lookOnce(
  estate: Estate,
  observations: readonly Observation[],
  inspections: Inspections | undefined,
): (token: Token) => Promise<Facts> {
  const seen = new Map(observations.map((observation) => [observation.token.name, observation]))
  return async (token) => {
    const known = seen.get(token.name)
    if (known === undefined) return inspected(estate, token, inspections)
    if ('failure' in known) throw known.failure
    return known.facts
  }
}

function withSuccessions(observation: Observation, successions: readonly Succession[]): Observation {
  const ids = new Set(observation.token.replaces?.map(({ authorizationId }) => authorizationId))
  if (ids.size === 0 || !('facts' in observation)) return observation
  const own = successions.filter(({ authorizationId }) => ids.has(authorizationId.toLowerCase()))
  return { ...observation, facts: { ...observation.facts, successions: own } }
}
