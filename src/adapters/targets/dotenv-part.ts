import { appended, bareLine, type FilePart, linesOf, withLines } from './file-part.ts'

/** `NAME=value`, also behind `export`. Where the name stands twice, readers differ in which one counts, so both change. */
export function dotenvPart(variable: string): FilePart {
  const ours = new RegExp(String.raw`^(\s*(?:export\s+)?)${variable}\s*=`)
  return {
    put: (text, value) => {
      const line = `${variable}=${/^[\w.+/=-]*$/.test(value) ? value : `'${value}'`}`
      const found = linesOf(text).some((each) => ours.test(each))
      if (!found) return appended(text, line)
      return withLines(text, (each) => {
        const match = ours.exec(each)
        return match === null ? each : `${match[1] ?? ''}${line}`
      })
    },
    take: (text) => {
      const found = linesOf(text)
        .map(bareLine)
        .filter((line) => ours.test(line))
        .map((line) => line.replace(ours, `${variable}=`))
      return found.length === 0 ? undefined : [...new Set(found)].join('\n')
    },
    drop: (text) => withLines(text, (line) => (ours.test(line) ? undefined : line)),
  }
}
