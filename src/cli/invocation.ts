import type { ConfigProblem } from '../app/config/problems.ts'
import { PatrolError } from '../core/errors.ts'
import type { Io } from './io.ts'
import type { ExitCode } from './exit-code.ts'
import type { Speech } from './speech.ts'
import type { Pen } from './terminal.ts'

/** Options that every command knows. */
export interface GlobalOptions {
  readonly config: string | undefined
  /** No file is read, although there may be one: flags say everything. */
  readonly noConfig: boolean
  readonly json: boolean
  readonly concurrency: number
}

/** One call of the program: what a command gets beside its own options. */
export interface Invocation {
  readonly io: Io
  readonly options: GlobalOptions
  readonly speech: Speech
  /** For stdout. */
  readonly pen: Pen
  /** For stderr. */
  readonly errorPen: Pen
  /** Waits for the signal that is the wanted end of this command: then the exit code tells of no interruption. */
  awaitStop(): Promise<void>
}

/** A command: prints its result and says how it ended. Trouble is thrown as a PatrolError. */
export type Command<Options> = (invocation: Invocation, options: Options) => Promise<ExitCode>

/** Faults of a configuration, all of them, with their places. */
export class ConfigurationFaults extends PatrolError {
  readonly faults: readonly ConfigProblem[]

  constructor(faults: readonly ConfigProblem[]) {
    super(
      'config-invalid',
      faults.length === 1 ? 'the configuration has a fault' : `the configuration has ${faults.length} faults`,
    )
    this.faults = faults
  }
}
