import { generateIdentity } from 'age-encryption'
import { type Loaded, loadConfig } from '../../src/app/config/load.ts'
import type { ConfigProblem } from '../../src/app/config/problems.ts'
import type { Needs } from '../../src/app/config/needs.ts'
import type { Wanted } from '../../src/app/config/wanted.ts'

/** A password and a key that no message may ever show. */
export const secrets = {
  password: 'canary-password-1',
  identity: await generateIdentity(),
}

export const variables: Readonly<Record<string, string | undefined>> = {
  USER_NAME: 'CI-Bot@contoso.com',
  USER_PASSWORD: secrets.password,
  PATROL_AGE_IDENTITY: secrets.identity,
  EMPTY: '',
}

/** Files by absolute path; others do not exist. */
export type Files = Readonly<Record<string, string | Uint8Array>>

/** Loads a configuration that stands in /etc/patrol/patrol.yaml. */
export function load(
  text: string | Uint8Array,
  world: {
    readonly variables?: Readonly<Record<string, string | undefined>>
    readonly files?: Files
    readonly needs?: Needs
  } = {},
): Loaded {
  const files: Files = { '/etc/patrol/patrol.yaml': text, ...world.files }
  const readFile = (path: string): string | Uint8Array => {
    const content = files[path]
    if (content === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return content
  }
  const environment = {
    variables: { ...variables, ...world.variables },
    readFile,
    workingDirectory: '/etc/patrol',
  }
  return loadConfig('patrol.yaml', environment, world.needs === undefined ? {} : { needs: world.needs })
}

/** What a valid file asks for. */
export function wanted(...parameters: Parameters<typeof load>): Wanted {
  const loaded = load(...parameters)
  if (loaded.kind === 'invalid') throw new Error(told(loaded).join('\n'))
  return loaded.wanted
}

/** Problems, one text each: `line:column severity message -> remedy`; without the advice that a file may ignore. */
export function told(loaded: Loaded): readonly string[] {
  return problemsOf(loaded).flatMap((problem) => (problem.isAdvice ? [] : [lineOf(problem)]))
}

/** The advice of a file, in the same form. */
export function advised(loaded: Loaded): readonly string[] {
  return problemsOf(loaded).flatMap((problem) => (problem.isAdvice ? [lineOf(problem)] : []))
}

function problemsOf(loaded: Loaded): readonly ConfigProblem[] {
  return loaded.kind === 'ok' ? loaded.warnings : loaded.problems
}

function lineOf({ line, column, severity, message, remedy }: ConfigProblem): string {
  return `${line}:${column} ${severity} ${message} -> ${remedy}`
}

/** A good file without its tokens. */
export const goodHead = `version: 1
accounts:
  ci-bot:
    tenant: contoso.onmicrosoft.com
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
stores:
  vault:
    type: azure-key-vault
    url: https://contoso.vault.azure.net
defaults:
  account: ci-bot
  organization: contoso
  store: vault
`

/** A good file of 19 lines. */
export const goodFile = `${goodHead}tokens:
  - name: package-feed
    scopes: [vso.packaging]
`

/** The good file with parts replaced; each must be there exactly once. */
export function changed(...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`${JSON.stringify(from)} stands not exactly once in the file`)
    return text.replace(from, () => to)
  }, goodFile)
}

/** The good file with lines behind its last one. */
export function extended(lines: string): string {
  return `${goodFile}${lines}\n`
}
