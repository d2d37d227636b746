import { setTimeout as wait } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }
import { type ExitCode, exitCodes, worst } from './exit-code.ts'
import type { Io } from './io.ts'
import { writerTo } from './output.ts'
import { runCommandLine } from './program.ts'
import { listenForSignals, type Signals } from './signals.ts'
import { keepHeapSmall } from './small-heap.ts'
import { readStandardInput } from './standard-input.ts'

/**
 * The program, as the process runs it.
 *
 * @param input what was read from stdin already
 */
export async function main(input?: string): Promise<void> {
  let code: ExitCode = exitCodes.done
  let lost = false
  // Called again when a pipe tells late that it took less than it was given.
  const settle = (): void => {
    process.exitCode = lost ? worst([code, exitCodes.failed]) : code
  }
  const stderr = writerTo(process.stderr, () => undefined)
  const stdout = writerTo(process.stdout, ({ code: cause, message }) => {
    stderr(`error the result could not be written (${cause ?? message})\n`)
    lost = true
    settle()
  })
  const io = processIo(listenForSignals(process), stdout, stderr, input)
  code = await runCommandLine(process.argv.slice(2), io, packageJson.version)
  settle()
}

function processIo(signals: Signals, stdout: Io['stdout'], stderr: Io['stderr'], input: string | undefined): Io {
  let isAsking = false
  const asking = async (answer: Promise<string | undefined>): Promise<string | undefined> => {
    isAsking = true
    return answer.finally(() => void (isAsking = false))
  }
  return {
    environment: process.env,
    workingDirectory: process.cwd(),
    stdout,
    stderr,
    stdoutIsTerminal: process.stdout.isTTY,
    stderrIsTerminal: process.stderr.isTTY,
    get stdinIsTerminal() {
      return process.stdin.isTTY
    },
    get canAsk() {
      return process.stdin.isTTY && process.stderr.isTTY
    },
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    readInput: () => input ?? readStandardInput(),
    ask: async (question) => {
      // Few runs ask, and what reads lines takes its time to load.
      const { askPerson } = await import('./prompt.ts')
      return asking(askPerson(question, signals.stop))
    },
    askHidden: async (question) => {
      const { askHidden } = await import('./prompt.ts')
      return asking(askHidden(question, signals.stop))
    },
    isAsking: () => isAsking,
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    wait: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
    stop: signals.stop,
    relaySignals: (to) => signals.relay(to),
    saveMemory: keepHeapSmall,
  }
}
