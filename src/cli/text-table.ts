import stringWidth from 'string-width'

/**
 * Rows in columns, two blanks apart, indented by two. The last column is wrapped to the width of the terminal.
 *
 * @param columns characters in a line; undefined: lines are as long as they are
 */
export function table(rows: readonly (readonly string[])[], columns: number | undefined): string {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(0, ...rows.map((row) => stringWidth(row[index] ?? ''))),
  )
  const lines: string[] = []
  for (const row of rows) {
    const head = row
      .slice(0, count - 1)
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - stringWidth(cell)))
    const indent = 2 + widths.slice(0, count - 1).reduce((sum, width) => sum + width + 2, 0)
    const [first = '', ...rest] = wrapped(
      row[count - 1] ?? '',
      columns === undefined ? undefined : Math.max(24, columns - indent),
    )
    lines.push(`  ${[...head, first].join('  ')}`.trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line))
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** The lines of a text, broken between words so that none is longer than `width`, where there is one. */
export function wrapped(text: string, width: number | undefined): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

function wrapLine(text: string, width: number | undefined): readonly string[] {
  if (width === undefined || stringWidth(text) <= width) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && stringWidth(last) + 1 + stringWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
