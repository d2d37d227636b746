import type { GitDestination } from '../core/git-route.ts'
import { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import { anyUser } from './value-format.ts'

/** What git says to a credential helper. https://git-scm.com/docs/git-credential#IOFMT */
export interface GitRequest extends GitDestination {
  readonly protocol: string
  /** That which was refused or accepted, with `erase` and `store`. */
  readonly password: Secret | undefined
}

/** Reads lines of `key=value` up to an empty line. Keys that mean nothing here are left out, as git demands. */
export function readGitRequest(text: string): GitRequest {
  const given = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break
    const at = line.indexOf('=')
    if (at > 0) given.set(line.slice(0, at), line.slice(at + 1))
  }
  const password = given.get('password')
  return {
    protocol: given.get('protocol') ?? '',
    host: given.get('host') ?? '',
    path: given.get('path'),
    username: given.get('username'),
    password: password === undefined ? undefined : new Secret(password),
  }
}

/**
 * The answer to `get`. Git keeps a user name that it has, and Azure DevOps looks at none. From version 2.40 on git takes
 * no password whose end has passed.
 */
export function gitAnswer(request: GitRequest, value: string, validTo: Instant): string {
  const end = Math.floor(validTo / 1000)
  return `username=${request.username ?? anyUser}\npassword=${value}\npassword_expiry_utc=${end}\n`
}
