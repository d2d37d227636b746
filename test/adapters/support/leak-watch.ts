import { inspect } from 'node:util'
import { Secret } from '../../../src/core/secret.ts'
import { findLeaks, type Texts } from '../../support/leaks.ts'

/**
 * Stands between a suite and an adapter: notes every error with its causes, and every secret that goes in or comes out.
 * In the end none of the secrets may stand in an error, or in whatever else the suite's world gave away.
 */
export class LeakWatch {
  readonly #secrets = new Set<string>()
  readonly #errors: string[] = []

  /** The same adapter, listened to. */
  over<Adapter extends object>(adapter: Adapter): Adapter {
    return new Proxy(adapter, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...given: readonly unknown[]) => this.#call(() => member.apply(target, given) as unknown, given)
      },
    })
  }

  #call(work: () => unknown, given: readonly unknown[]): unknown {
    this.#note(given)
    try {
      const result = work()
      if (result instanceof Promise) {
        result.then(
          (value) => this.#note(value),
          (error) => this.#fail(error),
        )
      } else this.#note(result)
      return result
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #fail(error: unknown): void {
    this.#errors.push(inspect(error, { depth: 12, maxStringLength: null, maxArrayLength: null }))
  }

  #note(value: unknown, depth = 0): void {
    if (value instanceof Secret) this.#secrets.add(value.reveal())
    else if (value instanceof Map) this.#note([...value.values()], depth + 1)
    else if (typeof value === 'object' && value !== null && depth < 4) {
      for (const part of Object.values(value)) this.#note(part, depth + 1)
    }
  }

  /**
   * @param secrets those that the world knows of beside the ones that went through the adapters
   * @throws Error with the places of secrets, never the secrets
   */
  check(secrets: readonly string[], texts: Texts): void {
    const leaks = findLeaks([...secrets, ...this.#secrets], { ...texts, errors: this.#errors })
    if (leaks.length > 0) throw new Error(`secrets leaked: ${leaks.join('; ')}`)
  }
}

/** What was reported, as texts to look into. */
export function textsOf(values: readonly unknown[]): readonly string[] {
  return values.map((value) => inspect(value, { depth: 12, maxStringLength: null }))
}
