import { asPatrolError, PatrolError } from '../core/errors.ts'
import { holdOf, holdRemedy, holdText } from '../core/hold-in-force.ts'
import type { Hold } from '../core/hold.ts'
import type { Metadata } from '../core/metadata.ts'
import { type RecordedCopy, recordedCopies } from '../core/recorded-copies.ts'
import { after, type Duration, hour, type Instant } from '../core/time.ts'
import type { Place, Token } from '../core/token.ts'
import type { Removal } from '../ports/target.ts'
import type { World } from '../ports/world.ts'
import { currentVersion } from './current-version.ts'
import type { Result } from './execute.ts'
import { placeHold, releaseHold } from './hold.ts'
import type { PatLists } from './pat-lists.ts'
import { revokeToken, turnOf, unclaimed, youngOrphans } from './revocations.ts'

/**
 * What became of a copy; `failed` when its target gave an error. `undeclared`: no configuration tells any more where its target
 * is, so a person must take it away.
 */
export type CopyEnd = { readonly target: string } & (
  | Removal
  | { readonly kind: 'failed'; readonly error: PatrolError }
  | { readonly kind: 'undeclared'; readonly deliveredAt: Instant | undefined }
)

/** How far the end of a token has come. */
export type Retirement =
  /** `copies`: those that nobody but a person will be able to take away. */
  | { readonly kind: 'waiting'; readonly until: Instant; readonly copies: readonly CopyEnd[] }
  | { readonly kind: 'ended'; readonly copies: readonly CopyEnd[]; readonly results: readonly Result[] }

/** A token that no entry declares any more, as its secret tells of it. */
export function retiredToken(name: string, account: string, place: Place, metadata: Metadata): Token {
  const { organization, account: owner, authorizationId, displayName } = metadata
  return {
    ...unclaimed({ account, organization, owner }, authorizationId),
    name,
    displayName,
    place,
    method: 'rotate',
    overlap: hour,
    verification: { kind: 'connection-data' },
    covers: undefined,
  }
}

/**
 * Ends a token in two steps, each of which may be repeated: it notes in the store until when consumers have time; after
 * that it removes the copies, revokes all PATs of it, and disables all versions.
 *
 * @param grace how long consumers have, if nothing is noted yet; undefined for none
 * @throws PatrolError `held` while somebody holds the token
 */
export async function retire(
  world: World,
  lists: PatLists,
  token: Token & { readonly place: Place },
  grace: Duration | undefined,
): Promise<Retirement> {
  const { store, secretName } = { store: world.stores.get(token.place.store), secretName: token.place.secretName }
  if (store === undefined) throw new PatrolError('config-invalid', `there is no store ${token.place.store}`)
  const version = await currentVersion(store, secretName)
  const now = world.clock.now()
  const versions = await store.versions(secretName)
  // One that stands in an older version alone keeps its PAT from being revoked, too.
  const holds = [version, ...versions].flatMap((each) => holdOf(each, now) ?? [])
  const held = holds.find(({ stops }) => stops !== 'retirement')
  if (held !== undefined)
    throw new PatrolError('held', `${holdText(held)}; ${token.name} is not retired`, {
      remedy: holdRemedy(held, token.name),
    })
  const recorded = recordedCopies(versions)
  const waiting = (until: Instant): Retirement => ({
    kind: 'waiting',
    until,
    copies: undeclaredCopies(world, recorded),
  })
  const notice = holdOf(version, now)
  const noted = version?.reading.kind === 'read' ? version.reading.metadata.hold : undefined
  if (grace === undefined) await releaseHold(world, token)
  else if (notice !== undefined) return waiting(notice.until)
  else if (noted?.stops !== 'retirement' && version?.enabled === true) {
    const wanted = (at: Instant): Hold => ({ until: after(at, grace), stops: 'retirement', reason: '' })
    const placed = await placeHold(world, token, wanted)
    return waiting(placed.until)
  }
  const copies = await removeCopies(world, lists, token, recorded)
  const results = await revokeToken(world, lists, token)
  if (results.every(({ status }) => status === 'done')) await disableAll(world, lists, token)
  return { kind: 'ended', copies, results: [...results, ...(await youngOrphans(world, lists, token))] }
}

/** Copies of targets that the configuration does not declare, whose places nobody but a person knows. */
export function undeclaredCopies(
  { targets }: Pick<World, 'targets'>,
  recorded: readonly RecordedCopy[],
): readonly CopyEnd[] {
  return recorded.flatMap(({ target, deliveredAt }) =>
    targets.has(target) ? [] : [{ target, kind: 'undeclared' as const, deliveredAt }],
  )
}

async function removeCopies(
  world: World,
  lists: PatLists,
  token: Token,
  recorded: readonly RecordedCopy[],
): Promise<readonly CopyEnd[]> {
  const ends: CopyEnd[] = [...undeclaredCopies(world, recorded)]
  const turn = turnOf(world, lists, token, world.clock.elapsed())
  for (const { target: name, generation, receipt, deliveredAt } of recorded) {
    const target = world.targets.get(name)
    if (target === undefined) continue
    if (deliveredAt === undefined) {
      ends.push({ target: name, kind: 'absent' })
      continue
    }
    const copy = { token: token.name, organization: token.organization, generation, receipt, deliveredAt }
    try {
      ends.push({ target: name, ...(await turn.mutate('deliver', (limits) => target.remove(copy, limits))) })
    } catch (thrown) {
      ends.push({ target: name, kind: 'failed', error: asPatrolError(thrown) })
    }
  }
  return ends
}

/** Also versions whose PATs died long ago, and the current one last. */
async function disableAll(world: World, lists: PatLists, token: Token & { readonly place: Place }): Promise<void> {
  const { store, secretName } = token.place
  const turn = turnOf(world, lists, token, world.clock.elapsed())
  const versions = await turn.store.versions(secretName)
  for (const { id, enabled, reading } of versions.toSorted((left, right) => left.createdAt - right.createdAt)) {
    if (!enabled || id === undefined || reading.kind !== 'read') continue
    await turn.mutate('disable', (limits) => turn.store.disable(secretName, id, limits), `${store}/${secretName}`)
  }
}
