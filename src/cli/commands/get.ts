import type { OpenWorld } from '../../app/compose.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { PatrolError } from '../../core/errors.ts'
import { withWorld } from '../configured.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { storedValue } from '../stored-value.ts'
import { isoText } from '../time-text.ts'

export interface GetOptions {
  readonly positional: readonly string[]
  readonly show?: boolean
}

/** `patrol get`: the one command that prints a secret, and to a terminal only when asked to. */
export const getCommand: Command<GetOptions> = (invocation, { positional, show }) => {
  const work = async (wanted: Wanted, { world }: OpenWorld): Promise<ExitCode> => {
    const { io, options } = invocation
    const [name = ''] = positional
    if (io.stdoutIsTerminal && show !== true) {
      throw new PatrolError('usage', 'this would print a secret to the terminal', {
        remedy: `Pipe it to where it is needed, or insist: patrol get ${name} --show`,
      })
    }
    const stored = await storedValue(wanted, world.stores, name)
    if (stored === undefined)
      throw new PatrolError('pat-not-found', `the store has no value of ${name}`, {
        remedy: 'Run `patrol apply` first.',
      })
    const { organization, validTo } = stored
    const value = stored.value.reveal()
    if (options.json) {
      const { jsonLine } = await import('../json.ts')
      io.stdout(jsonLine({ token: name, organization, validTo: isoText(validTo) }, { value }))
    } else io.stdout(io.stdoutIsTerminal ? `${value}\n` : value)
    return exitCodes.done
  }
  return withWorld(invocation, {}, work, 'stores')
}
