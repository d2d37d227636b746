import { basename } from 'node:path/posix'
import { type Comment, isNode, lineOf, nameOf, type Node, nodesOf, parse, type Syntax } from './syntax.ts'
import type { File } from './tracked-files.ts'

/** What a rule complains of: the line, and what is wrong there. Line 0 is the file as a whole. */
interface Complaint {
  readonly line: number
  readonly message: string
}

export interface TidyRule {
  /** What must not be. */
  readonly name: string
  readonly appliesTo: RegExp
  readonly check: (file: File) => readonly Complaint[]
}

const longest = 500

const pure = /^src\/(?:core|ports|reconcile)\/.*\.ts$/
const ours = /^src\/.*\.ts$/
const code = /\.[cm]?[jt]s$/
/** What people who use or read Patrol get to see. */
const published = /^(?:(?:src|docs|bin|scripts|pipelines|bench)\/.*|[^/]*\.(?:md|json|ya?ml))$/

const emptyNames: ReadonlySet<string> = new Set([
  'manager',
  'helper',
  'util',
  'handle',
  'handler',
  'process',
  'processor',
])

/** Names of the world outside, which pure code must not know: time, chance, the network and the running program. */
const impure: ReadonlySet<string> = new Set(
  'Date Temporal performance setTimeout setInterval setImmediate queueMicrotask crypto process fetch console Buffer globalThis navigator localStorage'.split(
    ' ',
  ),
)

/** Taken apart, so that this file does not find itself. */
const unfinished = new RegExp(String.raw`\b(?:${'TO_DO|FIX_ME|XX_X|HA_CK'.replaceAll('_', '')})\b`)

/** Words that speak of how this project is made in place of what it does. */
const workplace = new RegExp(
  [
    String.raw`\b(?:this|earlier|previous|last|next|coding|agent|my|our) sessions?\b`,
    String.raw`\b(?:helper|sub-?|coding|AI) ?agents?\b`,
    String.raw`\b(?:claude|anthropic|chatgpt|copilot|openai)\b`,
    String.raw`\b(?:LLMs?|language models?|system prompts?)\b`,
    String.raw`\bthe (?:issue|brief|design document)\b`,
    String.raw`(?:^|[\s("'\`])(?:shared|research|briefs)/`,
    String.raw`\bdesign\.md\b`,
    String.raw`(?<![\w.])/work/`,
  ].join('|'),
  'i',
)

const secretShapes: readonly (readonly [string, RegExp])[] = [
  ['a personal access token', /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/g],
  ['a personal access token of the old form', /(?<![A-Za-z0-9])[a-z2-7]{52}(?![A-Za-z0-9])/g],
  ['a JSON web token', /(?<![A-Za-z0-9])eyJ[\w-]{17,}\.eyJ[\w-]{17,}\.[\w-]{10,}/g],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}/g],
  ['a key of age', /AGE-SECRET-KEY-1[A-Z0-9]{50,}/g],
]

/** Fewer different characters than this are filling, not a value that anybody was given. */
const leastVariety = 8

export const tidyRules: readonly TidyRule[] = [
  {
    name: `a file of more than ${longest} lines`,
    appliesTo: /^(?:src|bin|scripts|bench)\//,
    check: ({ text }) => {
      const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
      return lines > longest ? [{ line: 0, message: `has ${lines} lines; ${longest} are the most` }] : []
    },
  },
  {
    name: 'a file or folder named for nothing in particular',
    appliesTo: code,
    check: ({ path }) => {
      const isEmpty =
        /(?:^|\/)(?:(?:index|utils?|types|helpers?|misc|common)\.[cm]?[jt]s|(?:common|utils?|helpers?|misc|shared)\/)/
      return isEmpty.test(path) ? [{ line: 0, message: 'name it for the one thing that it holds' }] : []
    },
  },
  {
    name: 'an exported name that says nothing',
    appliesTo: ours,
    check: (file) => [
      ...emptyPartsOf(basename(file.path, '.ts')).map((part) => ({ line: 0, message: `${part} says nothing` })),
      ...exportsOf(file).flatMap(({ name, line }) =>
        emptyPartsOf(name).map((part) => ({ line, message: `${name}: ${part} says nothing` })),
      ),
    ],
  },
  {
    name: 'something unfinished',
    appliesTo: /./,
    check: (file) => linesThat(file, unfinished, 'is unfinished'),
  },
  {
    name: 'a word about the making of this project',
    appliesTo: published,
    check: (file) => linesThat(file, workplace, 'speaks of how the project is made'),
  },
  {
    name: 'time, chance or the world in pure code',
    appliesTo: pure,
    check: ({ path, text }) => impureNamesOf(parse(path, text), text),
  },
  {
    name: 'a default export',
    appliesTo: ours,
    check: ({ path, text }) =>
      parse(path, text)
        .body.filter(({ type }) => type === 'ExportDefaultDeclaration')
        .map(({ start }) => ({ line: lineOf(text, start), message: 'give it a name' })),
  },
  {
    name: 'a value that looks like a secret',
    appliesTo: /./,
    check: ({ text }) =>
      secretShapes.flatMap(([what, shape]) =>
        [...text.matchAll(shape)]
          .filter(([value]) => new Set(value).size >= leastVariety)
          .map(({ index }) => ({ line: lineOf(text, index), message: `looks like ${what}; make it at run time` })),
      ),
  },
  {
    name: 'an exported function without a doc comment',
    appliesTo: pure,
    check: ({ path, text }) => undocumentedIn(parse(path, text), text),
  },
]

