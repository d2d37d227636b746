import type { Instant } from './time.ts'

/** One personal access token as Azure DevOps lists it; never its value. */
export interface Pat {
  readonly authorizationId: string
  readonly displayName: string
  /** As `parseScopes` gives them. */
  readonly scopes: readonly string[]
  readonly validFrom: Instant
  /** Undefined when the service's date could not be read: that is a finding, never a far-future default. */
  readonly validTo: Instant | undefined
  /** A global PAT: it names no organizations, works in all, and stops on 1 December 2026. */
  readonly allOrganizations: boolean
}
