import { createInterface } from 'node:readline/promises'
import { setTimeout as wait } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }
import type { Io } from './io.ts'
import { runCommandLine } from './program.ts'

/** The program, as the process runs it. */
export async function main(): Promise<void> {
  // A reader that went away (`patrol list | head`) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await runCommandLine(process.argv.slice(2), processIo(listenForSignals()), packageJson.version)
}

function processIo(stop: AbortSignal): Io {
  return {
    environment: process.env,
    workingDirectory: process.cwd(),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdoutIsTerminal: process.stdout.isTTY,
    stderrIsTerminal: process.stderr.isTTY,
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    ask: async (question) => {
      const terminal = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await terminal.question(question, { signal: stop })
      } catch {
        return ''
      } finally {
        terminal.close()
      }
    },
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    wait: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
    stop,
  }
}

/**
 * The first SIGINT or SIGTERM asks the run to make safe what it began, and to end; a second SIGINT ends at once. The
 * Azure Pipelines agent sends SIGINT, 7.5 seconds later SIGTERM, and kills 2.5 seconds after that.
 */
function listenForSignals(): AbortSignal {
  const stop = new AbortController()
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort('SIGINT')
  })
  process.on('SIGTERM', () => {
    if (!stop.signal.aborted) stop.abort('SIGTERM')
  })
  return stop.signal
}
