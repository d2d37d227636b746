const context = 3

/**
 * What one text has that another lacks, in the unified form that people know from diff. The texts differ in one place.
 *
 * @param name the file that both are
 */
export function textDifference(name: string, before: string, after: string): string {
  const [old, changed] = [before, after].map((text) => text.replace(/\n$/, '').split('\n'))
  if (old === undefined || changed === undefined || before === after) return ''
  let start = 0
  while (start < old.length && start < changed.length && old[start] === changed[start]) start++
  let tail = 0
  while (tail < Math.min(old.length, changed.length) - start && old.at(-1 - tail) === changed.at(-1 - tail)) tail++
  const from = Math.max(0, start - context)
  const to = Math.min(old.length, old.length - tail + context)
  const removed = old.slice(start, old.length - tail)
  const added = changed.slice(start, changed.length - tail)
  const lines = [
    ...old.slice(from, start).map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...old.slice(old.length - tail, to).map((line) => ` ${line}`),
  ]
  const oldCount = to - from
  const hunk = `@@ -${from + 1},${oldCount} +${from + 1},${oldCount - removed.length + added.length} @@`
  return [`--- ${name}`, `+++ ${name}`, hunk, ...lines].map((line) => `${line.replace(/\r$/, '')}\n`).join('')
}
