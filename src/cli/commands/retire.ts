import type { Wanted } from '../../app/config/wanted.ts'
import { PatrolError } from '../../core/errors.ts'
import type { Metadata } from '../../core/metadata.ts'
import { type Duration, hour, times } from '../../core/time.ts'
import type { Place, Token } from '../../core/token.ts'
import type { World } from '../../ports/world.ts'
import { currentVersion } from '../../reconcile/current-version.ts'
import { PatLists } from '../../reconcile/pat-lists.ts'
import { findWitnesses, prove } from '../../reconcile/proof.ts'
import { retire, retiredToken } from '../../reconcile/retirement.ts'
import { withWorld } from '../configured.ts'
import { agree, asks } from '../consent.ts'
import { exitCodes, worst } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { copiesText, copyJson, retirementText } from '../retirement-text.ts'
import { jsonLine } from '../json.ts'
import { printReport } from '../report.ts'
import { clean, namesText } from '../terminal.ts'
import { isoText } from '../time-text.ts'
import { knownNames } from '../unknown-name.ts'

export interface RetireOptions {
  readonly positional: readonly string[]
  readonly store?: string
  readonly token?: string
  readonly after?: Duration
  readonly now?: boolean
  readonly yes?: boolean
}

/** As the overlap is. */
const usualGrace = times(48, hour)

/** `patrol retire`: ends a token that no entry declares any more. */
export const retireCommand: Command<RetireOptions> = (invocation, options) => {
  if (options.now === true && options.after !== undefined) {
    throw new PatrolError('usage', '--now and --after are two different wishes')
  }
  return withWorld(invocation, {}, async (wanted, { world }) => {
    const { io, speech } = invocation
    const beganAt = io.monotonic()
    const [secretName = ''] = options.positional
    const found = await find(wanted, world, secretName, options.store)
    const token = { ...tokenOf(wanted, options.token ?? secretName, found), place: found.place }
    const question = `retire ${clean(token.name)}: its PATs in ${clean(token.organization)} are revoked, its versions disabled, its copies removed${byHandText(world, found.metadata)}\n`
    if (asks(invocation, options) && !(await agree(invocation, question))) return exitCodes.failed
    const lists = new PatLists(world)
    const witnesses = await findWitnesses(world, [token])
    const grace = options.now === true ? undefined : (options.after ?? usualGrace)
    const retirement = await retire(world, lists, token, grace)
    if (retirement.kind === 'waiting') {
      speech.quiet()
      const { until, copies } = retirement
      const waiting = { token: token.name, state: 'waiting', revokeAt: isoText(until), copies: copies.map(copyJson) }
      const text = retirementText(token.name, until, world.clock.now()) + copiesText(io, invocation.pen, copies)
      io.stdout(invocation.options.json ? jsonLine(waiting) : text)
      return exitCodes.done
    }
    const { copies, results } = retirement
    const proofs = await prove(world, lists, [token], witnesses, results)
    const isWhole = copies.every(({ kind }) => kind !== 'failed')
    const code = printReport(
      invocation,
      { results, problems: [], proofs, retired: { token: token.name, copies } },
      io.monotonic() - beganAt,
    )
    return worst([code, isWhole ? exitCodes.done : exitCodes.failed])
  })
}

/** Empty when every target is still declared. */
function byHandText({ targets }: World, { deliveries }: Metadata): string {
  const names = deliveries.map(({ target }) => target).filter((target) => !targets.has(target))
  return names.length === 0 ? '' : `; by hand, because no target of that name is declared: ${namesText(names)}`
}

interface Found {
  readonly place: Place
  readonly metadata: Metadata
}

/** @throws PatrolError `usage` unless just one of the stores has a secret of that name that Patrol wrote */
async function find(
  { stores, tokens, rules }: Wanted,
  world: World,
  secretName: string,
  only: string | undefined,
): Promise<Found> {
  if (only !== undefined && !stores.has(only)) {
    throw new PatrolError('usage', `there is no store ${only}`, {
      remedy: knownNames(only, [...stores.keys()]),
    })
  }
  const found: Found[] = []
  for (const store of only === undefined ? stores.keys() : [only]) {
    const opened = world.stores.get(store)
    const version = opened && (await currentVersion(opened, secretName))
    if (version?.reading.kind === 'read') {
      found.push({ place: { store, secretName }, metadata: version.reading.metadata })
    }
  }
  const [one] = found
  if (one === undefined) {
    throw new PatrolError('usage', `no store has a secret ${secretName} that Patrol wrote`, {
      remedy: 'Give the name of the secret, which is that of the token unless its entry had a `secretName`.',
    })
  }
  if (found.length > 1) {
    const where = found.map(({ place }) => place.store).join(' and ')
    throw new PatrolError('usage', `the stores ${where} have a secret ${secretName}`, {
      remedy: `Say which: patrol retire ${secretName} --store ${found[0]?.place.store ?? ''}`,
    })
  }
  const { metadata, place } = one
  const entry = tokens.find(
    (token) => token.place?.store === place.store && sameName(token.place.secretName, secretName),
  )
  const rule = rules.find(({ match, store, owner, organizations }) => {
    const isHere = organizations.some((organization) => sameName(organization, metadata.organization))
    return metadata.rule === match && store === place.store && owner === metadata.account && isHere
  })
  const ends = entry === undefined ? 'patrol revoke ID' : `patrol revoke ${entry.name}`
  const declaredBy = entry === undefined ? rule && `the rule ${rule.match}` : `the entry ${entry.name}`
  if (declaredBy !== undefined) {
    throw new PatrolError('usage', `${secretName} is declared by ${declaredBy}, so the next run would make it anew`, {
      remedy: `Take it out of the configuration first. To end its PATs only: ${ends}`,
    })
  }
  return one
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

/** @throws PatrolError `usage` when no account of the configuration owns its PAT */
function tokenOf({ accounts }: Wanted, name: string, { place, metadata }: Found): Token {
  const account = [...accounts].find(([, { user }]) => sameName(user, metadata.account))?.[0]
  if (account !== undefined) return retiredToken(name, account, place, metadata)
  throw new PatrolError('usage', `its PAT belongs to ${metadata.account}, and no account here is that user`, {
    remedy: 'Leave the account in the configuration until its tokens are retired.',
  })
}
