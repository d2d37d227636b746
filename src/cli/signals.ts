/** SIGHUP: the terminal or the connection to it is gone. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** What the signals of a process need of it. */
export interface Signalled {
  on(signal: StopSignal, listener: () => void): unknown
  exit(code: number): void
}

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the run to make safe what it began, and to end; a second SIGINT ends at once, and no
 * other signal does. The agent of Azure Pipelines sends SIGINT, after some seconds SIGTERM, and kills in the end; a
 * service that is being stopped may get both in the other order.
 *
 * @returns aborted by the first of them, with its name as the reason
 */
export function listenForSignals(program: Signalled): AbortSignal {
  const stop = new AbortController()
  let interrupts = 0
  program.on('SIGINT', () => {
    interrupts += 1
    if (interrupts > 1) program.exit(130)
    stop.abort('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) program.on(signal, () => stop.abort(signal))
  return stop.signal
}
