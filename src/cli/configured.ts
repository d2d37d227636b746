import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { composeWorld, type OpenWorld } from '../app/compose.ts'
import { configFromFlags, flagsBesideFile, givenFlags } from '../app/config/flags.ts'
import { loadConfig } from '../app/config/load.ts'
import type { Needs } from '../app/config/needs.ts'
import type { Wanted } from '../app/config/wanted.ts'
import { PatrolError } from '../core/errors.ts'
import { matchesGlob } from '../core/names.ts'
import { defaultConfigFile } from './default-config-file.ts'
import { ConfigurationFaults, type Invocation } from './invocation.ts'

/** The flags that stand for a configuration file. */
export interface ConfigLessOptions {
  readonly organization?: readonly string[]
  readonly tenant?: string
  readonly match?: string
  readonly method?: string
  readonly lifetime?: string
  readonly renewBefore?: string
  readonly user?: string
  readonly store?: string
}

/**
 * The configuration of this call: from the file, or from flags and environment.
 *
 * @param needs what it is read for, as `loadConfig` has it
 * @param onRead told of every file that is read, the configuration among them, by its absolute path
 * @throws ConfigurationFaults with all faults at once
 */
export async function readConfiguration(
  invocation: Invocation,
  flags: ConfigLessOptions = {},
  needs: Needs = 'everything',
  onRead: (path: string) => void = () => undefined,
): Promise<Wanted> {
  const { io, options, speech } = invocation
  const environment = {
    variables: io.environment,
    readFile: (path: string) => {
      onRead(path)
      return readFileSync(path)
    },
    workingDirectory: io.workingDirectory,
  }
  const { organization: organizations = [], tenant, match, method, lifetime, renewBefore, user, store } = flags
  const given = { organizations, tenant, match, method, lifetime, renewBefore, user, store }
  const hasFile = !options.noConfig && existsSync(resolve(io.workingDirectory, defaultConfigFile))
  const file = options.config ?? (hasFile ? defaultConfigFile : undefined)
  const usesFlags = givenFlags(given).length > 0
  if (options.noConfig && !usesFlags) {
    throw new PatrolError('usage', '--no-config leaves nothing to go by', {
      remedy: 'Say with --organization what it is about, for commands that have that option, or leave --no-config out.',
    })
  }
  const clash = usesFlags && file !== undefined ? flagsBesideFile(given, file) : undefined
  if (clash !== undefined) throw new ConfigurationFaults([clash])
  const loaded = usesFlags
    ? configFromFlags(given, environment, io.workingDirectory)
    : loadConfig(file ?? defaultConfigFile, environment, { needs })
  if (loaded.kind === 'invalid') throw new ConfigurationFaults(loaded.problems)
  for (const warning of loaded.warnings) {
    if (warning.isAdvice) continue
    const place = warning.file === undefined ? '' : `${warning.file}:${warning.line}: `
    speech.warn(`${place}${warning.message}; ${warning.remedy}`)
  }
  return loaded.wanted
}

/** The world that a configuration names, which must be closed in the end. */
function openWorld({ io, speech, options }: Invocation, wanted: Wanted): Promise<OpenWorld> {
  return composeWorld(wanted, {
    environment: io.environment,
    reporter: speech,
    concurrency: options.concurrency,
    wall: () => io.wall(),
    monotonic: () => io.monotonic(),
    wait: (ms, stop) => io.wait(ms, stop),
    stop: io.stop,
  })
}

/**
 * Runs `work` with the world of the configuration, and closes it whatever happens.
 *
 * @param needs otherwise than with `everything`, what accounts and targets refer to need not all be there
 */
export async function withWorld<Answer>(
  invocation: Invocation,
  flags: ConfigLessOptions,
  work: (wanted: Wanted, open: OpenWorld) => Promise<Answer>,
  needs: Needs = 'everything',
): Promise<Answer> {
  if (needs === 'everything') invocation.io.saveMemory?.()
  const wanted = await readConfiguration(invocation, flags, needs)
  return withWorldOf(invocation, wanted, (open) => work(wanted, open))
}

/** The same for a configuration that was read already. */
export async function withWorldOf<Answer>(
  invocation: Invocation,
  wanted: Wanted,
  work: (open: OpenWorld) => Promise<Answer>,
): Promise<Answer> {
  const { io, speech } = invocation
  const open = await openWorld(invocation, wanted)
  const tell = (): void => {
    // Nothing is begun before the person has answered.
    if (io.isAsking?.() === true) return
    const again = io.stop.reason === 'SIGINT' ? ' (Ctrl-C again ends at once)' : ''
    speech.note(`stopping: what was begun is made safe${again}`)
  }
  io.stop.addEventListener('abort', tell, { once: true })
  try {
    return await work(open)
  } finally {
    io.stop.removeEventListener('abort', tell)
    await open.close()
  }
}

/** Which tokens `--only` lets through; without it, all. */
export function selects(globs: readonly string[] | undefined): (name: string) => boolean {
  if (globs === undefined || globs.length === 0) return () => true
  return (name) => globs.some((glob) => matchesGlob(glob, name))
}

/** An `--only` that fits nothing is a slip, not a wish for nothing. */
export function refuseEmptySelection(globs: readonly string[] | undefined, selected: number): void {
  if (selected > 0 || globs === undefined || globs.length === 0) return
  throw new PatrolError('usage', `no token has a name like ${globs.join(' or ')}`, {
    remedy: '`patrol status` shows the names.',
  })
}
