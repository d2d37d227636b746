import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { initTemplate } from '../../app/config/template.ts'
import { writeNewAgeIdentity } from '../../app/age-identity.ts'
import { PatrolError } from '../../core/errors.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'

export interface InitOptions {
  readonly organization?: string
  readonly tenant?: string
  readonly store?: string
  readonly newIdentity?: string
  readonly output?: string
}

/**
 * `patrol init`: a commented configuration, on stdout or in a new file, and the key that was asked for. It never writes
 * over anything, and where one of the two files cannot be made, neither is.
 */
export const initCommand: Command<InitOptions> = async ({ io, options: { json } }, options) => {
  const { organization, tenant, store, newIdentity, output } = options
  const configuration = initTemplate({
    ...(organization === undefined ? {} : { organization }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(store === undefined ? {} : { store }),
  })
  const file = output === undefined ? undefined : resolve(io.workingDirectory, output)
  if (file !== undefined) await writeNew(file, configuration)
  if (newIdentity !== undefined) {
    const path = resolve(io.workingDirectory, newIdentity)
    try {
      const recipient = await writeNewAgeIdentity(path)
      io.stderr(`wrote a new key to ${path} (public part ${recipient}); whoever has this file can read the store\n`)
    } catch (error) {
      if (file !== undefined) await rm(file)
      throw error
    }
  }
  if (file !== undefined) io.stderr(`wrote ${file}\n`)
  if (json) io.stdout(jsonLine({ configuration, ...(file === undefined ? {} : { file }) }))
  else if (file === undefined) io.stdout(configuration)
  return exitCodes.done
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'it exists already' : message
    throw new PatrolError('usage', `the configuration could not be written to ${file}: ${reason}`, {
      remedy: 'Name a new file in a folder that you may write to.',
    })
  }
}