/** Every complaint of one rule, and how many files it looked at. */
export function applyRule(rule: TidyRule, files: readonly File[]): { complaints: readonly string[]; looked: number } {
  const matching = files.filter(({ path }) => rule.appliesTo.test(path))
  const complaints = matching.flatMap((file) =>
    rule.check(file).map(({ line, message }) => `${file.path}${line === 0 ? '' : `:${line}`}: ${message}`),
  )
  return { complaints, looked: matching.length }
}

/** The lines on which a file opens a secret. */
export function revealsIn({ path, text }: File): readonly number[] {
  const lines = [...nodesOf(parse(path, text).body)]
    .filter((node) => node.type === 'MemberExpression' && nameOf(node['property']) === 'reveal')
    .map(({ start }) => lineOf(text, start))
  return [...new Set(lines)]
}

function linesThat({ text }: File, pattern: RegExp, message: string): readonly Complaint[] {
  return text.split('\n').flatMap((line, index) => {
    const found = pattern.exec(line)?.[0].trim()
    return found === undefined ? [] : [{ line: index + 1, message: `"${found}" ${message}` }]
  })
}

function emptyPartsOf(name: string): readonly string[] {
  const parts = name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).map((part) => part.toLowerCase())
  return parts.filter((part) => emptyNames.has(part) || emptyNames.has(part.replace(/s$/, '')))
}

function exportsOf({ path, text }: File): readonly { readonly name: string; readonly line: number }[] {
  return parse(path, text).body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return []
    const line = lineOf(text, statement.start)
    const { declaration, specifiers } = statement
    const named = isNode(declaration)
      ? declaredBy(declaration)
      : (specifiers as readonly Node[]).map((one) => one['exported'])
    return named.map(nameOf).flatMap((name) => (name === undefined ? [] : [{ name, line }]))
  })
}

function declaredBy(declaration: Node): readonly unknown[] {
  return declaration.type === 'VariableDeclaration'
    ? (declaration['declarations'] as readonly unknown[])
    : [declaration]
}

/** Uses of impure names; not those that merely name a property or a type of the same word. */
function impureNamesOf({ body }: Syntax, text: string): readonly Complaint[] {
  const properties = new Set<unknown>()
  const found: Complaint[] = []
  for (const node of nodesOf(body)) {
    if (node.type === 'MemberExpression' && node['computed'] !== true) properties.add(node['property'])
    if (node.type === 'Property' || node.type === 'PropertyDefinition' || node.type === 'TSPropertySignature')
      properties.add(node['key'])
    if (isRandom(node)) found.push({ line: lineOf(text, node.start), message: 'Math.random has no place here' })
    const name = node.type === 'Identifier' && !properties.has(node) ? nameOf(node) : undefined
    if (name !== undefined && impure.has(name))
      found.push({ line: lineOf(text, node.start), message: `${name} has no place here` })
  }
  return found
}

function isRandom(node: Node): boolean {
  return node.type === 'MemberExpression' && nameOf(node['object']) === 'Math' && nameOf(node['property']) === 'random'
}

function undocumentedIn({ body, comments }: Syntax, text: string): readonly Complaint[] {
  const overloaded = new Set<string>()
  return body.flatMap((statement) => {
    const { declaration } = statement
    if (statement.type !== 'ExportNamedDeclaration' || !isNode(declaration)) return []
    const names = declaredBy(declaration).filter(isFunction).map(nameOf)
    return names.flatMap((name = '') => {
      const isRepeated = overloaded.has(name)
      overloaded.add(name)
      if (isRepeated || isDocumented(statement, comments, text)) return []
      return [{ line: lineOf(text, statement.start), message: `${name} has no doc comment` }]
    })
  })
}

function isFunction(declared: unknown): boolean {
  if (!isNode(declared)) return false
  if (/^(?:TSDeclareFunction|FunctionDeclaration)$/.test(declared.type)) return true
  return isNode(declared['init']) && /^(?:ArrowFunction|Function)Expression$/.test(declared['init'].type)
}

/** Whether a doc comment that says something stands right before it. */
function isDocumented(statement: Node, comments: readonly Comment[], text: string): boolean {
  const before = comments.findLast(({ end }) => end <= statement.start)
  if (before === undefined || before.type !== 'Block' || text.slice(before.end, statement.start).trim() !== '')
    return false
  return before.value.startsWith('*') && /\w/.test(before.value)
}
