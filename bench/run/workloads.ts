/** `idle`: nothing is due. `rotation`: everything is, by new values. `renewal`: everything is, by longer lives. */
export type Kind = 'idle' | 'rotation' | 'renewal'

export interface Workload {
  readonly kind: Kind
  readonly tokens: number
  readonly organizations: number
  readonly roundTripMs: number
}

/** Turns at once, as the program has them when nobody says otherwise. */
export const concurrency = 8

const sizes: readonly Omit<Workload, 'kind'>[] = [
  { tokens: 1, organizations: 1, roundTripMs: 20 },
  { tokens: 100, organizations: 1, roundTripMs: 20 },
  { tokens: 1_000, organizations: 1, roundTripMs: 0 },
  { tokens: 1_000, organizations: 1, roundTripMs: 20 },
  { tokens: 1_000, organizations: 10, roundTripMs: 20 },
  { tokens: 1_000, organizations: 50, roundTripMs: 20 },
  { tokens: 1_000, organizations: 10, roundTripMs: 80 },
  { tokens: 5_000, organizations: 50, roundTripMs: 20 },
]

const kinds: readonly Kind[] = ['idle', 'rotation', 'renewal']

export const workloads: readonly Workload[] = kinds.flatMap((kind) => sizes.map((size) => ({ kind, ...size })))

/** One of each kind that takes next to no time, to see that the bench works. */
export const tinyWorkloads: readonly Workload[] = kinds.map((kind) => ({
  kind,
  tokens: 2,
  organizations: 1,
  roundTripMs: 1,
}))

const patsOnPage = 100
const secretsOnPage = 25
const signIn = 2

/**
 * The fewest requests that can do the work.
 *
 * Shared: sign-in (discovery and token) and the list of each organization by pages of 100. Where values are stored, also
 * a token for the vault, the vault's challenge, and its list by pages of 25. Where something is changed, also who is
 * signed in, once for each organization; before new PATs, the list of those that were revoked.
 *
 * For each token: a rotation creates, tries, stores, and looks whether the PAT still lives; a renewal extends.
 */
export function fewestRequests({ kind, tokens, organizations }: Workload): number {
  const lists = organizations * Math.ceil(tokens / organizations / patsOnPage)
  switch (kind) {
    case 'idle':
      return signIn + lists + vaultReads(tokens)
    case 'rotation':
      return signIn + lists + vaultReads(tokens) + 2 * organizations + 4 * tokens
    case 'renewal':
      return signIn + lists + organizations + tokens
  }
}

/** One or two secrets are quicker asked for than a page. */
function vaultReads(tokens: number): number {
  return 2 + (tokens <= 2 ? tokens : Math.ceil(tokens / secretsOnPage))
}

/** No program can be quicker than this with so many requests at once, milliseconds. */
export function floorMs(workload: Workload): number {
  return (fewestRequests(workload) * workload.roundTripMs) / concurrency
}
