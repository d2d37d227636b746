import { asPatrolError, type PatrolError } from '../core/errors.ts'
import type { Version } from '../core/facts.ts'
import type { Metadata } from '../core/metadata.ts'
import type { Secret } from '../core/secret.ts'
import { second, times } from '../core/time.ts'
import type { Minted } from '../ports/authority.ts'
import { discard } from './discard.ts'
import type { Turn } from './turn.ts'
import { type Fate, unstored } from './unstored.ts'

/** Writes whose answer was lost are looked for and repeated, but not for ever. */
const mostWrites = 3

/**
 * Puts a verified generation into the store. It never revokes the PAT while a late write could still make it current.
 *
 * @param replaced the PAT whose value the store hands out now, if there is one
 */
export async function storeGeneration(
  turn: Turn,
  minted: Minted,
  metadata: Metadata,
  replaced: string | undefined,
): Promise<void> {
  const failure = await writeOnce(turn, minted.value, metadata)
  if (failure === undefined) return
  throw await unstored(turn, failure, minted, await fateOf(turn, minted, failure), replaced)
}

async function fateOf(turn: Turn, { pat }: Minted, { outcome }: PatrolError): Promise<Fate> {
  if (outcome !== 'none') return 'unknown'
  // Nothing of this generation is in the store, and nothing of it will be.
  return (await discard(turn, pat)) ? 'revoked' : 'left'
}

/**
 * Writes a version. After a lost answer it looks whether the version is there before it writes again; should a write that
 * was given up land all the same, two versions hold one PAT, which does no harm.
 *
 * @param assertSafe asked just before each request; what it throws keeps it from being sent
 * @returns why the version is not there; its `outcome` is `none` only when no write of it can land any more. Undefined
 *   when it is there
 */
export async function writeOnce(
  turn: Turn,
  value: Secret,
  metadata: Metadata,
  assertSafe: () => Promise<void> = async () => undefined,
): Promise<PatrolError | undefined> {
  let unknown: PatrolError | undefined
  for (let attempt = 1; attempt <= mostWrites; attempt++) {
    try {
      await turn.mutate(
        'store',
        async (limits) => {
          await assertSafe()
          return turn.store.write(turn.place.secretName, value, metadata, limits)
        },
        metadata.authorizationId,
      )
      return undefined
    } catch (error) {
      const failure = asPatrolError(error)
      // An earlier write whose answer was lost may still land.
      if (failure.outcome === 'none') return unknown ?? failure
      unknown = failure
      await turn.world.clock.sleep(times(attempt, second), 'go-on')
      if (await isStored(turn, metadata.generation)) return undefined
    }
  }
  return unknown
}

/** Whether any version holds this generation; another instance may have stored a later one already. */
async function isStored(turn: Turn, generation: string): Promise<boolean> {
  try {
    if (holds(await turn.currentVersion(), generation)) return true
    return (await turn.store.versions(turn.place.secretName)).some((version) => holds(version, generation))
  } catch {
    // Not knowing is no reason to give up: the next write, or the next run, will tell.
    return false
  }
}

function holds(version: Version | undefined, generation: string): boolean {
  return version?.reading.kind === 'read' && version.reading.metadata.generation === generation
}
