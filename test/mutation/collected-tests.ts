/**
 * Stands in for `vitest` while changed code is tested: it collects tests and runs none. What is not exported here, such as
 * hooks and mocks, the tests of `src/core` and `src/reconcile` do without; one that imports it fails to load.
 */
export { expect } from 'vitest'

export interface CollectedTest {
  readonly id: string
  readonly name: string
  readonly file: string
  readonly body: () => unknown
}

type Body = (...values: never[]) => unknown

const tests: CollectedTest[] = []
let scope: { readonly file: string; readonly names: readonly string[] } = { file: '', names: [] }

/** Imports a file of tests, and adds its tests to those that were collected. */
export async function collectFrom(file: string, load: () => Promise<unknown>): Promise<void> {
  scope = { file, names: [] }
  await load()
}

export function collectedTests(): readonly CollectedTest[] {
  return tests
}

function addGroup(name: string, body: () => void): void {
  const outer = scope
  scope = { ...outer, names: [...outer.names, name] }
  body()
  scope = outer
}

/** @param rest The body, before or after a time limit or options. */
function add(name: string, ...rest: readonly unknown[]): void {
  const body = rest.find((each): each is () => unknown => typeof each === 'function')
  if (body === undefined) throw new Error(`The test "${name}" has no body.`)
  const { file, names } = scope
  const words = [...names, name].join(' > ')
  tests.push({ id: `${file}#${tests.length}`, name: words, file, body })
}

/** Adds something once for each row of a table, told apart by the number of the row. */
function each(
  once: (name: string, body: () => unknown) => void,
): (rows: readonly unknown[]) => (name: string, ...rest: readonly unknown[]) => void {
  return (rows) =>
    (name, ...rest) => {
      const body = rest.find((part): part is Body => typeof part === 'function')
      if (body === undefined) throw new Error(`"${name}" has no body.`)
      rows.forEach((row, index) => {
        const values = (Array.isArray(row) ? row : [row]) as never[]
        once(`${name} (${index + 1})`, () => body(...values))
      })
    }
}

export const describe = Object.assign(addGroup, { each: each(addGroup) })
export const it = Object.assign(add, { each: each(add) })
export const test = Object.assign(add, { each: each(add) })
