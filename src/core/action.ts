import type { Problem } from './errors.ts'
import type { Reason } from './policy.ts'
import type { Instant } from './time.ts'
import type { Token } from './token.ts'

interface Common {
  readonly token: string
  readonly account: string
  readonly organization: string
  /** For people: what will be done and why. */
  readonly message: string
  /** When; only of actions that are scheduled for later. */
  readonly at?: Instant
  readonly authorizationId?: string
}

/** One thing to do. Executing it may take several effects; `mint` is mint, verify, store and deliver. */
export type Action = Common &
  (
    | { readonly kind: 'mint'; readonly reason: Reason | 'requested' }
    | {
        readonly kind: 'extend'
        readonly reason: 'due'
        readonly authorizationId: string
        readonly validTo: Instant
      }
    | {
        readonly kind: 'deliver'
        readonly reason: 'undelivered' | 'failed-before' | 'drifted' | 'unsettled'
        readonly target: string
      }
    | { readonly kind: 'revoke'; readonly reason: 'superseded' | 'replaced'; readonly authorizationId: string }
    | { readonly kind: 'disable-version'; readonly reason: 'dead'; readonly version: string }
    | { readonly kind: 'collect-orphan'; readonly reason: 'orphan'; readonly authorizationId: string }
    | { readonly kind: 'update-metadata'; readonly reason: 'expiry-changed'; readonly authorizationId: string }
  )

export type ActionKind = Action['kind']

/** What one token needs. It holds no secret, so it can be printed, compared and kept. */
export interface Plan {
  /** Now, in this order. */
  readonly actions: readonly Action[]
  /** Later, as far as can be told today. */
  readonly scheduled: readonly Action[]
  readonly problems: readonly Problem[]
  /** Why nothing can be done for the token, although it should be looked after: for a run that is a failure. */
  readonly blocked?: Problem
}

/** Nothing to do. */
export const nothing: Plan = { actions: [], scheduled: [], problems: [] }

/** Nothing can be done, and why. */
export function blockedBy(reason: Problem): Plan {
  return { ...nothing, problems: [reason], blocked: reason }
}

/** Actions whose time has come are for now, the others for later. */
export function split(planned: readonly Action[], now: Instant): Plan {
  const isNow = (action: Action): boolean => action.at === undefined || action.at <= now
  return {
    actions: planned.filter(isNow).map((action) => withoutTime(action)),
    scheduled: planned.filter((action) => !isNow(action)),
    problems: [],
  }
}

/** The same for now. */
export function withoutTime<Planned extends Action>(action: Planned): Planned {
  const { at, ...timeless } = action
  return at === undefined ? action : (timeless as unknown as Planned)
}

/** What every action of a token says. */
export function commonOf(token: Token): Pick<Common, 'token' | 'account' | 'organization'> {
  return { token: token.name, account: token.account, organization: token.organization }
}
