import { asPatrolError } from '../core/errors.ts'
import { type ExitCode, exitCodeOf, exitCodes, worst } from './exit-code.ts'
import { ConfigurationFaults, type GlobalOptions, type Invocation } from './invocation.ts'
import type { Io } from './io.ts'
import type { StopSignal } from './signals.ts'
import { createSpeech, type LogFormat, type LogLevel } from './speech.ts'
import { penFor } from './terminal.ts'

export const defaultConcurrency = 8

/** The options of every command, as the parser gives them. */
export interface RawGlobals {
  /** False for --no-config. */
  readonly config?: string | false
  readonly json?: boolean
  readonly concurrency?: number
  readonly logLevel?: LogLevel
  readonly logFormat?: LogFormat
  readonly color?: boolean
}

/** Runs a command and turns whatever it throws into words and an exit code. */
export async function invoke(
  io: Io,
  raw: RawGlobals,
  work: (invocation: Invocation) => Promise<ExitCode>,
): Promise<ExitCode> {
  const colour = raw.color ?? true
  const speech = createSpeech(io, { level: raw.logLevel ?? 'info', format: raw.logFormat ?? 'pretty', colour })
  const options: GlobalOptions = {
    config: raw.config === false ? undefined : (raw.config ?? (io.environment['PATROL_CONFIG'] || undefined)),
    noConfig: raw.config === false,
    json: raw.json ?? false,
    concurrency: raw.concurrency ?? defaultConcurrency,
  }
  const errorPen = penFor(io, 'stderr', colour)
  let isWantedEnd = false
  const awaitStop = async (): Promise<void> => {
    if (io.stop.aborted) return
    isWantedEnd = true
    await new Promise((resolve) => io.stop.addEventListener('abort', resolve, { once: true }))
  }
  try {
    const code = await work({ io, options, speech, pen: penFor(io, 'stdout', colour), errorPen, awaitStop })
    return isWantedEnd ? code : worst([code, interruption(io)])
  } catch (thrown) {
    const error = asPatrolError(thrown)
    speech.quiet()
    const { errorJson, jsonLine } = await import('./json.ts')
    const faults = error instanceof ConfigurationFaults ? { problems: error.faults } : {}
    if (options.json) io.stdout(jsonLine({ ...errorJson(error), ...faults }))
    if (error instanceof ConfigurationFaults) {
      const { faultsText } = await import('./faults-text.ts')
      io.stderr(faultsText(errorPen, error.faults))
    } else speech.failed(error)
    return worst([exitCodeOf(error.code), interruption(io)])
  } finally {
    speech.quiet()
  }
}

function interruption({ stop }: Io): ExitCode {
  if (!stop.aborted) return exitCodes.done
  const codes = { SIGHUP: exitCodes.hungUp, SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated }
  return codes[stop.reason as StopSignal]
}
