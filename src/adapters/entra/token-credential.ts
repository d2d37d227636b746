import type { TokenCredential } from '@azure/core-auth'
import { PatrolError } from '../../core/errors.ts'
import { minute, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import { type Audience, scopeOf, type UserSignIn } from '../user-sign-in.ts'

/** Where a token's expiry is not known, it is asked for again after this time. */
const unknownLife = times(5, minute)

/**
 * A user's sign-in as a credential of the Azure SDKs, for one audience alone: an SDK that was led to ask for another
 * one is refused.
 */
export function credentialOf(signIn: UserSignIn, audience: Audience, clock: Clock): TokenCredential {
  return {
    async getToken(scopes) {
      const asked = typeof scopes === 'string' ? [scopes] : scopes
      if (asked.some((scope) => scope !== scopeOf[audience])) {
        const message = `a token for ${asked.join(' ')} was asked for where only ${scopeOf[audience]} is given`
        throw new PatrolError('sign-in-misconfigured', message, {
          remedy: 'Check the address of the store: it demands a token of another cloud or service.',
        })
      }
      const { value, expiresAt } = await signIn.accessToken(audience)
      // The SDKs compare with this computer's clock.
      const remaining = expiresAt === undefined ? unknownLife : expiresAt - clock.now()
      return { token: value.reveal(), expiresOnTimestamp: Date.now() + remaining }
    },
  }
}
