import { PatrolError } from '../core/errors.ts'
import { currentPat } from '../core/facts.ts'
import type { ActionKind } from '../core/plan.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import type { Result } from './execute.ts'
import { forEachFair } from './fair-lanes.ts'
import { lanesOf } from './lanes.ts'
import { findWitnesses, type Proof, prove } from './proof.ts'
import { isRotated, revokeOthers, revokeToken } from './revocations.ts'
import { apply, type Proposal, type Proposals, type Report } from './run.ts'

/**
 * When the old PATs go: after their overlap, as soon as every target has the new one, or before there is a new one,
 * because they leaked and an outage is the lesser evil.
 */
export type Revoking = 'after-overlap' | 'when-delivered' | 'first'

export interface EmergencyReport extends Report {
  readonly proofs: readonly Proof[]
}

/** After a person's word everything is planned anew, and what that plan holds is meant. */
const allKinds: ReadonlySet<ActionKind> = new Set([
  'mint',
  'extend',
  'deliver',
  'revoke',
  'disable-version',
  'collect-orphan',
  'update-metadata',
])

/**
 * New values for all tokens of the proposals, which a person asked for: windows, back-offs and earlier failures do not
 * count. With `first` nothing is revoked of a token for which no new PAT could be made at all.
 *
 * @throws PatrolError the veto of the proposals, before anything was changed
 */
export async function rotateNow(world: World, proposed: Proposals, revoking: Revoking): Promise<EmergencyReport> {
  if (proposed.veto !== undefined) throw proposed.veto
  const { lists } = proposed.snapshot
  const requested = new Set(proposed.proposals.map(({ observation }) => observation.token.name))
  const tokens = proposed.proposals.map(({ observation }) => observation.token)
  if (revoking === 'after-overlap') return { ...(await apply(world, proposed, { requested })), proofs: [] }
  const witnesses = await findWitnesses(world, tokens)
  const before: Result[] = []
  let report: Report
  if (revoking === 'first') {
    const replaceable = proposed.proposals.filter(mintsNow).map(({ observation }) => observation.token)
    await eachOf(world, replaceable, async (token) => void before.push(...(await revokeToken(world, lists, token))))
    const shown = new Map([...requested].map((name) => [name, allKinds]))
    report = await apply(world, { ...proposed, proposals: proposed.proposals.map(pinned) }, { requested, shown })
  } else report = await apply(world, proposed, { requested })
  const rotated = tokens.filter((token) => isRotated(token, report.results))
  const after: Result[] = []
  await eachOf(
    world,
    rotated,
    async (token) => void after.push(...(await revokeOthers(world, lists, token, revoking === 'first'))),
  )
  const kept = revoking === 'first' ? [] : tokens.filter((token) => !rotated.includes(token)).map(keptOf)
  const results = [...before, ...report.results, ...after, ...kept]
  return { ...report, results, proofs: await prove(world, lists, tokens, witnesses, results) }
}

async function eachOf(world: World, tokens: readonly Token[], work: (token: Token) => Promise<void>): Promise<void> {
  await forEachFair(
    tokens,
    lanesOf(world, (token: Token) => token),
    work,
  )
}

function mintsNow({ plan }: Proposal): boolean {
  return plan.actions.some(({ kind }) => kind === 'mint')
}

/** Once the PAT of a rule is revoked, nothing but this tells which scopes its successor must have. */
function pinned(proposal: Proposal): Proposal {
  const { observation } = proposal
  if (!('facts' in observation)) return proposal
  const { token, facts } = observation
  const scopes = token.scopes ?? currentPat(token, facts)?.scopes
  return scopes === undefined ? proposal : { ...proposal, observation: { ...observation, token: { ...token, scopes } } }
}

function keptOf(token: Token): Result {
  const error = new PatrolError(
    'not-rotated',
    `not everybody has a new value of ${token.name}, so its old PATs were left alone`,
  )
  return { token: token.name, kind: 'revoke', status: 'skipped', error }
}
