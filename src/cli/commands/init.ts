import { resolve } from 'node:path'
import { initTemplate } from '../../app/config/template.ts'
import { writeNewAgeIdentity } from '../../app/age-identity.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'

export interface InitOptions {
  readonly organization?: string
  readonly tenant?: string
  readonly store?: string
  readonly newIdentity?: string
}

/** `patrol init`: a commented configuration on stdout; nothing is written but the key that was asked for. */
export const initCommand: Command<InitOptions> = async ({ io, options: { json } }, options) => {
  const { organization, tenant, store, newIdentity } = options
  if (newIdentity !== undefined) {
    const path = resolve(io.workingDirectory, newIdentity)
    const recipient = await writeNewAgeIdentity(path)
    io.stderr(`wrote a new key to ${path} (public part ${recipient}); whoever has this file can read the store\n`)
  }
  const configuration = initTemplate({
    ...(organization === undefined ? {} : { organization }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(store === undefined ? {} : { store }),
  })
  io.stdout(json ? jsonLine({ configuration }) : configuration)
  return exitCodes.done
}
