import { stripVTControlCharacters, styleText } from 'node:util'
import { type PatrolError, type Problem } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { visible, visibleJson, visibleLine } from '../core/visible-text.ts'
import type { Io } from './io.ts'

/**
 * How Patrol speaks. stdout carries the result alone. All else goes to stderr: messages are lower case, without a full
 * stop, and say what failed and where; the remedy stands on a line of its own. Colour is for terminals.
 */
export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold' | 'cyan'

export interface Pen {
  colour(colour: Colour, text: string): string
}

/** A pen for one of the two streams; it colours only for a terminal whose user did not ask for none. */
export function penFor(io: Io, stream: 'stdout' | 'stderr', wanted: boolean): Pen {
  const terminal = stream === 'stdout' ? io.stdoutIsTerminal : io.stderrIsTerminal
  const forbidden = (io.environment['NO_COLOR'] ?? '') !== '' || io.environment['TERM'] === 'dumb'
  const colours = wanted && terminal && !forbidden
  return {
    colour: (colour, text) => (colours && text !== '' ? styleText(colour, text, { validateStream: false }) : text),
  }
}

/** Agents compare text by rules under which invisible characters do not count. */
export const hashBeforeHash = /#(?=\p{Cf}*#)/gu

/**
 * What begins a command to the agent that keeps the log: `##vso[…]` and `##[…]` anywhere in Azure Pipelines, `::…::` at
 * the beginning of a line, and so where a line may be wrapped, in GitHub Actions.
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands and
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
const colonBeforeColon = /(?<=^|\s):(?=:[a-z])/gim

/** Text of others cannot steer the terminal or the agent of a pipeline, hides nothing, and no secret passes. */
export function clean(text: string): string {
  return visible(Secret.redact(stripVTControlCharacters(text)).replaceAll(/(?![\n\t])\p{Cc}/gu, '?'))
    .replaceAll(hashBeforeHash, '# ')
    .replaceAll(colonBeforeColon, ': ')
}

/** The same for a name that others chose: it stays on its line. */
export function cleanName(name: string): string {
  return clean(visibleLine(stripVTControlCharacters(name)))
}

/** JSON as it is printed: what it says is the same, and whoever reads it as text is safe from it. */
export function cleanJson(json: string): string {
  return visibleJson(json).replaceAll(hashBeforeHash, String.raw`\u0023`)
}

/** A failure for people: what, and on the next line what to do. */
export function errorText(pen: Pen, error: PatrolError): string {
  const correlation = error.correlationId === undefined ? '' : ` (correlation id ${error.correlationId})`
  return `${pen.colour('red', 'error')} ${clean(error.message)}${correlation} [${error.code}]\n      ${clean(error.remedy)}\n`
}

/** One row for each trouble, with all the tokens that have it: a vault that is down is one trouble, not a thousand. */
export function problemRows(pen: Pen, problems: readonly Problem[]): readonly (readonly string[])[] {
  const alike = Map.groupBy(problems, ({ code, message, remedy }) => [code, message, remedy].join('\n'))
  return [...alike.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    // What is about no token in particular stands under the name `*`.
    const tokens = group.map(({ token }) => token).filter((token) => token !== '*')
    const whose = tokens.length === 0 ? '' : `${namesText(tokens)}: `
    const text = `${whose}${clean(first.message)}\n${clean(first.remedy)}`
    return [[pen.colour('yellow', first.code), text]]
  })
}

const mostNames = 5

/** Some names, and how many more there are. */
export function namesText(names: readonly string[]): string {
  const rest = names.length - mostNames
  const some = names.slice(0, mostNames).map(cleanName).join(', ')
  return rest > 0 ? `${some} and ${rest} more` : some
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
