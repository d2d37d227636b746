import { isReceipt } from './copy.ts'
import { decodeDelivery, type Delivery, encodeDelivery } from './delivery.ts'
import { fold, hasHole, isPartOf, unfold } from './folded-list.ts'
import { foldScopes, unfoldScopes } from './folded-scopes.ts'
import { decodeHold, encodeHold, type Hold, isReason } from './hold.ts'
import { tagNumber } from './tag-number.ts'
import { longestTag, mostTags, type Tags } from './tags.ts'
import { type Instant, instant } from './time.ts'

export type { Delivery } from './delivery.ts'
export type { Tags } from './tags.ts'

/** The version of this format. A reader refuses any other, for it could misread it. */
const formatVersion = '1'

const plainNames: readonly string[] = [
  'patrol',
  'organization',
  'account',
  'authorization-id',
  'display-name',
  'rule',
  'asked-until',
]

/** Lists, which go on in `scope-2`, `scope-3` … when one tag does not hold them. */
const foldedNames: readonly string[] = ['scope', 'asked', 'supersedes', 'delivered']

/** What Patrol remembers of a version, in the store, beside its value. `docs/metadata.md` lists every field. */
export interface Metadata {
  readonly organization: string
  /** The user who owns the PAT, lower-cased. */
  readonly account: string
  readonly authorizationId: string
  readonly generation: string
  /** As granted. */
  readonly scopes: readonly string[]
  /** As asked for, where the service granted another set: it may leave out what a scope includes. */
  readonly asked?: readonly string[] | undefined
  readonly validFrom: Instant
  /** As granted, not as asked. */
  readonly validTo: Instant
  /**
   * Until when its last mint or extension asked for, where the service granted less. Only for what people are told: it is
   * left out where a version has no room for it.
   */
  readonly askedUntil?: Instant | undefined
  /** The authorizationIds of the PATs that this one replaces. */
  readonly supersedes: readonly string[]
  /** When this was written, by the writer's corrected clock. For people: decisions ask the store's own stamp. */
  readonly writtenAt: Instant
  /** When the PAT was last extended; undefined while it never was. */
  readonly extendedAt?: Instant | undefined
  /** The pattern of the rule that made the token. */
  readonly rule: string | undefined
  /** The display name without its mark. */
  readonly displayName: string
  readonly deliveries: readonly Delivery[]
  /** A person's word that nothing is revoked for a while. */
  readonly hold?: Hold | undefined
}

/** What a version's tags say. `foreign`: Patrol did not write this version. */
export type Reading =
  | { readonly kind: 'read'; readonly metadata: Metadata }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unsupported'; readonly version: string }
  | { readonly kind: 'damaged'; readonly field: string }

/**
 * Metadata as tags. Long lists are folded over several tags (`scope`, `scope-2` …).
 *
 * @param room how many tags there may be; those of others on the same version take from it
 * @throws RangeError when it does not fit, when a target's name holds a blank or a colon, or when a receipt or reason is none;
 *   `fits` says so beforehand, and the configuration's rules keep it from happening
 */
export function encodeMetadata(metadata: Metadata, room = mostTags): Tags {
  const tags: Record<string, string> = {
    patrol: [formatVersion, metadata.generation, ...stampsOf(metadata), ...holdOf(metadata)].join(' '),
    organization: metadata.organization,
    account: metadata.account,
    'authorization-id': metadata.authorizationId,
    'display-name': metadata.displayName,
  }
  if (metadata.rule !== undefined) tags['rule'] = metadata.rule
  fold(tags, 'scope', foldScopes(metadata.scopes))
  if (metadata.asked !== undefined) fold(tags, 'asked', foldScopes(metadata.asked))
  fold(tags, 'supersedes', metadata.supersedes)
  fold(tags, 'delivered', metadata.deliveries.map(encodeDelivery))
  if (metadata.deliveries.some(({ target }) => !/^[^\s:]+$/.test(target))) {
    throw new RangeError('the name of a target is empty or holds a blank or a colon')
  }
  if (metadata.deliveries.some(({ receipt }) => receipt !== undefined && !isReceipt(receipt))) {
    throw new RangeError('the receipt of a target is none')
  }
  if (metadata.hold !== undefined && !isReason(metadata.hold.reason)) {
    throw new RangeError('the reason of a hold is too long, or no plain line of text')
  }
  const tooLong = Object.values(tags).some((value) => value.length > longestTag)
  if (tooLong || Object.keys(tags).length > mostTags) {
    throw new RangeError(`the metadata does not fit into ${mostTags} tags of ${longestTag} characters`)
  }
  if (metadata.askedUntil !== undefined && Object.keys(tags).length < room) {
    tags['asked-until'] = String(metadata.askedUntil)
  }
  return tags
}

