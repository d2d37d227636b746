import { isReceipt } from './copy.ts'
import { normalizeScopes } from './scopes.ts'
import { type Instant, instant, second } from './time.ts'

/** The version of this format. A reader refuses any other, for it could misread it. */
const formatVersion = '1'

/** Key Vault's limits, kept to the smaller of the documented ones; the file store keeps them, too. */
const mostTags = 15
const longestTag = 256

const plainNames: readonly string[] = ['patrol', 'organization', 'account', 'authorization-id', 'display-name', 'rule']

/** Lists, which go on in `scope-2`, `scope-3` … when one tag does not hold them. */
const foldedNames: readonly string[] = ['scope', 'asked', 'supersedes', 'delivered']

/** The two most frequent kinds of scopes, by one letter. */
const kindOf: ReadonlyMap<string, string> = new Map([
  ['w', 'write'],
  ['m', 'manage'],
])
const letterOf: ReadonlyMap<string, string> = new Map([...kindOf].map(([letter, kind]) => [kind, letter]))

/** What a target was told, as it stands in the metadata of the version that it was given. */
export interface Delivery {
  readonly target: string
  /** When the last successful delivery ended. */
  readonly deliveredAt: Instant | undefined
  /** When that delivery began; the gate of a revocation asks for it. */
  readonly beganAt: Instant | undefined
  /** Failures since the last success. */
  readonly failures: number
  /** Not tried again before this. */
  readonly nextAttemptAt: Instant | undefined
  /** What the target gave for the last delivery, when it succeeded; by it the target knows the copy again. */
  readonly receipt?: string | undefined
}

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
}

/** Metadata as a store keeps it: names and values of at most 256 characters, at most 15. */
export type Tags = Readonly<Record<string, string>>

/** What a version's tags say. `foreign`: Patrol did not write this version. */
export type Reading =
  | { readonly kind: 'read'; readonly metadata: Metadata }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unsupported'; readonly version: string }
  | { readonly kind: 'damaged'; readonly field: string }

/**
 * Metadata as tags. Long lists are folded over several tags (`scope`, `scope-2` …).
 *
 * @throws RangeError when it does not fit, when a target's name holds a blank or a colon, or when a receipt is none;
 *   `fits` says so beforehand, and the configuration's rules keep it from happening
 */
export function encodeMetadata(metadata: Metadata): Tags {
  const tags: Record<string, string> = {
    patrol: [formatVersion, metadata.generation, ...stampsOf(metadata)].join(' '),
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
  const tooLong = Object.values(tags).some((value) => value.length > longestTag)
  if (tooLong || Object.keys(tags).length > mostTags) {
    throw new RangeError(`the metadata does not fit into ${mostTags} tags of ${longestTag} characters`)
  }
  return tags
}

function stampsOf(metadata: Metadata): readonly Instant[] {
  const { validFrom, validTo, writtenAt, extendedAt } = metadata
  return [validFrom, validTo, writtenAt, ...(extendedAt === undefined ? [] : [extendedAt])]
}

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
  const [version = '', generation = '', ...stamps] = mark.split(' ')
  if (version !== formatVersion) return { kind: 'unsupported', version }
  const [validFrom, validTo, writtenAt, extendedAt] = stamps.map((text) => number(text, 10))
  const unread = generation === '' || (stamps.length > 3 && extendedAt === undefined)
  if (unread || validFrom === undefined || validTo === undefined || writtenAt === undefined)
    return { kind: 'damaged', field: 'patrol' }
  const missing = ['organization', 'account', 'authorization-id', 'display-name'].find((name) => !tags[name])
  if (missing !== undefined) return { kind: 'damaged', field: missing }
  const torn = foldedNames.find((name) => hasHole(tags, name))
  if (torn !== undefined) return { kind: 'damaged', field: torn }
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
      asked: tags['asked'] === undefined ? undefined : unfoldScopes(unfold(tags, 'asked')),
      validFrom: instant(validFrom),
      validTo: instant(validTo),
      supersedes: unfold(tags, 'supersedes'),
      writtenAt: instant(writtenAt),
      extendedAt: extendedAt === undefined ? undefined : instant(extendedAt),
      rule: tags['rule'],
      displayName: tags['display-name'] ?? '',
      deliveries: deliveries.filter((delivery) => delivery !== undefined),
    },
  }
}

/**
 * Scopes of one family stand together, or long lists would not fit: `code+m+status` is vso.code, vso.code_manage and
 * vso.code_status; `graph_m` is vso.graph_manage without vso.graph; `=app_token` is a scope of another form.
 */
