import type { Token } from '../core/token.ts'
import type { Ownership } from '../reconcile/whose.ts'
import { quoted } from './config-option.ts'
import { clean } from './terminal.ts'

/**
 * What ends a leaked value for good. `rotate`: it is the current one, so whoever uses it needs another. `revoke`: nobody is
 * to use it any more.
 */
export type Deed = { readonly configFile: string | undefined } & (
  | { readonly kind: 'rotate'; readonly token: string }
  | {
      readonly kind: 'revoke'
      readonly authorizationId: string
      /** The token that had this value before. When its current one leaked too, its rotation ends both. */
      readonly token: string | undefined
    }
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
    const token = left.has(holding.token) ? undefined : holding.token.name
    return holding.isCurrent && token !== undefined
      ? { kind: 'rotate', token, configFile }
      : { kind: 'revoke', authorizationId: holding.authorizationId, token, configFile }
  }
  if (known?.isValid !== true || !users.has(known.user)) return undefined
  return { kind: 'revoke', authorizationId: known.pat.authorizationId, token: undefined, configFile }
}

/** Each deed once; rotations first, because one that was done leaves nothing of its token to be revoked. */
export function inTurn(deeds: readonly (Deed | undefined)[]): readonly Deed[] {
  const each = new Map(deeds.flatMap((deed) => (deed === undefined ? [] : [[commandText(deed), deed] as const])))
  return [...each.values()].toSorted((one, other) => Number(one.kind === 'revoke') - Number(other.kind === 'revoke'))
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
