import { writeFileSync } from 'node:fs'
import { ValueCache } from '../app/value-cache.ts'
import { instant } from '../core/time.ts'
import { defaultConfigFile } from './default-config-file.ts'
import { warmAnswer } from './git-answer.ts'
import { readGitRequest } from './git-protocol.ts'
import { readStandardInput } from './standard-input.ts'

/**
 * `patrol git-credential`, as the process runs it: git calls it for every fetch, so what was kept is handed out without
 * loading the parser of the command line and all that reads the configuration. Whatever this cannot do, the program does.
 */
export async function main(): Promise<void> {
  const call = callOf(process.argv.slice(3))
  if (call === undefined) return (await import('./main.ts')).main()
  const input = readStandardInput()
  const config = call.config ?? (process.env['PATROL_CONFIG'] || defaultConfigFile)
  const { env: environment, platform } = process
  const cache = ValueCache.of(config, { environment, workingDirectory: process.cwd(), platform })
  const answer = await warmAnswer(call.operation, readGitRequest(input), cache, instant(Date.now()))
  if (answer === undefined) return (await import('./main.ts')).main(input)
  print(answer)
}

/** Git may have gone meanwhile, which is its own affair. A stream would take longer to load than all the rest. */
function print(answer: string): void {
  try {
    writeFileSync(1, answer)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPIPE')) process.exitCode = 1
  }
}

/** The words behind `git-credential`, as `patrol setup git` writes them and git completes them; undefined for others. */
function callOf(
  words: readonly string[],
): { readonly operation: string; readonly config: string | undefined } | undefined {
  const [option, config, operation] = words.length === 1 ? [undefined, undefined, words[0]] : words
  if (operation === undefined || !['get', 'store', 'erase'].includes(operation) || words.length > 3) return undefined
  if (option === undefined) return { operation, config: undefined }
  return ['-c', '--config'].includes(option) && config !== '' ? { operation, config } : undefined
}
