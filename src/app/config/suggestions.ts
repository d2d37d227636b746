import { closest, distance } from 'fastest-levenshtein'

/**
 * The known word that somebody most likely meant: the same in other letters' case, one that begins alike, or one with
 * few letters changed. Undefined when none is near.
 */
export function suggestion(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || written.length > 100) return undefined
  const word = written.toLowerCase()
  const simple = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const same = known.find((candidate) => simple(candidate) === simple(word))
  if (same !== undefined) return same
  const near = closest(
    word,
    known.map((candidate) => candidate.toLowerCase()),
  )
  const match = known.find((candidate) => candidate.toLowerCase() === near)
  if (match !== undefined && distance(word, near) <= Math.max(1, Math.floor(Math.min(word.length, near.length) / 3))) {
    return match
  }
  return word.length < 3 ? undefined : known.find((candidate) => candidate.toLowerCase().startsWith(word))
}

/** Whether a word differs from a known one by so little that it is a slip rather than another word. */
export function isSlip(written: string, known: string): boolean {
  return distance(written.toLowerCase(), known.toLowerCase()) <= 2
}

/** Words in a row for a message: `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
