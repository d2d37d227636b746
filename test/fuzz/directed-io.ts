import type { Io } from '../../src/cli/io.ts'
import { runCommandLine } from '../../src/cli/program.ts'
import type { Chance } from '../simulation/chance.ts'
import type { CommandLine } from './command-line.ts'
import type { Call } from './verdict.ts'

/** Milliseconds of real time; a call that takes longer hangs. */
const longest = 60_000

/** Everything of a call that a seed draws beside its words. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch. */
  now(): number
  /** Lets time pass without anybody waiting for it. */
  pass(ms: number): void
}

/** Runs a command line in this process, with a terminal, a person and signals that chance decides on. */
export async function callProgram(line: CommandLine, surroundings: Surroundings, chance: Chance): Promise<Call> {
  let stdout = ''
  let stderr = ''
  const stop = new AbortController()
  const stopped = chance.happens(0.05) || line.words.includes('emulator')
  if (stopped) stop.abort(chance.pick(['SIGHUP', 'SIGINT', 'SIGTERM']))
  const terminal = chance.happens(0.3)
  const began = performance.now()
  let passed = 0
  const io: Io = {
    environment: surroundings.environment,
    workingDirectory: surroundings.workingDirectory,
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    stdoutIsTerminal: terminal && chance.happens(0.7),
    stderrIsTerminal: terminal,
    stdinIsTerminal: terminal,
    canAsk: terminal && chance.happens(0.7),
    columns: terminal ? chance.pick([undefined, 1, 20, 80, 300]) : undefined,
    readInput: () => chance.pick(['', 'protocol=https\nhost=dev.azure.com\npath=contoso\n\n', '=', '\0']),
    ask: async () => chance.pick(['', 'y', 'yes', 'Y', 'no', 'perhaps', '\u0004']),
    askHidden: async () => chance.pick([undefined, '', 'a word', 'b'.repeat(52)]),
    wall: () => surroundings.now(),
    monotonic: () => performance.now() - began + passed,
    wait: async (ms, signal) => {
      signal?.throwIfAborted()
      passed += ms
      surroundings.pass(ms)
    },
    stop: stop.signal,
  }
  const ended = await within(longest, runCommandLine(line.words, io, '0.0.0'))
  if (ended instanceof Error) stderr += `\n${ended.stack ?? ended.message}`
  return {
    line,
    ended: ended instanceof Error ? 'thrown' : ended,
    stdout,
    stderr,
    stopped,
    terminal,
    secrets: surroundings.secrets,
  }
}

async function within(ms: number, work: Promise<number>): Promise<number | 'endless' | Error> {
  let timer: NodeJS.Timeout | undefined
  const endless = new Promise<'endless'>((resolve) => {
    timer = setTimeout(() => resolve('endless'), ms)
  })
  try {
    return await Promise.race([work, endless])
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    clearTimeout(timer)
  }
}
