import { PatrolError } from '../../core/errors.ts'
import type { Hold } from '../../core/hold.ts'
import { decodeMetadata, encodeMetadata, type Metadata, ownsTag, type Tags, withHold } from '../../core/metadata.ts'

/** The content type of every value that Patrol stores. */
export const patContentType = 'application/vnd.azure-devops.pat'

/** Key Vault's limit: https://learn.microsoft.com/azure/key-vault/secrets/about-secrets */
const mostTags = 15

/**
 * The tags of a version after its metadata was replaced: ours anew, and those of others as they were.
 *
 * @param present the tags that the version has now; none for a new version
 * @throws PatrolError `invalid-request` when they are too many or too long together
 */
export function tagsWith(metadata: Metadata, present: Tags = {}): Tags {
  const foreign = Object.entries(present).filter(([name]) => !ownsTag(name))
  const tags = { ...Object.fromEntries(foreign), ...encoded(metadata, mostTags - foreign.length) }
  if (Object.keys(tags).length <= mostTags) return tags
  const names = foreign.map(([name]) => name).join(', ')
  throw new PatrolError('invalid-request', `with the tags of others (${names}) the metadata needs more than 15 tags`, {
    remedy: 'Remove some of these tags from the version, or give the token fewer scopes or targets.',
  })
}

/** The same for metadata that was read before: the hold is that of the tags that are there now. */
export function updatedTags(metadata: Metadata, present: Tags): Tags {
  const reading = decodeMetadata(present)
  const hold = reading.kind === 'read' ? reading.metadata.hold : undefined
  return tagsWith(withHold(metadata, hold), present)
}

/**
 * The tags of a version after a hold was placed on it, or taken off; all others as they are.
 *
 * @throws PatrolError `invalid-request` when there is no room for it; `secret-not-managed` when Patrol cannot read what stands there
 */
export function heldTags(hold: Hold | undefined, present: Tags): Tags {
  const reading = decodeMetadata(present)
  if (reading.kind !== 'read') {
    throw new PatrolError('secret-not-managed', 'a hold can stand only in a version whose metadata Patrol can read')
  }
  const { hold: _earlier, ...metadata } = reading.metadata
  return tagsWith(hold === undefined ? metadata : { ...metadata, hold }, present)
}

function encoded(metadata: Metadata, room: number): Tags {
  try {
    return encodeMetadata(metadata, room)
  } catch (thrown) {
    throw new PatrolError('invalid-request', thrown instanceof Error ? thrown.message : String(thrown), {
      remedy: 'Give the token fewer scopes or targets, or a shorter display name.',
      cause: thrown,
    })
  }
}
