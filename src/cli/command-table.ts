import type { Command as Commander } from 'commander'
import type { Command } from './invocation.ts'
import { describeRunCommands } from './run-commands.ts'
import { describeSetupCommands } from './setup-commands.ts'
import { describeSignInCommands } from './sign-in-commands.ts'
import { describeSteadyCommands } from './steady-commands.ts'
import { describeValueCommands } from './value-commands.ts'

/** Makes of a command's code, which is loaded when it is called, what the parser calls. */
export type Runner = <Options>(load: () => Promise<Command<Options>>) => (...given: readonly unknown[]) => Promise<void>

/** All commands, in the order of the help. Each loads its code when it is called, so that one does not wait for the others. */
export function describeCommands(program: Commander, run: Runner): void {
  describeRunCommands(program, run)
  describeValueCommands(program, run)
  describeSignInCommands(program, run)
  describeSteadyCommands(program, run)
  describeSetupCommands(program, run)
}
