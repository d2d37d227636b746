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

export function describe(name: string, body: () => void): void {
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

function addEach(rows: readonly unknown[]): (name: string, ...rest: readonly unknown[]) => void {
  return (name, ...rest) => {
    const body = rest.find((each): each is Body => typeof each === 'function')
    if (body === undefined) throw new Error(`The test "${name}" has no body.`)
    rows.forEach((row, index) => {
      const values = (Array.isArray(row) ? row : [row]) as never[]
      add(`${name} (${index + 1})`, () => body(...values))
    })
  }
}

export const it = Object.assign(add, { each: addEach })
export const test = it
