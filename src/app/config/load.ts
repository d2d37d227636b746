import { dirname, resolve } from 'node:path'
import { checkTree } from './checked.ts'
import { readDocument } from './document.ts'
import { type Fault, fault } from './faults.ts'
import type { Needs } from './needs.ts'
import { type ConfigProblem, inOrder, label, located, problemAt } from './problems.ts'
import { decoded, type Environment, reasonOf } from './references.ts'
import type { Wanted } from './wanted.ts'
import { wantedOf } from './wanted-parts.ts'

export type Loaded =
  | { readonly kind: 'ok'; readonly wanted: Wanted; readonly warnings: readonly ConfigProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] }

/** More than any list of tokens that one run could look after. */
const largestFile = 4_194_304

/**
 * Reads and checks a configuration file. All faults come at once, in the order of the file, warnings among them; none
 * of them holds a secret or a value of the environment.
 *
 * @param path as it was given, which is also how messages name the file; relative paths in it start at its directory
 * @param options `needs: 'stores'` is for whoever only reads values: references of accounts may be unset where no store
 * and no rule with a store depends on them. Those accounts are left out of what is wanted, and their tokens' `owner` is
 * what is written, reference or not
 */
export function loadConfig(
  path: string,
  environment: Environment,
  { needs = 'everything' }: { readonly needs?: Needs } = {},
): Loaded {
  const full = resolve(environment.workingDirectory ?? '/', path)
  const refuse = (text: string, remedy: string): Loaded => {
    // Nothing of the file was read, so that there is no place in it to point to.
    const problem = problemAt(
      { line: 1, column: 1 },
      { text: `${path}: ${text}`, remedy, severity: 'error' },
      undefined,
    )
    return { kind: 'invalid', problems: [problem] }
  }
  let content: Uint8Array | string
  try {
    content = environment.readFile(full)
  } catch (error) {
    const remedy = isDirectory(error)
      ? 'name the file in it with --config'
      : `name the file with --config, or write one: patrol init --output ${path}`
    return refuse(`the configuration cannot be read (${reasonOf(error)})`, remedy)
  }
  if (content.length > largestFile) {
    return refuse(`the configuration is larger than ${largestFile} bytes`, 'name the right file with --config')
  }
  const text = decoded(content)
  if (text === undefined) return refuse('the configuration is not UTF-8 text', 'save the file as UTF-8')
  return checkText(text, path, needs, dirname(full), environment)
}

function isDirectory(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EISDIR'
}

function checkText(text: string, file: string, needs: Needs, directory: string, environment: Environment): Loaded {
  const document = readDocument(text, file)
  const syntax = document.syntax.map((found) => problemAt(found, { ...found, severity: 'error' }, file))
  if (document.syntax.some((found) => !found.recoverable)) return { kind: 'invalid', problems: inOrder(syntax) }
  const root = rootFault(document.tree)
  if (root !== undefined) return { kind: 'invalid', problems: inOrder([...syntax, located(root, document)]) }

  const { draft, faults, spared } = checkTree(document.tree, environment, {
    faults: document.faults,
    spelled: document.spelled,
    label: (path) => label(path, document.tree),
    directory,
    needs,
  })
  const problems = inOrder([...syntax, ...faults.map((found) => located(found, document))])
  if (problems.some((problem) => problem.severity === 'error')) {
    return { kind: 'invalid', problems: problems.filter(({ isAdvice }) => !isAdvice) }
  }
  return { kind: 'ok', wanted: wantedOf(draft, file, problems, spared), warnings: problems }
}

function rootFault(tree: unknown): Fault | undefined {
  const remedy = 'begin with version: 1, accounts: and tokens:, or let patrol init write a file'
  if (tree === null) return fault([], 'the file is empty', remedy)
  if (Array.isArray(tree)) return fault([], 'the file holds a list where its keys belong', remedy)
  return typeof tree === 'object' ? undefined : fault([], 'the file holds a single value where its keys belong', remedy)
}
