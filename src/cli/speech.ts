import type { PatrolError } from '../core/errors.ts'
import type { Event, Reporter } from '../ports/reporter.ts'
import type { Io } from './io.ts'
import { clean, errorText, namesText, penFor } from './terminal.ts'
import { millisecondsText } from './time-text.ts'

export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
export type LogFormat = 'pretty' | 'json'

export interface SpeechOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  readonly colour: boolean
}

export interface Speech extends Reporter {
  warn(message: string): void
  note(message: string): void
  /** What ended the program. */
  failed(error: PatrolError): void
  /** Takes a line that only shows progress off the terminal, before something else is printed. */
  quiet(): void
}

/** Progress, warnings and logs of a run, on stderr: lines of text, or of JSON for log collectors. */
export function createSpeech(io: Io, options: SpeechOptions): Speech {
  const pen = penFor(io, 'stderr', options.colour)
  const shows = (level: LogLevel): boolean => logLevels.indexOf(level) <= logLevels.indexOf(options.level)
  const isRead = io.stderrIsTerminal && options.format === 'pretty'
  let transient = ''

  function quiet(): void {
    if (transient !== '') io.stderr(`\r${' '.repeat(transient.length)}\r`)
    transient = ''
  }

  function say(level: LogLevel, text: string, fields: Readonly<Record<string, unknown>>): void {
    if (!shows(level)) return
    if (options.format === 'json') {
      io.stderr(
        `${clean(JSON.stringify({ time: new Date(io.wall()).toISOString(), level, ...fields, message: text }))}\n`,
      )
      return
    }
    quiet()
    const label =
      level === 'warn'
        ? `${pen.colour('yellow', 'warning')} `
        : level === 'error'
          ? `${pen.colour('red', 'error')} `
          : ''
    io.stderr(`${label}${clean(text)}\n`)
  }

  /** On a terminal, what goes on right now stands in one line that is overwritten. */
  function show(text: string): void {
    if (!isRead || !shows('info')) return
    quiet()
    transient = clean(text).slice(0, (io.columns ?? 80) - 1)
    io.stderr(`\r${transient}`)
  }

  function report(event: Event): void {
    const { kind, ...fields } = event
    switch (event.kind) {
      case 'observing':
        show(`looking at ${event.what} …`)
        return say('debug', `looking at ${event.what}`, { event: kind, ...fields })
      case 'turn-began':
        show(`${event.token} …`)
        return say('debug', `${event.token}: turn began`, { event: kind, ...fields })
      case 'step':
        show(`${event.token}: ${event.step} …`)
        return say('debug', `${event.token}: ${event.step} ${event.authorizationId ?? ''}`.trimEnd(), {
          event: kind,
          ...fields,
        })
      case 'waiting':
        if (event.atMostMs !== undefined) {
          const most = `tried again for ${millisecondsText(event.atMostMs)} at most`
          say('info', `${event.token}: ${event.why}; ${most}`, { event: kind, ...fields })
        }
        show(`${event.token}: waiting ${millisecondsText(event.ms)} (${event.why})`)
        return say('debug', `${event.token}: waiting ${millisecondsText(event.ms)}: ${event.why}`, {
          event: kind,
          ...fields,
        })
      case 'turn-ended':
        // A person at a terminal sees the failure in the report, a moment later.
        if (event.failure !== undefined && !(isRead && io.stdoutIsTerminal))
          return say('error', failureLine(event, event.failure), loggable(event, event.failure))
        return say('debug', `${event.token}: turn ended`, { event: kind, token: event.token })
      case 'warning':
        return say('warn', event.message, { event: kind })
    }
  }

  function failed(error: PatrolError): void {
    quiet()
    if (options.format === 'pretty') return io.stderr(errorText(pen, error))
    say('error', error.message, failureFields(error))
  }

  return {
    report,
    quiet,
    failed,
    warn: (message) => say('warn', message, {}),
    note: (message) => say('info', message, {}),
  }
}

type Ended = Extract<Event, { readonly kind: 'turn-ended' }>

function failureLine({ token, alike = [] }: Ended, failure: PatrolError): string {
  return `${namesText([token, ...alike])}: ${failure.message} [${failure.code}]`
}

function loggable({ token, alike }: Ended, failure: PatrolError): Readonly<Record<string, unknown>> {
  return { event: 'turn-ended', token, ...(alike === undefined ? {} : { alike }), ...failureFields(failure) }
}

function failureFields({ code, remedy, correlationId }: PatrolError): Readonly<Record<string, unknown>> {
  return { code, remedy, ...(correlationId === undefined ? {} : { correlationId }) }
}
