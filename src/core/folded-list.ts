import { longestTag, type Tags } from './tags.ts'

/** Writes a list into a tag, and into `name-2`, `name-3` … where one does not hold it. */
export function fold(tags: Record<string, string>, name: string, items: readonly string[]): void {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + item.length <= longestTag) lines[lines.length - 1] = `${last} ${item}`
    else lines.push(item)
  }
  for (const [index, line] of lines.entries()) tags[index === 0 ? name : `${name}-${index + 1}`] = line
}

/** Whether a tag is the first or a further one of a folded list. */
export function isPartOf(tag: string, name: string): boolean {
  return tag.startsWith(name) && /^(?:-\d+)?$/.test(tag.slice(name.length))
}

/** Whether a tag in the middle of a list is gone, so that the list would read shorter than it was written. */
export function hasHole(tags: Tags, name: string): boolean {
  const parts = Object.keys(tags).filter((tag) => isPartOf(tag, name))
  return parts.some((_, index) => !((index === 0 ? name : `${name}-${index + 1}`) in tags))
}

/** The list that `fold` wrote. */
export function unfold(tags: Tags, name: string): readonly string[] {
  const items: string[] = []
  for (let index = 1; ; index++) {
    const line = tags[index === 1 ? name : `${name}-${index}`]
    if (line === undefined) return items
    items.push(...line.split(' ').filter((item) => item !== ''))
  }
}
