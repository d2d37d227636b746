import { createInterface } from 'node:readline/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** So long the terminal has to hand over what was typed before the question stood there. */
const typedAheadMs = 30

/**
 * Asks the person at the terminal. What was typed before is no answer, and neither is the end of the input (Ctrl-D);
 * Ctrl-C is the signal that it is elsewhere.
 *
 * @returns the line; undefined when there is none
 */
export async function askPerson(question: string, stop: AbortSignal): Promise<string | undefined> {
  await dropTypedAhead()
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  let ended = false
  const endLine = (): void => {
    if (!ended) process.stderr.write('\n')
    ended = true
  }
  // While a line is being edited the terminal sends no signal, but the key; the signal then ends the question.
  terminal.on('SIGINT', () => {
    endLine()
    process.kill(process.pid, 'SIGINT')
  })
  const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)))
  const answered = terminal.question(question, { signal: stop }).catch(() => undefined)
  const answer = await Promise.race([answered, closed])
  if (answer === undefined) endLine()
  terminal.close()
  return answer
}

async function dropTypedAhead(): Promise<void> {
  const drop = (): void => undefined
  process.stdin.on('data', drop)
  await wait(typedAheadMs)
  process.stdin.off('data', drop)
  process.stdin.pause()
}
