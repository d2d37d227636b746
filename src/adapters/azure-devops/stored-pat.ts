import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { UserSignIn } from '../user-sign-in.ts'

/**
 * A managed PAT in the place of a sign-in: its value is read from its store when it is first needed, and again when the
 * service does not take it, for it may have been rotated meanwhile.
 *
 * @param token the name of the managed token
 * @param read the value that its store hands out now; undefined when it has none
 */
export function storedPat(token: string, read: () => Promise<Secret | undefined>): UserSignIn {
  let held: Promise<Secret> | undefined
  const fetched = async (): Promise<Secret> => {
    const value = await read()
    if (value !== undefined) return value
    throw new PatrolError('target-denied', `the token ${token}, which is to open the target, has no value yet`, {
      remedy: `Run \`patrol apply --only ${token}\`, and see what keeps it from being made.`,
    })
  }
  return {
    async accessToken(_audience, refused) {
      if (held !== undefined && refused !== undefined && (await held).equals(refused)) held = undefined
      held ??= fetched().catch((thrown: unknown) => {
        held = undefined
        throw thrown
      })
      return { value: await held }
    },
  }
}
