import { problemOf } from '../../core/errors.ts'
import { currentMetadata, isOurs } from '../../core/facts.ts'
import { markOf } from '../../core/names.ts'
import { fullScope } from '../../core/scopes.ts'
import type { Pat } from '../../core/pat.ts'
import type { Proposals } from '../../reconcile/run.ts'
import { type ConfigLessOptions, withWorld } from '../configured.ts'
import { worst } from '../exit-code.ts'
import { globalPats, globalPatsText } from '../global-pats.ts'
import type { Command } from '../invocation.ts'
import { jsonLine, type ListedPat, listedJson, type Management, problemJson } from '../json.ts'
import { problemsText } from '../plan-text.ts'
import { proposalsOf, unlisted, unseen, unseenCodes } from '../proposals.ts'
import { listText, type Sight } from '../status-text.ts'

/** `patrol list`: every active PAT of the configured accounts, with who manages it and what is wrong with it. */
export const listCommand: Command<ConfigLessOptions> = (invocation, options) =>
  withWorld(invocation, options, async (wanted, { world }) => {
    const { io, pen, speech } = invocation
    const proposals = await proposalsOf(world, wanted)
    speech.quiet()
    const pats = proposals.snapshot.pats.flatMap(({ account, organization, pats: listed }) =>
      listed.map((pat) => ({
        pat,
        account,
        organization,
        management: managementOf(proposals, account, pat),
        findings: findingsOf(pat),
      })),
    )
    // A global PAT shows in the list of every organization; one authorizationId is one PAT.
    const once: readonly ListedPat[] = [
      ...new Map(pats.toReversed().map((listed) => [listed.pat.authorizationId, listed])).values(),
    ].sort((left, right) => (left.pat.validTo ?? 0) - (right.pat.validTo ?? 0))
    const global = globalPats(proposals.snapshot, world.clock.now())
    // Why some of the PATs may be missing.
    const problems = unseen(proposals).map(({ name, failure }) => problemOf(name, failure))
    io.stdout(
      invocation.options.json
        ? jsonLine({ pats: once.map(listedJson), globalPats: global, problems: problems.map(problemJson) })
        : listText(io, pen, once, world.clock.now(), sightOf(proposals)) +
            globalPatsText(pen, global, proposals.snapshot.successions, world.clock.now()) +
            problemsText(io, pen, problems),
    )
    return worst(unseenCodes(proposals))
  })

/** Who looks after a PAT: a token of this configuration, some other Patrol, nobody, or that cannot be told just now. */
function managementOf(proposals: Proposals, account: string, pat: Pat): Management {
  for (const { observation } of proposals.proposals) {
    const { token } = observation
    if (token.covers === pat.authorizationId) return { kind: 'token', name: token.name }
    if (!('facts' in observation)) continue
    const metadata = currentMetadata(observation.facts)
    const known =
      metadata?.authorizationId === pat.authorizationId || metadata?.supersedes.includes(pat.authorizationId)
    if (known === true || isOurs(token, observation.facts, pat)) return { kind: 'token', name: token.name }
  }
  const blind =
    proposals.proposals.some(({ observation }) => 'failure' in observation && observation.token.account === account) ||
    proposals.snapshot.failures.some(({ rule }) => rule.account === account)
  if (blind) return { kind: 'unknown' }
  return markOf(pat.displayName) === undefined ? { kind: 'nobody' } : { kind: 'undeclared' }
}

function sightOf(proposals: Proposals): Sight {
  if (unlisted(proposals).length === 0) return 'all'
  return proposals.snapshot.pats.length === 0 ? 'none' : 'some'
}

/** What is wrong with a PAT whoever manages it. */
function findingsOf(pat: Pat): readonly string[] {
  return [
    ...(pat.allOrganizations ? ['global'] : []),
    ...(pat.scopes.includes(fullScope) ? ['full-scope'] : []),
    ...(pat.validTo === undefined ? ['expiry-unknown'] : []),
  ]
}
