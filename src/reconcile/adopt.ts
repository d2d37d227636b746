import { PatrolError } from '../core/errors.ts'
import { generationIn, type Version } from '../core/facts.ts'
import type { Metadata } from '../core/metadata.ts'
import { installationOf, randomLength } from '../core/names.ts'
import type { Pat } from '../core/pat.ts'
import type { Secret } from '../core/secret.ts'
import type { Place, Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { PatLists } from './pat-lists.ts'
import { type Provenance, type ProvenanceParts, provenance } from './provenance.ts'
import { turnOf } from './revocations.ts'
import { writeOnce } from './store-generation.ts'
import type { Turn } from './turn.ts'

/** How an adoption ended. */
export interface Adoption {
  /** What is now stored beside the value. */
  readonly metadata: Metadata
  /** Whether the store handed the value out already, from an adoption whose end nobody saw. */
  readonly wasThere: boolean
  /** How it is known which PAT the value is. Undefined when it was there already: then it was seen before. */
  readonly provenance: Match | undefined
}

export interface Match extends Provenance {
  /** Other PATs of the account that bear the same name. */
  readonly namesakes: number
}

/** What an adoption has to heed. */
export interface AdoptionParts extends ProvenanceParts {
  /** An authorizationId; undefined when the display name tells. */
  readonly id: string | undefined
  /**
   * The ids, in lower case, of PATs that entries replace: they are revoked when that is done, so none of them may become
   * anybody's value.
   */
  readonly replaced: ReadonlySet<string>
}

/**
 * Takes a PAT that somebody made by hand under management, with its value: the value is tried, must work as the account's
 * user, and is stored as the first version of the token. No service tells which PAT a value belongs to, so it is the one
 * that bears the display name of the entry, and of several the one with the given id, unless something tells that it is
 * another one. A write whose answer is lost is read back, and repeated where it did not take place.
 *
 * @throws PatrolError `usage` when the token has another value already, or no PAT or several fit, or another secret has the
 *   PAT or the value; `wrong-account` for the PAT of somebody else; `verification-failed` for a value that is not let in;
 *   `moved-on` when a run stored a PAT of its own meanwhile; `store-unreachable` and the like, with an unknown outcome, when it
 *   could not be seen whether the value was stored
 */
export async function adopt(
  world: World,
  token: Token & { readonly place: Place },
  value: Secret,
  parts: AdoptionParts,
): Promise<Adoption> {
  const { id, replaced } = parts
  const turn = turnOf(world, new PatLists(world), token, world.clock.elapsed())
  const { secretName } = token.place
  const present = await turn.currentVersion()
  if (present !== undefined) {
    const metadata = await adoptedBefore(turn, value, id)
    if (metadata !== undefined) return { metadata, wasThere: true, provenance: undefined }
    throw new PatrolError('usage', `the store has a value of ${token.name} already`, {
      remedy: valueRemedy(token, present),
    })
  }
  const owner = await turn.owner()
  const { pat, namesakes } = theOne(token, await turn.activePats(), id)
  if (replaced.has(pat.authorizationId.toLowerCase())) {
    throw new PatrolError('usage', `PAT ${pat.authorizationId} is one that the configuration replaces`, {
      remedy: 'Remove it from `replaces` of the entries that name it, or leave it to them.',
    })
  }
  await refuseOwned(world, pat)
  await assertWorksAs(world, token, value, owner.id)
  const seen = await provenance(world, token, pat, value, parts)
  const { validTo } = pat
  if (validTo === undefined)
    throw new PatrolError('unexpected-answer', 'the service gave no readable expiry of the PAT')
  const storeId = await turn.store.prepare()
  await turn.store.admit(secretName)
  const metadata: Metadata = {
    organization: token.organization,
    account: token.owner,
    authorizationId: pat.authorizationId,
    // It stands in no display name, and tells this version from those to come.
    generation: installationOf(storeId, secretName) + world.random.characters(randomLength),
    scopes: pat.scopes,
    validFrom: pat.validFrom,
    validTo,
    supersedes: [],
    writtenAt: world.clock.now(),
    rule: undefined,
    displayName: token.displayName,
    deliveries: [],
  }
  const failure = await writeOnce(turn, value, metadata, async () => {
    const meanwhile = await turn.currentVersion()
    if (meanwhile !== undefined && generationIn(meanwhile) !== metadata.generation) throw movedOn(token, pat)
  })
  if (failure !== undefined) throw failure
  return { metadata, wasThere: false, provenance: { ...seen, namesakes } }
}

/** Whoever has the right value for a PAT whose entry holds another one wants to know what becomes of each. */
function valueRemedy({ name }: Token, { reading }: Version): string {
  const instead = `\`patrol rotate ${name}\` makes a new PAT with a value of its own`
  if (reading.kind !== 'read') return `${instead}.`
  return `\`patrol get ${name}\` shows that one. ${instead}, gives it to the targets, and ends PAT ${reading.metadata.authorizationId} after the overlap.`
}

/** What stands beside this very value, where it is handed out as the one that is to be adopted. */
async function adoptedBefore(turn: Turn, value: Secret, id: string | undefined): Promise<Metadata | undefined> {
  const stored = await turn.store.read(turn.place.secretName)
  if (stored?.version.reading.kind !== 'read' || !stored.value.equals(value)) return undefined
  const { metadata } = stored.version.reading
  return id === undefined || metadata.authorizationId.toLowerCase() === id.toLowerCase() ? metadata : undefined
}

function movedOn({ name }: Token, { authorizationId }: Pat): PatrolError {
  return new PatrolError('moved-on', `a run of \`patrol apply\` stored a new PAT of ${name} meanwhile`, {
    remedy: `${name} is managed with that one, and nobody looks after PAT ${authorizationId}: when it is no longer used, patrol revoke ${authorizationId}`,
  })
}

/** Whoever hands a PAT out, or has superseded it, revokes it in the end, and would cut off the consumers of a second owner. */
async function refuseOwned(world: World, { authorizationId }: Pat): Promise<void> {
  for (const [name, store] of world.stores) {
    for (const [secretName, found] of await store.managed()) {
      if (found instanceof PatrolError || found.reading.kind !== 'read') continue
      const { metadata } = found.reading
      const isValue = metadata.authorizationId === authorizationId
      if (!isValue && !metadata.supersedes.includes(authorizationId)) continue
      const what = isValue ? 'is the value' : 'was replaced by the value'
      throw new PatrolError('usage', `PAT ${authorizationId} ${what} of the secret ${secretName} in store ${name}`, {
        remedy: 'A PAT has one owner. Make a PAT of its own for this entry, or let `patrol apply` make one.',
      })
    }
  }
}

/** A rule would take a PAT of another display name for its own, so it must be that of the entry. */
function theOne(
  token: Token,
  pats: readonly Pat[],
  id: string | undefined,
): { readonly pat: Pat; readonly namesakes: number } {
  const named = pats.filter((pat) => pat.displayName === token.displayName && !pat.allOrganizations)
  const fitting = named.filter(
    ({ authorizationId }) => id === undefined || authorizationId.toLowerCase() === id.toLowerCase(),
  )
  const [pat] = fitting
  if (pat === undefined) {
    const whose = id === undefined ? '' : ` and the id ${id}`
    throw new PatrolError(
      'usage',
      `${token.owner} has no active PAT named "${token.displayName}"${whose} in ${token.organization} alone`,
      {
        remedy: '`patrol list` shows the names. Set `displayName` of the entry to that of the PAT.',
      },
    )
  }
  if (fitting.length > 1) {
    const ids = fitting.map(({ authorizationId }) => authorizationId).join(', ')
    throw new PatrolError('usage', `${fitting.length} PATs are named "${token.displayName}": ${ids}`, {
      remedy: 'Say which one the value belongs to: --id ID',
    })
  }
  return { pat, namesakes: named.length - 1 }
}

async function assertWorksAs(world: World, token: Token, value: Secret, ownerId: string): Promise<void> {
  const probe = await world.prober.probe(token.organization, value, { kind: 'connection-data' })
  switch (probe.kind) {
    case 'works':
      if (probe.ownerId === ownerId) return
      throw new PatrolError('wrong-account', `the value works in ${token.organization}, but not as ${token.owner}`, {
        remedy: 'Name the account in the configuration that the PAT belongs to. Nothing was stored.',
      })
    case 'unknown':
      throw new PatrolError('service-unavailable', `the value could not be tried: ${probe.message}`)
    case 'refused':
    case 'anonymous':
      throw new PatrolError('verification-failed', `the value is not let in to ${token.organization}`, {
        remedy:
          'It has expired, was revoked or mistyped, or its scopes do not reach connectionData. Nothing was stored; without the value a rule with `method: rotate` takes the PAT over.',
      })
  }
}
