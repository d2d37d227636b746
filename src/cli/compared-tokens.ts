import type { Wanted } from '../app/config/wanted.ts'
import { asPatrolError, PatrolError } from '../core/errors.ts'
import type { Place, Token } from '../core/token.ts'
import type { Found } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import type { Home } from '../reconcile/homes.ts'
import { retiredToken } from '../reconcile/retirement.ts'
import type { Invocation } from './invocation.ts'
import { storedTokens } from './stored-value.ts'

/** Whose values a value is compared with, and who can be asked about it. */
export interface Compared {
  /** All that have a store. */
  readonly tokens: readonly Token[]
  /** Those among them that no entry declares any more. */
  readonly left: ReadonlySet<Token>
  readonly homes: readonly Home[]
}

/** All that Patrol has a value of, in any of the stores. A store that lists nothing is told of, and spared. */
export async function comparedTokens(invocation: Invocation, wanted: Wanted, world: World): Promise<Compared> {
  const declared = await storedTokens(wanted, world.stores)
  const left = await leftSecrets(invocation, wanted, world, declared)
  const tokens = [...declared, ...left]
  return { tokens, left, homes: homesOf(wanted, tokens) }
}

/** Secrets of Patrol's that no entry declares any more, as tokens. A store that lists none cannot tell them. */
async function leftSecrets(
  { speech }: Invocation,
  { accounts }: Wanted,
  world: World,
  declared: readonly Token[],
): Promise<ReadonlySet<Token>> {
  const known = new Set(declared.flatMap(({ place }) => (place === undefined ? [] : [placeKey(place)])))
  const left = new Set<Token>()
  for (const [store, opened] of world.stores) {
    const managed = await opened.managed().catch((thrown: unknown) => {
      speech.warn(`store ${store}: what no entry declares is not compared: ${asPatrolError(thrown).message}`)
      return new Map<string, Found>()
    })
    for (const [secretName, found] of managed) {
      const place = { store, secretName }
      if (found instanceof PatrolError || found.reading.kind !== 'read' || known.has(placeKey(place))) continue
      const { metadata } = found.reading
      const account = [...accounts].find(([, { user }]) => user.toLowerCase() === metadata.account.toLowerCase())?.[0]
      left.add(retiredToken(secretName, account ?? metadata.account, place, metadata))
    }
  }
  return left
}

function placeKey({ store, secretName }: Place): string {
  return `${store}\n${secretName.toLowerCase()}`
}

/** Every account in every organization that an entry or a rule names. */
function homesOf({ rules }: Wanted, tokens: readonly Token[]): readonly Home[] {
  const ofRules = rules.flatMap(({ account, organizations }) =>
    organizations.map((organization) => ({ account, organization })),
  )
  return [...tokens.map(({ account, organization }) => ({ account, organization })), ...ofRules]
}
