import { aftermath } from '../../core/aftermath.ts'
import { PatrolError } from '../../core/errors.ts'
import { currentMetadata, currentPat, type Facts } from '../../core/facts.ts'
import { standings } from '../../core/gate.ts'
import type { Pat } from '../../core/pat.ts'
import type { Instant } from '../../core/time.ts'
import type { Token } from '../../core/token.ts'
import type { Proposals } from '../../reconcile/run.ts'
import { findWitnesses, prove } from '../../reconcile/proof.ts'
import { revokeById, revokeToken, unclaimed } from '../../reconcile/revocations.ts'
import { warningOf } from '../aftermath-text.ts'
import { withWorld } from '../configured.ts'
import { agree, asks } from '../consent.ts'
import type { Command } from '../invocation.ts'
import type { Io } from '../io.ts'
import { refuseUnknownName } from '../unknown-name.ts'
import { proposalsOf, unlisted, unknownToken } from '../proposals.ts'
import { printRefusal, printReport } from '../report.ts'
import { cleanName, count } from '../terminal.ts'
import { table, wrapped } from '../text-table.ts'
import { whenFitting } from '../time-text.ts'

export interface RevokeOptions {
  readonly positional: readonly string[]
  readonly yes?: boolean
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** `patrol revoke`: ends one PAT by its id, or all PATs of a token by its name. */
export const revokeCommand: Command<RevokeOptions> = (invocation, options) =>
  withWorld(invocation, {}, async (wanted, { world }) => {
    const { io } = invocation
    const [subject = ''] = options.positional
    const beganAt = io.monotonic()
    if (!guid.test(subject)) refuseUnknownName(subject, wanted)
    const proposals = await proposalsOf(world, wanted)
    const { lists } = proposals.snapshot
    const { question, refused, tokens, work, after } = guid.test(subject) ? byId(subject.toLowerCase()) : byName()
    if (asks(invocation, options) && !(await agree(invocation, question))) return printRefusal(invocation, [refused])
    const witnesses = await findWitnesses(world, tokens)
    const results = await work()
    const proofs = await prove(world, lists, tokens, witnesses, results)
    const ended = results.every(({ status }) => status === 'done') && results.length > 0
    const report = { results, problems: [], proofs, ...(ended && after !== undefined ? { aftermath: after } : {}) }
    return printReport(invocation, report, io.monotonic() - beganAt)

    function byId(id: string) {
      const { account, organization, displayName } = find(proposals, id)
      const home = { account, organization, owner: wanted.accounts.get(account)?.user ?? '' }
      const claimed = claimant(proposals, id)
      const isCurrent = claimed !== undefined && currentMetadata(claimed.facts)?.authorizationId.toLowerCase() === id
      const after = isCurrent ? { token: claimed.token, ...aftermath(claimed.token, claimed.facts) } : undefined
      const warning = after === undefined ? '' : `; ${warningOf(after.token, after)}`
      return {
        question: paragraph(
          io,
          `revoke "${cleanName(displayName)}" (${id}) of ${home.owner} in ${organization} for ever${warning}`,
        ),
        refused: { token: claimed?.token.name ?? id, kind: 'revoke', authorizationId: id } as const,
        tokens: [claimed?.token ?? unclaimed(home, id)],
        work: async () => [await revokeById(world, lists, home, id, claimed?.token)],
        after,
      }
    }

    function byName() {
      const observation = proposals.proposals
        .map((proposal) => proposal.observation)
        .find(({ token }) => token.name === subject)
      if (observation === undefined) throw unknownToken(subject, proposals)
      const { token } = observation
      const pats = 'facts' in observation ? patsOf(token, observation.facts) : []
      const after = 'facts' in observation ? { token, ...aftermath(token, observation.facts) } : undefined
      const warning = after === undefined ? '' : `; ${warningOf(token, after)}`
      const which = pats.length === 0 ? 'all PATs' : count(pats.length, 'PAT')
      return {
        question:
          paragraph(io, `revoke ${which} of ${token.name} in ${token.organization} for ever${warning}`) +
          table(
            pats.map((pat) => [cleanName(pat.displayName), pat.authorizationId, endText(io, pat, world.clock.now())]),
            io.columns,
          ),
        refused: { token: token.name, kind: 'revoke' } as const,
        tokens: [token],
        work: () => revokeToken(world, lists, token),
        after,
      }
    }
  })

/** What is about to be revoked: the current PAT, and those that it superseded. */
function patsOf(token: Token, facts: Facts): readonly Pat[] {
  const current = currentPat(token, facts)
  const others = standings(token, facts).filter(({ standing }) => standing.kind !== 'stranger')
  return [...(current === undefined ? [] : [current]), ...others.map(({ pat }) => pat)]
}

function paragraph({ columns }: Io, text: string): string {
  return `${wrapped(text, columns).join('\n')}\n`
}

function endText(io: Io, { validTo }: Pat, now: Instant): string {
  return validTo === undefined ? 'without a known end' : `expires ${whenFitting(io.columns, validTo, now)}`
}

/** The token whose store holds this PAT, with what was seen of it. */
function claimant(proposals: Proposals, id: string): { readonly token: Token; readonly facts: Facts } | undefined {
  for (const { observation } of proposals.proposals) {
    if (!('facts' in observation) || observation.token.place === undefined) continue
    const versions = [observation.facts.current, ...(observation.facts.versions ?? [])]
    const holds = versions.some(
      (version) => version?.reading.kind === 'read' && version.reading.metadata.authorizationId === id.toLowerCase(),
    )
    if (holds) return observation
  }
  return undefined
}

/** @throws PatrolError why a list could not be read, if one of those might have the PAT; else `pat-not-found` */
function find(proposals: Proposals, id: string) {
  for (const { account, organization, pats } of proposals.snapshot.pats) {
    const pat = pats.find(({ authorizationId }) => authorizationId.toLowerCase() === id)
    if (pat !== undefined) return { account, organization, displayName: pat.displayName }
  }
  const [failure] = unlisted(proposals)
  throw failure ?? new PatrolError('pat-not-found', `none of the configured accounts has an active PAT ${id}`)
}
