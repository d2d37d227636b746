import { parseDocument } from 'yaml'
import { type Fault, type Path, pathKey } from './faults.ts'
import { PlainTree } from './plain-tree.ts'
import { explainYaml, type YamlFault } from './yaml-faults.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** The file as plain data, and where each part of it stands. */
export interface Document {
  readonly file: string
  /** Null-prototype objects, arrays, strings, numbers, booleans and null. */
  readonly tree: unknown
  /** The place of a path, or of the nearest thing around it that is written. */
  readonly locate: (path: Path, at: 'key' | 'value') => Position
  /** How a number or truth value was spelled: `010` is the number 10. */
  readonly spelled: (path: Path) => string | undefined
  /** Faults of the YAML itself. */
  readonly syntax: readonly (Position & Omit<YamlFault, 'offset'>)[]
  /** Faults of single nodes; nothing is known of what stands at their paths. */
  readonly faults: readonly Fault[]
}

/** Reads YAML 1.2. Never throws; what is wrong stands in the result. */
export function readDocument(source: string, file: string): Document {
  const position = positionsIn(source)
  let yamlFaults: readonly YamlFault[] = controlCharacters(source)
  let plain: PlainTree | undefined
  let tree: unknown = null
  if (yamlFaults.length === 0) {
    try {
      const options = { prettyErrors: false, logLevel: 'error', version: '1.2' } as const
      const parsed = parseDocument(source, options)
      plain = new PlainTree()
      tree = plain.value(parsed.contents, [], undefined)
      // A lone * is a fault of the parser and of the value that it stands for; the latter knows its place in the tree.
      const errors =
        plain.faults.length === 0 ? parsed.errors : parsed.errors.filter(({ code }) => code !== 'BAD_ALIAS')
      const explained = explainYaml(errors, source, parsed)
      // Of a value that is wrong in itself nothing more need be said.
      yamlFaults = explained.filter((found) => !found.recoverable || plain?.claim(found) !== true)
      yamlFaults = [...yamlFaults, ...plain.yamlFaults, ...otherVersion(parsed.directives.yaml)]
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      const text = 'the brackets are nested too deeply'
      yamlFaults = [{ offset: 0, text, remedy: 'write plain mappings and lists', recoverable: false }]
    }
  }
  return {
    file,
    tree,
    faults: plain?.faults ?? [],
    syntax: yamlFaults.map(({ offset, ...rest }) => ({ ...position(offset), ...rest })),
    spelled: (path) => plain?.places.get(pathKey(path))?.source,
    locate: (path, at) => {
      for (let length = path.length; length > 0; length--) {
        const place = plain?.places.get(pathKey(path.slice(0, length)))
        const offset =
          at === 'key' || length < path.length ? (place?.key ?? place?.value) : (place?.value ?? place?.key)
        if (offset !== undefined) return position(offset)
      }
      return { line: 1, column: 1 }
    },
  }
}

/** Lines and columns of offsets. The parser has a counter of its own, which goes wrong behind some errors. */
function positionsIn(source: string): (offset: number) => Position {
  const starts = [0]
  for (let end = source.indexOf('\n'); end !== -1; end = source.indexOf('\n', end + 1)) starts.push(end + 1)
  return (offset) => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: Math.min(offset, source.length) - (starts[low] ?? 0) + 1 }
  }
}

function otherVersion(directive: { readonly version: string; readonly explicit?: boolean }): readonly YamlFault[] {
  if (directive.explicit !== true || directive.version === '1.2') return []
  const text = 'the directive %YAML asks for another version; this file is YAML 1.2'
  return [{ offset: 0, text, remedy: 'remove the line %YAML', recoverable: true }]
}

function controlCharacters(source: string): readonly YamlFault[] {
  for (let offset = 0; offset < source.length; offset++) {
    const character = source.charAt(offset)
    if (character >= ' ' || '\t\n\r'.includes(character)) continue
    const text = 'a control character stands here'
    return [{ offset, text, remedy: 'save the file as UTF-8 text', recoverable: false }]
  }
  return []
}
