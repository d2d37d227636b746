import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { writeNewAgeIdentity } from '../../app/age-identity.ts'
import type { TemplateMethod } from '../../app/config/template-parts.ts'
import { initTemplate } from '../../app/config/template.ts'
import { PatrolError } from '../../core/errors.ts'
import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { Command, Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { jsonLine } from '../json.ts'

export interface InitOptions {
  readonly organization?: string
  readonly tenant?: string
  readonly user?: string
  readonly method?: TemplateMethod
  readonly store?: string
  readonly newIdentity?: string
  readonly output?: string
}

const defaultFile = 'patrol.yaml'

/**
 * `patrol init`: a commented configuration, on stdout or in a new file, and the key that was asked for. Somebody at a
 * terminal who gives no options is asked for what goes in. It never writes over anything, and where one of the two
 * files cannot be made, neither is.
 */
export const initCommand: Command<InitOptions> = async (invocation, options) => {
  const { io } = invocation
  const { organization, tenant, user, method, store, newIdentity, output } = options
  const given = [organization, tenant, user, method, store, newIdentity, output].some((option) => option !== undefined)
  if (!given && !invocation.options.json && io.canAsk && io.stdoutIsTerminal) return askAndWrite(invocation)
  const others = [organization, tenant, user, method, store, output].every((option) => option === undefined)
  if (newIdentity !== undefined && others) return makeKey(invocation, newIdentity)
  const configuration = initTemplate({
    ...(organization === undefined ? {} : { organization }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(user === undefined ? {} : { user }),
    ...(method === undefined ? {} : { method }),
    ...(store === undefined ? {} : { store }),
  })
  const file = await writeFiles(io, configuration, output, newIdentity)
  if (invocation.options.json) io.stdout(jsonLine({ configuration, ...(file === undefined ? {} : { file }) }))
  else if (file === undefined) io.stdout(configuration)
  return exitCodes.done
}

/** A key alone, for a configuration that is there already. */
async function makeKey({ io, options }: Invocation, newIdentity: string): Promise<ExitCode> {
  const path = resolve(io.workingDirectory, newIdentity)
  const recipient = await writeNewAgeIdentity(path)
  if (options.json) io.stdout(jsonLine({ identityFile: path, recipient }))
  else io.stdout(`${path}\n`)
  io.stderr(keyNote(path, recipient))
  io.stderr(`name it in the file store: identity: \${file:${path}}, or put its text into a variable\n`)
  return exitCodes.done
}

function keyNote(path: string, recipient: string): string {
  return `wrote a new key to ${path} (public part ${recipient}); whoever has this file can read the store\n`
}

/** Nothing is written before the last question was answered with yes. */
async function askAndWrite(invocation: Invocation): Promise<ExitCode> {
  const { io, errorPen, speech } = invocation
  const file = resolve(io.workingDirectory, defaultFile)
  if (existsSync(file)) throw notWritten(file, 'it exists already')
  const [{ askForWishes, identityFile, nextSteps }, { GivenUp, openDialogue }, { openSoundings }] = await Promise.all([
    import('../wizard.ts'),
    import('../dialogue.ts'),
    import('../../app/init/soundings.ts'),
  ])
  const dialogue = openDialogue(io, errorPen)
  const soundings = await openSoundings({ ...sourcesOf(io), reporter: speech })
  try {
    dialogue.say(`A new ${defaultFile}. Nothing is written before you say so; Ctrl-D gives up.`)
    const hasIdentity = existsSync(resolve(io.workingDirectory, identityFile))
    const { parts, makesIdentity } = await askForWishes(dialogue, soundings, hasIdentity)
    const configuration = initTemplate(parts)
    const files = makesIdentity ? `${defaultFile} and ${identityFile}` : defaultFile
    if (!(await dialogue.confirm(`Write ${files}?`, true))) throw new GivenUp()
    await writeFiles(io, configuration, defaultFile, makesIdentity ? identityFile : undefined)
    dialogue.say(['', 'Next:', ...nextSteps(parts).map((step) => `  ${step}`)].join('\n'))
    return exitCodes.done
  } catch (thrown) {
    if (!(thrown instanceof GivenUp)) throw thrown
    dialogue.say('nothing was written')
    return exitCodes.failed
  } finally {
    await soundings.close()
  }
}

function sourcesOf(io: Io) {
  return {
    environment: io.environment,
    wall: () => io.wall(),
    monotonic: () => io.monotonic(),
    wait: (ms: number, stop: AbortSignal | undefined) => io.wait(ms, stop),
    stop: io.stop,
  }
}

/** @returns the path of the configuration, where it was written */
async function writeFiles(
  io: Io,
  configuration: string,
  output: string | undefined,
  newIdentity: string | undefined,
): Promise<string | undefined> {
  const file = output === undefined ? undefined : resolve(io.workingDirectory, output)
  if (file !== undefined) await writeNew(file, configuration)
  if (newIdentity !== undefined) {
    const path = resolve(io.workingDirectory, newIdentity)
    try {
      const recipient = await writeNewAgeIdentity(path)
      io.stderr(keyNote(path, recipient))
    } catch (error) {
      if (file !== undefined) await rm(file)
      throw error
    }
  }
  if (file !== undefined) io.stderr(`wrote ${file}\n`)
  return file
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw notWritten(file, code === 'EEXIST' ? 'it exists already' : message)
  }
}

function notWritten(file: string, reason: string): PatrolError {
  return new PatrolError('usage', `the configuration could not be written to ${file}: ${reason}`, {
    remedy: 'Name a new file in a folder that you may write to.',
  })
}
