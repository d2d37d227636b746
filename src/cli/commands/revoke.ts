import { PatrolError } from '../../core/errors.ts'
import { propose, type Proposals } from '../../reconcile/run.ts'
import { revokeToken, revokeUnclaimed } from '../../reconcile/explicit.ts'
import { withWorld } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { unknownName } from '../places.ts'
import { clean } from '../terminal.ts'
import { agree, printReport } from './apply.ts'

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
    const proposals = await propose(world, wanted, { maxReplacements: wanted.limits.maxReplacements })
    const asks = io.canAsk && options.yes !== true
    const results = guid.test(subject) ? await byId() : await byName()
    if (results === undefined) return exitCodes.done
    return printReport(invocation, { results, problems: [] }, io.monotonic() - beganAt)

    async function byId() {
      const listed = find(proposals, subject.toLowerCase())
      const owner = wanted.accounts.get(listed.account)?.user ?? ''
      const question = `revoke "${clean(listed.displayName)}" (${subject}) of ${owner} in ${listed.organization} for ever\n`
      if (asks && !(await agree(invocation, question))) return undefined
      return [
        await revokeUnclaimed(world, { account: listed.account, organization: listed.organization, owner }, subject),
      ]
    }

    async function byName() {
      const token = proposals.proposals.map(({ observation }) => observation.token).find(({ name }) => name === subject)
      if (token === undefined)
        throw unknownName(
          subject,
          proposals.proposals.map(({ observation }) => observation.token.name),
        )
      const question = `revoke all PATs of ${token.name} in ${token.organization} for ever; whoever uses one is cut off, and the next run makes a new one\n`
      if (asks && !(await agree(invocation, question))) return undefined
      return revokeToken(world, proposals.snapshot.lists, token)
    }
  })

function find(proposals: Proposals, id: string) {
  for (const { account, organization, pats } of proposals.snapshot.pats) {
    const pat = pats.find(({ authorizationId }) => authorizationId.toLowerCase() === id)
    if (pat !== undefined) return { account, organization, displayName: pat.displayName }
  }
  const [failure] = proposals.snapshot.failures
  if (failure !== undefined) throw failure.failure
  throw new PatrolError('pat-not-found', `none of the configured accounts has an active PAT ${id}`)
}
