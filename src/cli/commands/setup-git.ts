import { resolve } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import type { GitRoute } from '../../core/git-route.ts'
import { readConfiguration } from '../configured.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { severalTokens } from '../git-routing-fault.ts'
import type { Invocation } from '../invocation.ts'

/** `patrol setup git`: prints the lines that make git ask Patrol, for a shell. */
export async function setupGit(invocation: Invocation): Promise<ExitCode> {
  const { io, options } = invocation
  const wanted = await readConfiguration(invocation, {}, 'stores')
  const config = resolve(io.workingDirectory, wanted.file ?? '')
  const addresses = Map.groupBy(wanted.git, ({ host, path }) => `https://${host}${path === '' ? '' : `/${path}`}`)
  if (addresses.size === 0) {
    throw new PatrolError('usage', 'no token serves git', {
      remedy: 'Write git: true on a token that has a store and one of the scopes vso.code…',
    })
  }
  for (const [address, routes] of addresses) refuseSeveral(address, routes)
  const commands = [...addresses.keys()].map((address) => setupLine(address, config))
  if (options.json) {
    const { jsonLine } = await import('../json.ts')
    io.stdout(jsonLine({ commands }))
  } else if (io.stdoutIsTerminal) {
    io.stdout(commands.map((command) => `${command.replaceAll(' && git', ' &&\n  git')}\n`).join(''))
    io.stderr('nothing was changed; to have a shell run these lines:  patrol setup git | sh\n')
  } else io.stdout(commands.map((command) => `${command}\n`).join(''))
  return exitCodes.done
}

function refuseSeveral(address: string, routes: readonly GitRoute[]): void {
  if (routes.length > 1)
    throw severalTokens(
      address,
      routes.map(({ token }) => token),
    )
}

/**
 * The empty helper first takes away all that were set for every address: one that keeps passwords would be told ours to
 * keep. https://git-scm.com/docs/gitcredentials
 */
function setupLine(address: string, config: string): string {
  const key = `credential.${address}`
  const helper = `!patrol git-credential --config ${shellQuoted(config)}`
  return [
    `git config --global --replace-all ${key}.helper ''`,
    `git config --global --add ${key}.helper ${shellQuoted(helper)}`,
    `git config --global ${key}.useHttpPath true`,
  ].join(' && ')
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
