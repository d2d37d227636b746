import type { RelayedSignal } from './signals.ts'

/** Everything that the command line gets from its process. Tests and the demo pass their own. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  /** The result, and nothing else. */
  stdout(text: string): void
  /** Speech: progress, logs, errors, questions. */
  stderr(text: string): void
  readonly stdoutIsTerminal: boolean
  /** Whether a person would have to type what comes on stdin, for everybody to see. */
  readonly stdinIsTerminal: boolean
  /** Questions are asked only when a person can both see and answer them. */
  readonly canAsk: boolean
  readonly stderrIsTerminal: boolean
  /** Characters in a line of the terminal; undefined when there is none. */
  readonly columns: number | undefined
  /** Everything that comes on stdin, to its end. */
  readInput(): string
  /** One line from the person, without its end; undefined when there is none: Ctrl-D, or a signal. */
  ask(question: string): Promise<string | undefined>
  /** The same for a secret, which shows nowhere while it is typed. */
  askHidden(question: string): Promise<string | undefined>
  /** Whether a question waits for its answer; left out where nobody can tell. */
  isAsking?(): boolean
  /** Milliseconds since the epoch. */
  wall(): number
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Resolves after `ms`, or rejects when `stop` is aborted. */
  wait(ms: number, stop: AbortSignal | undefined): Promise<unknown>
  /** Aborted by the first signal that asks the program to end; the reason is the signal's name. */
  readonly stop: AbortSignal
  /** From now on signals are told to `to` and ask nothing of this program. Gives what ends that. */
  relaySignals?(to: (signal: RelayedSignal) => void): () => void
  /** Told before a run over many tokens begins. */
  saveMemory?(): void
}
