/** SIGHUP: the terminal or the connection to it is gone. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** Signals that a command run by this program gets in its place. */
export const relayedSignals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const
export type RelayedSignal = (typeof relayedSignals)[number]

/** What the signals of a process need of it. */
export interface Signalled {
  on(signal: RelayedSignal, listener: () => void): unknown
  off(signal: RelayedSignal, listener: () => void): unknown
  exit(code: number): void
}

export interface Signals {
  /** Aborted by the first signal that asks the program to end, with its name as the reason. */
  readonly stop: AbortSignal
  /** From now on signals ask nothing of this program and are told to `to`. Gives what ends that. */
  relay(to: (signal: RelayedSignal) => void): () => void
}

/**
 * The first SIGINT, SIGTERM or SIGHUP asks the run to make safe what it began, and to end; a second SIGINT ends at once, and no
 * other signal does. The agent of Azure Pipelines sends SIGINT, after some seconds SIGTERM, and kills in the end; a
 * service that is being stopped may get both in the other order.
 *
 * While they are relayed, none of this holds: then what they mean is up to whoever gets them.
 */
export function listenForSignals(program: Signalled): Signals {
  const stop = new AbortController()
  let relaying = false
  let interrupts = 0
  program.on('SIGINT', () => {
    if (relaying) return
    interrupts += 1
    if (interrupts > 1) program.exit(130)
    stop.abort('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    program.on(signal, () => {
      if (!relaying) stop.abort(signal)
    })
  }
  const relay = (to: (signal: RelayedSignal) => void): (() => void) => {
    relaying = true
    const listeners = relayedSignals.map((signal) => [signal, () => to(signal)] as const)
    for (const [signal, listener] of listeners) program.on(signal, listener)
    return () => {
      for (const [signal, listener] of listeners) program.off(signal, listener)
      relaying = false
    }
  }
  return { stop: stop.signal, relay }
}
