import { expect } from 'vitest'
import { changed, load, secrets, told } from './load-text.ts'

/** A title, a file, and all that is told of it: `line:column severity message -> remedy`. */
export type Case = readonly [title: string, text: string, expected: readonly string[]]

/** The good file with lines added to its one token, to its defaults, or with parts of it replaced. */
export const token = (lines: string): string =>
  changed(['    scopes: [vso.packaging]\n', `    scopes: [vso.packaging]\n${lines}\n`])
export const defaults = (lines: string): string => changed(['  store: vault\n', `  store: vault\n${lines}\n`])
export const scopes = (list: string): string => changed(['[vso.packaging]', list])
export const vault = (lines: string): string =>
  changed(['    url: https://contoso.vault.azure.net\n', `    url: https://contoso.vault.azure.net\n${lines}\n`])
export const store = (lines: string): string =>
  changed(['    type: azure-key-vault\n    url: https://contoso.vault.azure.net\n', lines])
const signInLines =
  '    signIn:\n      method: password\n      username: ${USER_NAME}\n      password: ${USER_PASSWORD}\n'
export const signIn = (lines: string): string => changed([signInLines, lines])

/** Loads the file and compares everything that is told of it. */
export function expectTold(text: string, expected: readonly string[]): void {
  const loaded = load(text, { variables: { LEFT: '$(ORG)' } })
  expect(told(loaded)).toEqual(expected)
  expect(loaded.kind).toBe(expected.some((line) => line.includes(' error ')) ? 'invalid' : 'ok')
  expect(JSON.stringify(loaded)).not.toContain(secrets.password)
}