function foldScopes(scopes: readonly string[]): readonly string[] {
  const families = new Map<string, string[]>()
  const others: string[] = []
  for (const scope of normalizeScopes(scopes)) {
    const [, family, kind = ''] = /^vso\.([a-z0-9.]+)(?:_([a-z0-9]+))?$/.exec(scope) ?? []
    if (family === undefined || kindOf.has(kind)) others.push(`=${scope}`)
    else families.set(family, [...(families.get(family) ?? []), kind])
  }
  const folded = [...families].map(([family, kinds]) => {
    const letters = kinds.filter((kind) => kind !== '').map((kind) => letterOf.get(kind) ?? kind)
    if (kinds.includes('')) return [family, ...letters].join('+')
    return `${family}_${letters.join('+')}`
  })
  return [...others, ...folded]
}

function unfoldScopes(items: readonly string[]): readonly string[] {
  return normalizeScopes(
    items.flatMap((item) => {
      if (item.startsWith('=')) return [item.slice(1)]
      const [, family = '', separator, rest = ''] = /^([^_+]*)([_+]?)(.*)$/.exec(item) ?? []
      const kinds = rest.split('+').filter((kind) => kind !== '')
      return [
        ...(separator === '_' ? [] : [`vso.${family}`]),
        ...kinds.map((kind) => `vso.${family}_${kindOf.get(kind) ?? kind}`),
      ]
    }),
  )
}

/**
 * Times of deliveries stand in whole seconds and base 36, because twenty targets must fit. A beginning is rounded down
 * and an end up, so that no gate opens early.
 */
function encodeDelivery(delivery: Delivery): string {
  const fields = [
    base36(delivery.beganAt, Math.floor),
    base36(delivery.deliveredAt, Math.ceil),
    base36(delivery.nextAttemptAt, Math.ceil),
    delivery.failures === 0 ? '' : delivery.failures.toString(36),
    delivery.receipt ?? '',
  ]
  return [delivery.target, ...fields].join(':').replace(/:+$/, '')
}

function base36(at: Instant | undefined, round: (seconds: number) => number): string {
  return at === undefined ? '' : round(at / second).toString(36)
}

function decodeDelivery(text: string): Delivery | undefined {
  const [target = '', ...fields] = text.split(':')
  // Records of an older Patrol end before it.
  const [receipt = ''] = fields.splice(4, 1)
  const numbers = fields.map((field) => (field === '' ? undefined : number(field, 36)))
  const unread = fields.some((field, index) => field !== '' && numbers[index] === undefined)
  if (target === '' || fields.length > 4 || unread || (receipt !== '' && !isReceipt(receipt))) return undefined
  const [beganAt, deliveredAt, nextAttemptAt, failures] = numbers
  const at = (seconds: number | undefined): Instant | undefined =>
    seconds === undefined ? undefined : instant(seconds * second)
  return {
    target,
    beganAt: at(beganAt),
    deliveredAt: at(deliveredAt),
    nextAttemptAt: at(nextAttemptAt),
    failures: failures ?? 0,
    ...(receipt === '' ? {} : { receipt }),
  }
}

function number(text: string | undefined, radix: 10 | 36): number | undefined {
  const shape = radix === 10 ? /^\d{1,15}$/ : /^[0-9a-z]{1,10}$/
  return text !== undefined && shape.test(text) ? Number.parseInt(text, radix) : undefined
}

function fold(tags: Record<string, string>, name: string, items: readonly string[]): void {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + item.length <= longestTag) lines[lines.length - 1] = `${last} ${item}`
    else lines.push(item)
  }
  for (const [index, line] of lines.entries()) tags[index === 0 ? name : `${name}-${index + 1}`] = line
}

/** Whether a tag is the first or a further one of a folded list. */
function isPartOf(tag: string, name: string): boolean {
  return tag.startsWith(name) && /^(?:-\d+)?$/.test(tag.slice(name.length))
}

/** Whether a tag in the middle of a list is gone, so that the list would read shorter than it was written. */
function hasHole(tags: Tags, name: string): boolean {
  const parts = Object.keys(tags).filter((tag) => isPartOf(tag, name))
  return parts.some((_, index) => !((index === 0 ? name : `${name}-${index + 1}`) in tags))
}

function unfold(tags: Tags, name: string): readonly string[] {
  const items: string[] = []
  for (let index = 1; ; index++) {
    const line = tags[index === 1 ? name : `${name}-${index}`]
    if (line === undefined) return items
    items.push(...line.split(' ').filter((item) => item !== ''))
  }
}
