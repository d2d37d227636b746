import { parseSync } from 'rolldown/utils'

/** A node of a syntax tree, as the parser gives it: a type, a place, and whatever belongs to that type. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [part: string]: unknown
}

export interface Comment {
  readonly type: 'Line' | 'Block'
  readonly value: string
  readonly start: number
  readonly end: number
}

export interface Syntax {
  readonly body: readonly Node[]
  readonly comments: readonly Comment[]
}

/**
 * The syntax tree of a TypeScript or JavaScript file.
 *
 * @throws Error when it has a syntax error, for a guard that reads half of a file guards nothing
 */
export function parse(path: string, text: string): Syntax {
  const { program, comments, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`)
  return { body: program.body as unknown as readonly Node[], comments }
}

/** Every node of a tree, parents first. */
export function* nodesOf(root: unknown): Generator<Node> {
  if (Array.isArray(root)) {
    for (const each of root) yield* nodesOf(each)
  } else if (typeof root === 'object' && root !== null) {
    if (isNode(root)) yield root
    for (const part of Object.values(root)) yield* nodesOf(part)
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** The name that an identifier, or a declaration of one, has. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  return node.type === 'Identifier' ? (node['name'] as string) : nameOf(node['id'])
}

/** The line on which something begins, counted from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
