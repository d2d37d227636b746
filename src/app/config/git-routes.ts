import type { GitRoute } from '../../core/git-route.ts'
import type { Token } from '../../core/token.ts'
import { publicEndpoints } from './connection-schema.ts'
import { codeScopes, gitOf } from './git-rules.ts'

/** A token with what its entry says of git. */
export interface GitEntry {
  readonly token: Token
  readonly git: boolean | string | undefined
}

/**
 * Below which addresses git gets the value of which token. A token whose entry says nothing serves its organization when
 * one of its scopes reaches code and no other token says that it does; there may be several such.
 *
 * @param azureDevOps the address of Azure DevOps, without a slash at its end
 */
export function gitRoutesOf(entries: readonly GitEntry[], azureDevOps: string): readonly GitRoute[] {
  const spoken = new Set(
    entries.filter(({ git }) => gitOf(git) === true).map(({ token }) => token.organization.toLowerCase()),
  )
  return entries.flatMap(({ token, git: written }) => {
    const git = gitOf(written)
    if (token.place === undefined || git === false) return []
    if (typeof git === 'string') return [routeAt(git, token.name)]
    const bySelf = token.scopes?.some((scope) => codeScopes.includes(scope)) === true
    const serves = git === true || (bySelf && !spoken.has(token.organization.toLowerCase()))
    return serves ? routesOfOrganization(token, azureDevOps) : []
  })
}

/**
 * An organization has two addresses, an old and a new one, and both work.
 * https://learn.microsoft.com/azure/devops/release-notes/2018/sep-10-azure-devops-launch#switch-existing-organizations-to-use-the-new-domain-name-url
 */
function routesOfOrganization({ name, organization }: Token, azureDevOps: string): readonly GitRoute[] {
  const current = routeAt(`${azureDevOps}/${organization}`, name)
  if (azureDevOps !== publicEndpoints.azureDevOps) return [current]
  return [current, routeAt(`https://${organization}.visualstudio.com`, name)]
}

function routeAt(address: string, token: string): GitRoute {
  const url = new URL(address)
  const path = decodeURIComponent(url.pathname)
    .toLowerCase()
    .replaceAll(/^\/+|\/+$/g, '')
  return { host: url.host.toLowerCase(), path, token }
}
