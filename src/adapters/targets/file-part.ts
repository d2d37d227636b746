/** That part of a file which is ours. All functions are pure; what is not ours comes out as it went in. */
export interface FilePart {
  /**
   * The text with the value in our part.
   *
   * @throws PatrolError `delivery-failed` when the text has a form that leaves no room for it
   */
  put(text: string, value: string): string
  /** Our part as it stands, with whatever value is in it; undefined when it is not there or holds no value. */
  take(text: string): string | undefined
  /** The text without our value. */
  drop(text: string): string
}

/** Lines with their ends; together they are the text. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** A line without its end. */
export function bareLine(line: string): string {
  return line.replace(/\r?\n$/, '')
}

/** How the lines of a text end. */
export function lineEnd(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n'
}

/** The text with a line behind its last one. */
export function appended(text: string, line: string): string {
  const end = lineEnd(text)
  const gap = text === '' || text.endsWith('\n') ? '' : end
  return `${text}${gap}${line}${end}`
}

/** The text with each line replaced by what `change` makes of it (without its end); undefined takes the line away. */
export function withLines(text: string, change: (line: string) => string | undefined): string {
  return linesOf(text)
    .map((line) => {
      const bare = bareLine(line)
      const changed = change(bare)
      return changed === undefined ? '' : `${changed}${line.slice(bare.length)}`
    })
    .join('')
}
