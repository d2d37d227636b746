import { Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander'
import { PatrolError } from '../core/errors.ts'
import { describeCommands, type Runner } from './command-table.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { defaultConcurrency, invoke } from './invoke.ts'
import type { Io } from './io.ts'
import { logLevels } from './speech.ts'
import { wholeNumber } from './whole-number.ts'

/**
 * Runs one command line and resolves to the exit code. Everything that it prints goes through `io`.
 *
 * @param arguments_ what stands after the program's name
 */
export async function runCommandLine(arguments_: readonly string[], io: Io, programVersion: string): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done
  const program = describeProgram(io, programVersion, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...arguments_], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitCodes.done
    if (arguments_.includes('--json')) {
      const { errorJson, jsonLine } = await import('./json.ts')
      io.stdout(jsonLine(errorJson(new PatrolError('usage', error.message.replace(/^error: /, '')))))
    }
    return exitCodes.usage
  }
  return code
}

/** The parser: what all commands have in common, and the commands. */
function describeProgram(io: Io, programVersion: string, end: (code: ExitCode) => void): Commander {
  const program = new Commander('patrol')
    .description(
      'Renews, rotates and revokes Azure DevOps personal access tokens before they expire, leak or are forgotten.',
    )
    .version(programVersion, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout(text),
      writeErr: (text) => io.stderr(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(text.replace(/^error: /, 'error ')),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see patrol --help)')
    .showSuggestionAfterError()
    .addOption(
      new Option('-c, --config <file>', 'the configuration (default: patrol.yaml, or $PATROL_CONFIG)').argParser(
        nameOfFile,
      ),
    )
    .option('--no-config', 'read no patrol.yaml; options such as --organization say everything')
    .option('--json', 'print one JSON document instead of text')
    .addOption(
      new Option('--concurrency <n>', 'tokens at once').argParser(wholeNumber(1, 64)).default(defaultConcurrency),
    )
    .addOption(new Option('--log-level <level>', 'how much to say on stderr').choices(logLevels).default('info'))
    .addOption(
      new Option('--log-format <format>', 'lines of text, or of JSON').choices(['pretty', 'json']).default('pretty'),
    )
    .option('--no-color', 'no colour, as with $NO_COLOR')
    .addHelpText('after', generalHelp)

  const run: Runner =
    (load) =>
    async (...given) => {
      const command = given.at(-1) as Commander
      const positional = given.slice(0, -2)
      end(
        await invoke(io, command.optsWithGlobals(), async (invocation) => {
          const action = await load()
          return action(invocation, { ...command.opts(), positional } as Parameters<typeof action>[1])
        }),
      )
    }
  describeCommands(program, run)
  for (const command of program.commands) pointToItsHelp(command, 'patrol')
  return program
}

function pointToItsHelp(command: Commander, parent: string): void {
  const name = `${parent} ${command.name()}`
  command.showHelpAfterError(`(see ${name} --help)`)
  for (const inner of command.commands) pointToItsHelp(inner, name)
}

/** A variable that should name the file may be empty, and the default file would be another one than was meant. */
function nameOfFile(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('It must be the name of a file.')
}

const generalHelp = `
Exit codes, the first that applies:
  129, 130, 143  interrupted by a signal
  2              usage or configuration
  4              a person is needed (sign-in)
  1              at least one token failed, or a question was answered with no
  3              with --check: something is to be done, a token is not well, an audit found something, or a value leaked
  0              done, or nothing to do

Examples:
  patrol demo                        see it work, nothing else needed
  patrol init                        begin with your own organization
  patrol doctor                      see what is still missing
  patrol plan && patrol apply
`
