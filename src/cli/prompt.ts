import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

/** So long the terminal has to hand over what was typed before the question stood there. */
const typedAheadMs = 30

/**
 * Asks the person at the terminal. What was typed before is no answer, and neither is the end of the input (Ctrl-D);
 * Ctrl-C is the signal that it is elsewhere.
 *
 * @returns the line; undefined when there is none
 */
export function askPerson(question: string, stop: AbortSignal): Promise<string | undefined> {
  return converse(question, stop, process.stderr)
}

/** The same for a secret: what is typed or pasted shows nowhere. */
export async function askHidden(question: string, stop: AbortSignal): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const answer = await converse(question, stop, nowhere)
  if (answer !== undefined) process.stderr.write('\n')
  return answer
}

async function converse(
  question: string,
  stop: AbortSignal,
  output: NodeJS.WritableStream,
): Promise<string | undefined> {
  await dropTypedAhead()
  const terminal = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
  // Not before the terminal has left the showing of what is typed to whoever reads it.
  if (output !== process.stderr) process.stderr.write(question)
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
