import { asPatrolError, type PatrolError } from '../core/errors.ts'

/** What came of a question that many tokens share: whoever needs the value meets the failure, and nobody else. */
export type Answer<Value> = { readonly value: Value } | { readonly failure: PatrolError }

/** Never rejects. */
export async function answerOf<Value>(question: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await question() }
  } catch (error) {
    return { failure: asPatrolError(error) }
  }
}

/** The value; undefined when there is none, for whatever reason. */
export function valueOf<Value>(known: Answer<Value> | undefined): Value | undefined {
  return known !== undefined && 'value' in known ? known.value : undefined
}

/** @throws PatrolError the failure */
export function open<Value>(known: Answer<Value> | undefined): Value | undefined {
  if (known === undefined) return undefined
  if ('failure' in known) throw known.failure
  return known.value
}
