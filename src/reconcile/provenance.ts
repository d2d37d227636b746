import { PatrolError } from '../core/errors.ts'
import type { Pat } from '../core/pat.ts'
import type { Secret } from '../core/secret.ts'
import type { Token } from '../core/token.ts'
import { visibleLine } from '../core/visible-text.ts'
import type { World } from '../ports/world.ts'
import { heldValues } from './held-values.ts'
import type { Home } from './homes.ts'
import { type Administration, knownByHash } from './known-by-hash.ts'

/**
 * How it is known that a value is that of a PAT. `hash`: the administration of tokens tells the hash of the PAT, and it is
 * that of the value. `name`: nobody who could be asked tells, so only the name of the PAT and the owner of the value do.
 */
export type MatchedBy = 'hash' | 'name'

/** Who can contradict that a value is that of a PAT. */
export interface ProvenanceParts {
  /** All tokens that have a store, also those that no entry declares any more. */
  readonly tokens: readonly Token[]
  /** The accounts that may ask, by their organizations. */
  readonly homes: readonly Home[]
  /** By the account's name; empty when nobody is to be asked. */
  readonly administrations: ReadonlyMap<string, Administration>
}

/** What was found out. */
export interface Provenance {
  readonly matchedBy: MatchedBy
  /** Tokens whose secrets could not be compared. */
  readonly notCompared: readonly string[]
}

/**
 * Whether a value that works may be taken for that of a PAT. No service tells which PAT a value belongs to, so it is looked
 * for among the values of all other tokens, and its hash among those of its owner's PATs, where an account may see them.
 *
 * @throws PatrolError `usage` when the value is that of another token, or of another PAT
 */
export async function provenance(
  world: World,
  token: Token,
  pat: Pat,
  value: Secret,
  parts: ProvenanceParts,
): Promise<Provenance> {
  const others = parts.tokens.filter((other) => !isSamePlace(other, token))
  const { holdings, failures } = await heldValues(world, others, [value])
  const holding = holdings.get(0)
  if (holding !== undefined) {
    const { name } = holding.token
    const which = holding.isCurrent ? 'the value' : 'an older value'
    throw new PatrolError('usage', `what was given is ${which} of ${name}, not that of PAT ${pat.authorizationId}`, {
      remedy: `Give the value of PAT ${pat.authorizationId} ("${visibleLine(pat.displayName)}"). Nothing was stored.`,
    })
  }
  const homes = parts.homes.filter(({ organization }) => isSame(organization, token.organization))
  const owner = new Set([token.owner.toLowerCase()])
  const { known } = await knownByHash(world, parts.administrations, homes, [value], owner, 'own')
  const found = known.get(0)
  if (found !== undefined && !isSame(found.pat.authorizationId, pat.authorizationId)) {
    const { authorizationId, displayName } = found.pat
    const message = `the value is that of PAT ${authorizationId} ("${visibleLine(displayName)}"), not that of PAT ${pat.authorizationId}`
    throw new PatrolError('usage', message, {
      remedy:
        displayName === token.displayName
          ? `Say so: --id ${authorizationId}; or give the value of the other one. Nothing was stored.`
          : `Give the value of PAT ${pat.authorizationId}, or adopt PAT ${authorizationId} for an entry with its name. Nothing was stored.`,
    })
  }
  return { matchedBy: found === undefined ? 'name' : 'hash', notCompared: failures.map((failure) => failure.token) }
}

function isSamePlace({ place: one }: Token, { place: other }: Token): boolean {
  return one?.store === other?.store && isSame(one?.secretName ?? '', other?.secretName ?? '')
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}