function stampsOf(metadata: Metadata): readonly Instant[] {
  const { validFrom, validTo, writtenAt, extendedAt } = metadata
  return [validFrom, validTo, writtenAt, ...(extendedAt === undefined ? [] : [extendedAt])]
}

/** It shares a tag with the times, because a version may have no room for another; `-` keeps the place of a time before it. */
function holdOf({ hold, extendedAt }: Metadata): readonly string[] {
  if (hold === undefined) return []
  return [...(extendedAt === undefined ? [notExtended] : []), encodeHold(hold)]
}

const notExtended = '-'

/** So many find room in `supersedes`, and more than two PATs of a token at once are rare. */
export const mostSuperseded = 6

/** Whether `encodeMetadata` will take it. */
export function fits(metadata: Metadata): boolean {
  try {
    encodeMetadata(metadata)
    return true
  } catch {
    return false
  }
}

/**
 * The same metadata with this hold, or with none. What keeps somebody's PATs alive matters more than why: where there is no
 * room for both, the reason is left out.
 */
export function withHold({ hold: _other, ...metadata }: Metadata, hold: Hold | undefined): Metadata {
  if (hold === undefined) return metadata
  const held = { ...metadata, hold }
  return fits(held) ? held : { ...metadata, hold: { ...hold, reason: '' } }
}

/**
 * Whether a tag of this name is one that `encodeMetadata` may write. Who replaces the metadata of a version replaces
 * these and leaves every other tag alone, for people put tags there, too.
 */
export function ownsTag(name: string): boolean {
  return plainNames.includes(name) || foldedNames.some((folded) => isPartOf(name, folded))
}

/** Reads what `encodeMetadata` wrote. Unknown tags beside ours are left alone; unknown versions are refused. */
export function decodeMetadata(tags: Tags): Reading {
  const mark = tags['patrol']
  if (mark === undefined) return { kind: 'foreign' }
  const [version = '', generation = '', from = '', to = '', written = '', extended, ...held] = mark.split(' ')
  if (version !== formatVersion) return { kind: 'unsupported', version }
  const [validFrom, validTo, writtenAt] = [from, to, written].map((text) => tagNumber(text, 10))
  const isNone = extended === undefined || (extended === notExtended && held.length > 0)
  const extendedAt = isNone ? undefined : tagNumber(extended, 10)
  const hold = held.length === 0 ? undefined : decodeHold(held.join(' '))
  const unread = generation === '' || (!isNone && extendedAt === undefined) || (held.length > 0 && hold === undefined)
  if (unread || validFrom === undefined || validTo === undefined || writtenAt === undefined)
    return { kind: 'damaged', field: 'patrol' }
  // It is told to people and decides nothing, so a damaged one is no reason to refuse the rest.
  const askedUntil = tagNumber(tags['asked-until'], 10)
  const missing = ['organization', 'account', 'authorization-id', 'display-name'].find((name) => !tags[name])
  if (missing !== undefined) return { kind: 'damaged', field: missing }
  const torn = foldedNames.find((name) => hasHole(tags, name))
  if (torn !== undefined) return { kind: 'damaged', field: torn }
  const asked = unfoldScopes(unfold(tags, 'asked'))
  const deliveries = unfold(tags, 'delivered').map(decodeDelivery)
  if (deliveries.includes(undefined)) return { kind: 'damaged', field: 'delivered' }
  return {
    kind: 'read',
    metadata: {
      organization: tags['organization'] ?? '',
      account: tags['account'] ?? '',
      authorizationId: tags['authorization-id'] ?? '',
      generation,
      scopes: unfoldScopes(unfold(tags, 'scope')),
      asked: asked.length === 0 ? undefined : asked,
      validFrom: instant(validFrom),
      validTo: instant(validTo),
      ...(askedUntil === undefined ? {} : { askedUntil: instant(askedUntil) }),
      supersedes: unfold(tags, 'supersedes'),
      writtenAt: instant(writtenAt),
      extendedAt: extendedAt === undefined ? undefined : instant(extendedAt),
      rule: tags['rule'],
      displayName: tags['display-name'] ?? '',
      deliveries: deliveries.filter((delivery) => delivery !== undefined),
      ...(hold === undefined ? {} : { hold }),
    },
  }
}
