import { type Document, isCollection, type Scalar, visit, type YAMLError } from 'yaml'

/** What is wrong with the YAML at an offset. `recoverable`: the rest of the file can still be trusted and checked. */
export interface YamlFault {
  readonly offset: number
  readonly text: string
  readonly remedy: string
  readonly recoverable: boolean
}

const flowReference: Omit<YamlFault, 'offset'> = {
  text: 'a reference within { } or [ ] ends at its own brace: this is not YAML',
  remedy: 'put the reference in quotes, "${NAME}", or write one key per line without { }',
  recoverable: false,
}

/**
 * The parser's errors in words, without its own messages, which quote the file and so perhaps a password. Errors that
 * only follow from an earlier one are left out.
 */
export function explainYaml(errors: readonly YAMLError[], source: string, parsed: Document): readonly YamlFault[] {
  const unclosed = errors.length === 0 ? undefined : unclosedBracket(parsed, source)
  if (unclosed !== undefined) return [bracketFault(source, unclosed)]
  const traps = errors.filter((error) => source.startsWith('${', error.pos[0] - 1))
  if (traps.length > 0) return traps.map((error) => ({ offset: error.pos[0], ...flowReference }))
  const faults: YamlFault[] = []
  for (const error of errors) {
    const explained = explainOne(error, source, parsed)
    // After a real syntax error the parser stumbles from token to token; what it says then is no help.
    if (!explained.recoverable && faults.some((earlier) => !earlier.recoverable)) continue
    faults.push(explained)
  }
  return faults
}

function explainOne(error: YAMLError, source: string, parsed: Document): YamlFault {
  const offset = error.pos[0]
  const hard = (text: string, remedy: string): YamlFault => ({ offset, text, remedy, recoverable: false })
  const soft = (text: string, remedy: string): YamlFault => ({ offset, text, remedy, recoverable: true })
  const line = source.slice(source.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? ''
  if (/^\s*\S*\u00a0/.test(line)) {
    return hard(
      'a no-break space stands where a blank belongs',
      'type the line anew; the space came with a copied text',
    )
  }
  if (/^\s*(?:- )?[A-Za-z]+:[^\s/]/.test(line)) {
    return hard('no blank follows the colon after a key', 'write `key: value`, with a blank after the colon')
  }
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return hard('a tab indents this line; YAML allows blanks only', 'replace the tab by two blanks')
    case 'DUPLICATE_KEY':
      return soft('this key stands twice in one mapping', 'remove one of the two, or merge them')
    case 'MULTIPLE_DOCS':
      return soft(
        'a second document begins here; only one is read',
        'remove the line ---, or put the rest in a file of its own',
      )
    case 'BAD_ALIAS':
      return soft('a * that is not in quotes begins an alias', 'put the pattern in quotes: "*"')
    case 'BAD_SCALAR_START':
      return soft('a value cannot begin with this character', 'put the value in quotes')
    case 'BAD_DQ_ESCAPE':
      return soft('this escape does not exist within "…"', 'put the value in single quotes, or double the backslash')
    case 'BAD_INDENT': {
      const bracket = openBracket(parsed, offset)
      if (bracket !== undefined) return bracketFault(source, bracket)
      return hard(
        'the indentation does not fit the lines above',
        'let all keys of a mapping, and all - of a list, begin in the same column',
      )
    }
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return /:(?:\s|$)/.test(source.slice(offset).split('\n', 1)[0] ?? '')
        ? hard('a colon within a value begins another key', 'put the value in quotes')
        : hard('the line below is indented further than this key', 'let all keys of a mapping begin in the same column')
    case 'MISSING_CHAR': {
      const quote = openQuote(parsed)
      if (quote !== undefined) {
        const text = 'a quote is opened here and never closed'
        return { offset: quote, text, remedy: 'close the quote at the end of the value', recoverable: false }
      }
      return hard(
        'something is missing: a closing bracket, or the colon after a key',
        'close what is open, and write keys as `key: value`',
      )
    }
    default:
      return hard(
        'this is not YAML: something unexpected stands here',
        'look for a missing quote, colon or bracket just before; put values with special characters in quotes',
      )
  }
}

function bracketFault(source: string, offset: number): YamlFault {
  const [opening, closing] = source.startsWith('{', offset) ? ['{', '}'] : ['[', ']']
  const remedy = /^.\s*(?:#.*)?\n/.test(source.slice(offset))
    ? `remove the ${opening}, or close it with ${closing} at the end of the value`
    : `close it with ${closing} at the end of the value`
  return { offset, text: `a ${opening} is opened here and not closed`, remedy, recoverable: false }
}

/**
 * Where a bracket stands that nothing closes up to the end of the file. Of one that is the last of its line the parser
 * takes all the rest for its content, and stumbles over that, line for line.
 */
function unclosedBracket(parsed: Document, source: string): number | undefined {
  let found: number | undefined
  visit(parsed, {
    Collection: (_, node) => {
      if (node.flow !== true) return undefined
      const [start] = node.range ?? []
      if (start === undefined || isClosed(source, start)) return visit.SKIP
      found = start
      return visit.BREAK
    },
  })
  return found
}

/**
 * What is no bracket of YAML within a flow: text in quotes, which begin where a value can, comments, and references with
 * braces of their own.
 */
const noBracket = /(?<=[\s[\]{},:])(?:'(?:[^'\n]|'')*'|"(?:[^"\\\n]|\\.)*")|(?<=\s)#[^\n]*|\$\{[^}\n]*\}/g

function isClosed(source: string, start: number): boolean {
  let depth = 0
  for (const [sign] of source
    .slice(start)
    .replaceAll(noBracket, '')
    .matchAll(/[[\]{}]/g)) {
    depth += sign === '[' || sign === '{' ? 1 : -1
    if (depth === 0) return true
  }
  return false
}

/** Where the bracket stands within which the offset lies; the parser tells only of the line that does not fit there. */
function openBracket(parsed: Document, offset: number): number | undefined {
  let found: number | undefined
  visit(parsed, {
    Node: (_, node) => {
      if (!isCollection(node) || node.flow !== true) return undefined
      const [start = offset, end = start] = node.range ?? []
      if (start < offset && offset <= end) found ??= start
      return visit.SKIP
    },
  })
  return found
}

/** Where a quote begins that goes on to the end of the file; the parser tells only of the end. */
function openQuote(parsed: Document): number | undefined {
  let last: Scalar | undefined
  visit(parsed, {
    Scalar: (_, node) => {
      last = node
    },
  })
  return last?.type === 'QUOTE_DOUBLE' || last?.type === 'QUOTE_SINGLE' ? last.range?.[0] : undefined
}
