/** An address below which git is given the value of one token. */
export interface GitRoute {
  /** Lower case, with the port if it is not that of https. */
  readonly host: string
  /** Lower case, without a slash at either end; empty for all of the host. */
  readonly path: string
  /** The token's name. */
  readonly token: string
}

/** Where git wants to go. */
export interface GitDestination {
  readonly host: string
  /** Undefined when git keeps it to itself, which it does unless `credential.useHttpPath` is set. */
  readonly path: string | undefined
  readonly username: string | undefined
}

/**
 * Which token serves. `none`: the address is none of ours. `several`: more than one token claims it. `path-needed`: the
 * host is ours, but which of its organizations is meant stands in the path, which git did not tell.
 */
export type GitRouting =
  | { readonly kind: 'token'; readonly token: string; readonly route: GitRoute }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly tokens: readonly string[] }
  | { readonly kind: 'path-needed' }

/** The token of the longest address that the destination lies below. Case does not count, as with Azure DevOps. */
export function routeFor(destination: GitDestination, routes: readonly GitRoute[]): GitRouting {
  const here = routes.filter(({ host }) => host === destination.host.toLowerCase())
  const path = destination.path === undefined ? undefined : plainPath(destination.path)
  if (path === 'unclear') return { kind: 'none' }
  if (path === undefined) return withoutPath(destination.username?.toLowerCase(), here)
  const above = here.filter((route) => isBelow(path, route.path))
  const longest = Math.max(...above.map((route) => route.path.length))
  return only(above.filter((route) => route.path.length === longest))
}

/** The common form of a path. A path with `..` leads elsewhere than it seems to, so it leads nowhere here. */
function plainPath(path: string): string {
  const steps = path
    .toLowerCase()
    .split('/')
    .filter((step) => step !== '')
  return steps.some((step) => step === '..' || step === '.') ? 'unclear' : steps.join('/')
}

function isBelow(path: string, above: string): boolean {
  return above === '' || path === above || path.startsWith(`${above}/`)
}

/** Addresses that Azure DevOps gives out have the organization as the user name: `https://contoso@dev.azure.com/…`. */
function withoutPath(username: string | undefined, here: readonly GitRoute[]): GitRouting {
  const named = here.filter(({ path }) => path.split('/')[0] === username)
  const candidates = named.length > 0 ? named : here
  const routing = only(candidates)
  return routing.kind === 'several' && new Set(candidates.map(({ path }) => path)).size > 1
    ? { kind: 'path-needed' }
    : routing
}

function only(routes: readonly GitRoute[]): GitRouting {
  const [first] = routes
  if (first === undefined) return { kind: 'none' }
  const tokens = [...new Set(routes.map(({ token }) => token))]
  return tokens.length === 1 ? { kind: 'token', token: first.token, route: first } : { kind: 'several', tokens }
}
