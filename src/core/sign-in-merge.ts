import type { SignInSession } from './sign-in-life.ts'

/** Whether something may take the place of what stands there; undefined where nobody is signed in. */
type Permission = (present: SignInSession | undefined) => boolean

/**
 * Whether a run may write back what it redeemed. It replaces its own session, or an older one; never one that a person
 * began since, and nothing where a person has signed out. Within one session the newest refresh token need not win:
 * Microsoft Entra keeps the earlier ones valid. https://learn.microsoft.com/entra/identity-platform/refresh-tokens
 *
 * @param dead sessions that Microsoft Entra refused in this run
 */
export function writesBack(next: SignInSession, dead: ReadonlySet<string>): Permission {
  return (present) => {
    if (present === undefined) return false
    return present.session === next.session || present.signedInAt < next.signedInAt || dead.has(present.session)
  }
}

/** A person who signs in replaces whatever sign-in is there. */
export const signsIn: Permission = () => true
