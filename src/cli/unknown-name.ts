import { suggestion } from '../app/config/suggestions.ts'
import type { Wanted } from '../app/config/wanted.ts'
import { PatrolError } from '../core/errors.ts'
import type { Token } from '../core/token.ts'

/** Tells a slip before anybody is signed in, where only declared names can be meant. */
export function refuseUnknownName(name: string, { tokens, rules }: Wanted): void {
  if (rules.length === 0 && !tokens.some((token) => token.name === name)) throw unknownName(name, tokens)
}

/** That there is no token of this name, with some that there are. */
export function unknownName(name: string, known: readonly Token[]): PatrolError {
  const remedy =
    known.length === 0
      ? 'The configuration declares no token by name.'
      : knownNames(
          name,
          known.map((token) => token.name),
        )
  const ofId = /^[0-9a-f]{6,}(?:-[0-9a-f]*)*$/i.test(name) ? ' An id has 36 characters: `patrol list` shows it.' : ''
  return new PatrolError('usage', `there is no token named ${name}`, { remedy: `${remedy}${ofId}` })
}

/** So many names fit into a message that somebody reads to its end. */
const mostNamed = 12

/** What can be said to somebody who wrote a name that there is not: the one most likely meant, and what there is. */
export function knownNames(name: string, known: readonly string[]): string {
  const near = suggestion(name, known)
  const some = known.slice(0, mostNamed)
  const list = `Known are: ${some.join(', ')}${known.length > some.length ? ', …' : ''}.`
  return near === undefined ? list : `Did you mean ${near}? ${list}`
}
