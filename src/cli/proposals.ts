import type { OpenWorld } from '../app/compose.ts'
import type { Wanted } from '../app/config/wanted.ts'
import type { PatrolError } from '../core/errors.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { blindSpots } from '../reconcile/observe.ts'
import { propose, type PlanOptions, type Proposals } from '../reconcile/run.ts'
import { type ConfigLessOptions, refuseEmptySelection, selects, withWorld } from './configured.ts'
import { type ExitCode, exitCodeOf } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { undeclaredProblems } from './undeclared.ts'
import { unknownName } from './unknown-name.ts'

/** Options of the commands that are about some of the tokens. */
export interface SelectionOptions extends ConfigLessOptions {
  readonly only?: readonly string[]
}

/** Plans for the tokens that `--only` lets through, and gives the plans to `work`. */
export function withProposals(
  invocation: Invocation,
  options: SelectionOptions,
  more: Omit<PlanOptions, 'only' | 'maxReplacements'>,
  work: (proposals: Proposals, world: World, accounts: OpenWorld['accounts']) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withWorld(invocation, options, async (wanted, { world, accounts }) => {
    const proposals = await proposalsOf(world, wanted, { ...more, only: selects(options.only) })
    // A rule that could not be applied may well make a token of that name.
    if (proposals.snapshot.failures.length === 0) refuseEmptySelection(options.only, proposals.proposals.length)
    return work(proposals, world, accounts)
  })
}

/** The same with a word about PATs that no entry declares, unless only some tokens were looked at. */
export function withUndeclared(proposals: Proposals, { only }: SelectionOptions): Proposals {
  if (only !== undefined && only.length > 0) return proposals
  return { ...proposals, problems: [...proposals.problems, ...undeclaredProblems(proposals.snapshot)] }
}

/** Observes and plans within the limits of the configuration. */
export function proposalsOf(
  world: World,
  wanted: Wanted,
  options: Omit<PlanOptions, 'maxReplacements'> = {},
): Promise<Proposals> {
  return propose(world, wanted, { ...options, maxReplacements: wanted.limits.maxReplacements })
}

/** What could not be looked at: tokens and secrets by their names, rules by their patterns. */
export function unseen({
  proposals,
  snapshot,
}: Proposals): readonly { readonly name: string; readonly failure: PatrolError }[] {
  const ofTokens = proposals.flatMap(({ observation }) =>
    'failure' in observation ? [{ name: observation.token.name, failure: observation.failure }] : [],
  )
  return [...ofTokens, ...blindSpots(snapshot)]
}

/** The exit codes of what could not be looked at. */
export function unseenCodes(proposals: Proposals): readonly ExitCode[] {
  return unseen(proposals).map(({ failure }) => exitCodeOf(failure.code))
}

/** Why lists of PATs are missing; a PAT that no other list has may be in one of them. */
export function unlisted({ proposals, snapshot }: Proposals): readonly PatrolError[] {
  const key = (account: string, organization: string): string => `${account}\n${organization.toLowerCase()}`
  const read = new Set(snapshot.pats.map(({ account, organization }) => key(account, organization)))
  return [
    ...proposals.flatMap(({ observation }) => {
      const { account, organization } = observation.token
      return 'failure' in observation && !read.has(key(account, organization)) ? [observation.failure] : []
    }),
    ...snapshot.failures
      .filter(({ rule }) => rule.organizations.some((organization) => !read.has(key(rule.account, organization))))
      .map(({ failure }) => failure),
  ]
}

/** Why there is no token of this name among those that were looked at: an unknown name, or a rule that is blind. */
export function unknownToken(name: string, proposals: Proposals, tokens: readonly Token[] = []): PatrolError {
  const [blind] = unseen(proposals)
  const seen = proposals.proposals.map(({ observation }) => observation.token)
  return blind?.failure ?? unknownName(name, tokens.length > 0 ? tokens : seen)
}
