import type { Secret } from '../core/secret.ts'
import type { Limits } from './limits.ts'

/** What a trial left in a store that would not be rid of it: where, and in which state. */
export interface Remains {
  readonly name: string
  readonly state: 'deleted but kept' | 'disabled'
}

/**
 * What only a look at the whole of a store asks for. It touches nothing that tokens use: its one secret has a name of
 * its own, always the same one, so that repeated trials do not litter.
 */
export interface StoreTrial {
  /** Rejects with a PatrolError when the secrets of the store may not be listed. */
  list(): Promise<void>
  /**
   * Writes a value, reads it back, compares, and removes it again as far as the store lets it be removed, also when
   * something fails on the way or the program is told to stop.
   *
   * @param limits of each single request, made right before it
   * @returns what is left; undefined when nothing is
   * @throws PatrolError when it could not be written, read or was another one
   */
  write(value: Secret, limits: () => Limits): Promise<Remains | undefined>
}
