import type { Token } from '../core/token.ts'
import type { Ownership } from '../reconcile/whose.ts'
import { clean } from './terminal.ts'

/**
 * What ends a leaked value for good. `rotate`: it is the current one, so whoever uses it needs another. `revoke`: nobody is
 * to use it any more.
 */
export type Deed = { readonly configFile: string | undefined } & (
  | { readonly kind: 'rotate'; readonly token: string }
  | { readonly kind: 'revoke'; readonly authorizationId: string }
)

/** Why the rotation is asked for, as its report tells. */
export const leakReason = 'it leaked'

export interface DeedParts {
  /** The user names of the accounts, lower-cased: only their PATs can be revoked from here. */
  readonly users: ReadonlySet<string>
  /** Tokens that no entry declares any more, so nobody could rotate them. */
  readonly left: ReadonlySet<Token>
  /** As it was given on the command line. */
  readonly configFile: string | undefined
}

/** Undefined where nothing is left to be done, or nothing can be done from here. */
export function deedOf({ holding, known, lives }: Ownership, parts: DeedParts): Deed | undefined {
  const { users, left, configFile } = parts
  if (holding !== undefined) {
    if (lives.every(({ life }) => life === 'refused') || !users.has(holding.token.owner)) return undefined
    return holding.isCurrent && !left.has(holding.token)
      ? { kind: 'rotate', token: holding.token.name, configFile }
      : { kind: 'revoke', authorizationId: holding.authorizationId, configFile }
  }
  if (known?.isValid !== true || !users.has(known.user)) return undefined
  return { kind: 'revoke', authorizationId: known.pat.authorizationId, configFile }
}

/** The command line that does it. */
export function commandText(deed: Deed): string {
  const config = deed.configFile === undefined ? '' : ` --config ${quoted(deed.configFile)}`
  return deed.kind === 'rotate'
    ? `patrol rotate ${deed.token} --revoke-first --reason "${leakReason}"${config}`
    : `patrol revoke ${deed.authorizationId}${config}`
}

/** What a person should know before saying yes. */
export function warningText(deed: Deed): string {
  return deed.kind === 'rotate'
    ? `the PATs of ${clean(deed.token)} are revoked before there is a new one: whoever uses one is cut off until it has the new value\n`
    : `PAT ${deed.authorizationId} is revoked for ever: whoever still uses it is cut off\n`
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\$`])/g, String.raw`\$1`)}"`
}
