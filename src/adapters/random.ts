import { randomInt } from 'node:crypto'
import type { Random } from '../ports/random.ts'

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Chance from the operating system's generator. */
export const systemRandom: Random = {
  characters(count) {
    // randomInt rejects values that would favour some characters, so every one is equally likely.
    return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('')
  },
}
