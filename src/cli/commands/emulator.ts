import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { writeEstate } from '../emulated-estate.ts'
import { clean } from '../terminal.ts'

export interface EmulatorCommandOptions {
  readonly fixture?: string
  readonly port?: number
}

const tokensToBeginWith = `tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
`

/** `patrol emulator`: the services that Patrol talks to, on this machine, until a signal comes. */
export const emulatorCommand: Command<EmulatorCommandOptions> = async (invocation, options): Promise<ExitCode> => {
  const { io, errorPen } = invocation
  const { startEmulator } = await import('../../emulator/emulator.ts')
  const { loadFixture, FixtureError } = await import('../../emulator/fixture.ts')
  const directory = mkdtempSync(join(tmpdir(), 'patrol-emulator-'))
  try {
    const fixture =
      options.fixture === undefined ? undefined : await loadFixture(resolve(io.workingDirectory, options.fixture))
    const { port } = options
    const ports =
      port === undefined
        ? {}
        : { entra: port, azureDevOps: port + 1, vssps: port + 2, control: port + 3, vault: port + 4 }
    const emulator = await startEmulator({
      certificateDir: directory,
      ports,
      ...(fixture === undefined ? {} : { fixture }),
    })
    try {
      const tenant = fixture?.tenants?.[0]?.id ?? '11111111-2222-3333-4444-555555555555'
      const organization = fixture?.organizations?.[0]?.name ?? 'contoso'
      const { configFile, environmentFile } = writeEstate(emulator, directory, tenant, organization, tokensToBeginWith)
      const { endpoints, caFile } = emulator
      if (invocation.options.json) io.stdout(jsonLine({ endpoints, caFile, configFile, environmentFile }))
      else {
        io.stdout(
          `entra          ${endpoints.entra}\nazure devops   ${endpoints.azureDevOps}\npats           ${endpoints.vssps}\n` +
            Object.entries(endpoints.vaults)
              .map(([name, url]) => `vault ${name.padEnd(8)} ${url}\n`)
              .join('') +
            `github actions ${endpoints.gitHubActions}\nidentities     ${endpoints.managedIdentity}\n` +
            `control        ${endpoints.control}\ncertificate    ${caFile}\nconfiguration  ${configFile}\n\n` +
            `in another shell:  . ${environmentFile} && patrol plan\n`,
        )
      }
      io.stderr(errorPen.colour('dim', 'running until Ctrl-C\n'))
      await invocation.awaitStop()
      return exitCodes.done
    } finally {
      await emulator.stop()
    }
  } catch (error) {
    if (error instanceof FixtureError) {
      throw new PatrolError('usage', `the fixture cannot be used: ${clean(error.message)}`, {
        remedy: 'Correct the fixture file.',
      })
    }
    const { code, port: taken } = error as NodeJS.ErrnoException & { readonly port?: number }
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      throw new PatrolError('usage', `port ${taken ?? options.port} cannot be listened on (${code})`, {
        remedy: 'Name another first port of five with --port, or none to get free ones.',
      })
    }
    throw error
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
