import { InvalidArgumentError } from 'commander'
import { type Duration, parseDuration } from '../core/time.ts'

/** Reads an option's length of time, such as `30s`. */
export function lengthOfTime(text: string): Duration {
  const length = parseDuration(text)
  if (length !== undefined) return length
  throw new InvalidArgumentError('It must be a length of time such as 30s, 5m, 12h or 3d.')
}
