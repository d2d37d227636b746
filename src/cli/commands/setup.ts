import { entraCommands, type Shell } from '../../app/setup/entra-commands.ts'
import { PatrolError } from '../../core/errors.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'

export interface SetupOptions {
  readonly positional: readonly string[]
  readonly print?: boolean
  readonly tenant?: string
  readonly name: string
  readonly shell: Shell
  readonly vault?: boolean
}

/** `patrol setup entra --print` and `patrol setup git`: commands for a shell. It runs none of them. */
export const setupCommand: Command<SetupOptions> = async (invocation, options) => {
  if (options.positional[0] === 'git') {
    if (options.tenant !== undefined || options.vault === true)
      throw new PatrolError('usage', 'git needs no tenant and no vault', { remedy: 'Leave --tenant and --vault out.' })
    const { setupGit } = await import('./setup-git.ts')
    return setupGit(invocation)
  }
  const {
    io,
    options: { json },
  } = invocation
  if (options.print !== true) {
    throw new PatrolError('usage', 'setup only prints commands, and wants to be told so', {
      remedy: 'Add --print, read what is printed, and run it yourself.',
    })
  }
  const { tenant, name, shell, vault } = options
  const script = entraCommands({ tenant, name, shell, vault: vault === true })
  io.stdout(json ? jsonLine({ shell, script }) : script)
  return exitCodes.done
}
