import { asPatrolError, type PatrolError } from '../core/errors.ts'
import type { Version } from '../core/facts.ts'
import type { Metadata } from '../core/metadata.ts'
import { second, times } from '../core/time.ts'
import type { Minted } from '../ports/authority.ts'
import { discard } from './discard.ts'
import type { Turn } from './turn.ts'

/** Writes whose answer was lost are looked for and repeated, but not for ever. */
const mostWrites = 3

/**
 * Puts a verified generation into the store. After a lost answer it looks whether the version is there before it
 * writes again. It never revokes the PAT while a late write could still make it current.
 */
export async function storeGeneration(turn: Turn, minted: Minted, metadata: Metadata): Promise<void> {
  let unknown: PatrolError | undefined
  for (let attempt = 1; attempt <= mostWrites; attempt++) {
    try {
      await turn.mutate(
        'store',
        (limits) => turn.store.write(turn.place.secretName, minted.value, metadata, limits),
        metadata.authorizationId,
      )
      return
    } catch (error) {
      const failure = asPatrolError(error)
      if (failure.outcome === 'none') {
        // Nothing of this generation is in the store, unless an earlier write whose answer was lost still lands.
        if (unknown === undefined) await discard(turn, minted.pat)
        throw unknown ?? failure
      }
      unknown = failure
      await turn.world.clock.sleep(times(attempt, second), 'go-on')
      if (await isStored(turn, metadata.generation)) return
    }
  }
  if (unknown !== undefined) throw unknown
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
