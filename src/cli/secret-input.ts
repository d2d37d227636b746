import { PatrolError } from '../core/errors.ts'
import type { Invocation } from './invocation.ts'

/**
 * A text with a secret in it: from the person at the terminal, who is asked and sees nothing of it, or all that comes on
 * stdin.
 *
 * @param question what to ask for, without the colon
 * @param pipe a command that brings it on stdin, for where nobody can be asked
 * @throws PatrolError `usage` when there is no answer, or typing would show it
 */
export async function secretInput({ io, speech }: Invocation, question: string, pipe: string): Promise<string> {
  if (io.canAsk) {
    speech.quiet()
    const answer = await io.askHidden(`${question} (it is not shown): `)
    if (answer === undefined || answer.trim() === '') {
      throw new PatrolError('usage', 'nothing was given', { remedy: `Paste it, and press Enter; or pipe it: ${pipe}` })
    }
    return answer
  }
  if (io.stdinIsTerminal) {
    throw new PatrolError(
      'usage',
      'stdin is a terminal, which would show what is typed, and stderr is none to ask on',
      {
        remedy: `Leave stderr to the terminal, or pipe it: ${pipe}`,
      },
    )
  }
  return io.readInput()
}
