import type { OpenWorld } from '../../app/compose.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { logout } from '../../app/login.ts'
import { accountNamed } from '../account-named.ts'
import { withWorld } from '../configured.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { clean } from '../terminal.ts'

export interface LogoutOptions {
  readonly positional: readonly string[]
}

/** `patrol logout`: takes the sign-in of an account out of where it is kept. */
export const logoutCommand: Command<LogoutOptions> = (invocation, { positional }) => {
  const [name = ''] = positional
  const work = async (_: Wanted, { accounts }: OpenWorld): Promise<ExitCode> => {
    const { io, options } = invocation
    const account = accountNamed(name, accounts)
    const { place, removed } = await logout(account)
    if (options.json) io.stdout(jsonLine({ account: name, place, removed }))
    else
      io.stdout(
        clean(removed ? removedText(account.wanted.user, place) : `nobody was signed in for ${name} (${place})\n`),
      )
    return exitCodes.done
  }
  return withWorld(invocation, {}, work, { signIn: name })
}

function removedText(user: string, place: string): string {
  return `the sign-in of ${user} is no longer kept (${place})
Microsoft Entra still knows the session. To end it there as well, an administrator revokes the user's sessions:
  az rest --method post --url https://graph.microsoft.com/v1.0/users/${user}/revokeSignInSessions
`
}
