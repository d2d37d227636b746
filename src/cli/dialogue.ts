import { choiceIn, consentIn } from '../app/init/answers.ts'
import type { Io } from './io.ts'
import { clean, type Pen } from './terminal.ts'

/** The person wants no more of it: Ctrl-D, Ctrl-C, or a terminal that is gone. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp'
}

/** One of several answers, with what speaks for it. */
export interface Choice<Value> {
  readonly value: Value
  readonly label: string
  readonly about: string
}

/** A conversation with the person at the terminal. Every question may end in `GivenUp`. */
export interface Dialogue {
  say(text: string): void
  /** Something that the person should know before going on. */
  warn(text: string, remedy: string): void
  /**
   * A line of text, asked for until `fault` finds nothing wrong with it.
   *
   * @param preset what an empty line stands for
   * @param fault what is wrong with an answer, for the person
   */
  ask(question: string, preset: string | undefined, fault: (answer: string) => string | undefined): Promise<string>
  choose<Value>(question: string, choices: readonly Choice<Value>[]): Promise<Value>
  confirm(question: string, preset: boolean): Promise<boolean>
}

export function openDialogue(io: Io, pen: Pen): Dialogue {
  const say = (text: string): void => io.stderr(`${clean(text)}\n`)

  async function line(question: string): Promise<string> {
    const answer = await io.ask(question)
    if (answer === undefined || io.stop.aborted) throw new GivenUp()
    return answer.trim()
  }

  return {
    say,
    warn(text, remedy) {
      io.stderr(`${pen.colour('yellow', 'warning')} ${clean(text)}\n  ${clean(remedy)}\n`)
    },
    async ask(question, preset, fault) {
      const shown = preset === undefined ? '' : ` [${preset}]`
      for (;;) {
        const written = await line(`${pen.colour('bold', question)}${shown}: `)
        const answer = written === '' ? (preset ?? '') : written
        const found = answer === '' ? 'an answer is needed; Ctrl-D gives up' : fault(answer)
        if (found === undefined) return answer
        say(`  ${found}`)
      }
    },
    async choose(question, choices) {
      say(pen.colour('bold', question))
      const width = Math.max(...choices.map(({ label }) => label.length))
      for (const [index, { label, about }] of choices.entries()) say(`  ${index + 1}  ${label.padEnd(width)}  ${about}`)
      for (;;) {
        const chosen = choiceIn(await line(`Number [1]: `), choices.length, 0)
        const choice = chosen === undefined ? undefined : choices[chosen]
        if (choice !== undefined) return choice.value
        say(`  a number from 1 to ${choices.length}`)
      }
    },
    async confirm(question, preset) {
      for (;;) {
        const agreed = consentIn(await line(`${question} [${preset ? 'Y/n' : 'y/N'}] `), preset)
        if (agreed !== undefined) return agreed
        say('  y or n')
      }
    },
  }
}
