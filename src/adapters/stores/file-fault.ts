import { PatrolError } from '../../core/errors.ts'
import { errorNumber } from '../atomic-file.ts'

/**
 * What the operating system or age says, as an error of the store.
 *
 * @param root the store's directory
 */
export function fileFault(thrown: unknown, root: string, outcome: 'none' | 'unknown'): PatrolError {
  if (thrown instanceof PatrolError) return thrown
  const number = errorNumber(thrown)
  if (number === undefined) {
    // Not even as the cause: a fault about a malformed identity may quote it.
    return new PatrolError('store-denied', `the age identity of ${root} cannot be used`, {
      remedy:
        'Give the store an age identity, AGE-SECRET-KEY-1…: `patrol init --new-identity FILE` makes one, and age-keygen does as well.',
    })
  }
  const details = { outcome, cause: thrown }
  const said = thrown instanceof Error ? thrown.message : number
  if (['EACCES', 'EPERM', 'EROFS'].includes(number)) {
    return new PatrolError('store-denied', said, { ...details, remedy: `Let Patrol's user read and write ${root}.` })
  }
  return new PatrolError('store-unreachable', said, {
    ...details,
    remedy: ['ENOSPC', 'EDQUOT'].includes(number)
      ? `Make room on the disk of ${root}.`
      : `See that ${root} is a directory on a disk that works.`,
  })
}
