import { isBuiltin } from 'node:module'
import { dirname, join, normalize } from 'node:path/posix'
import { isNode, lineOf, type Node, nodesOf, parse } from './syntax.ts'
import type { File } from './tracked-files.ts'

interface Layer {
  /** The layers that it may import from, besides itself. */
  readonly below: readonly string[]
  /** Whether it may import packages and modules of Node.js. */
  readonly touchesWorld: boolean
}

/** Imports go downwards only. Whoever stands further up may use what stands further down, and nobody the other way. */
const layers: ReadonlyMap<string, Layer> = new Map([
  ['core', { below: [], touchesWorld: false }],
  ['ports', { below: ['core'], touchesWorld: false }],
  ['reconcile', { below: ['ports', 'core'], touchesWorld: false }],
  ['adapters', { below: ['ports', 'core'], touchesWorld: true }],
  ['app', { below: ['adapters', 'reconcile', 'ports', 'core'], touchesWorld: true }],
  ['service', { below: ['app', 'reconcile', 'ports', 'core'], touchesWorld: true }],
  ['cli', { below: ['service', 'app', 'reconcile', 'ports', 'core', 'emulator'], touchesWorld: true }],
  ['emulator', { below: [], touchesWorld: true }],
])

/** What all adapters share: this folder, and the files beside it. Any two other folders of adapters are strangers. */
const sharedAdapters = 'http'

export interface LayerReport {
  readonly complaints: readonly string[]
  /** How many files of each layer were looked at, and how many imports in all. */
  readonly files: ReadonlyMap<string, number>
  readonly imports: number
}

/** Looks at every import of every file under `src/`, of whatever form. */
export function checkLayers(files: readonly File[]): LayerReport {
  const sources = files.filter(({ path }) => /^src\/.*\.[cm]?[jt]sx?$/.test(path))
  const complaints: string[] = sources.length === 0 ? ['there is no file under src to look at'] : []
  const seen = new Map<string, number>()
  let imports = 0
  for (const file of sources) {
    const name = layerOf(file.path)
    const layer = layers.get(name)
    if (layer === undefined) {
      complaints.push(`${file.path}: ${name === '' ? 'src itself' : name} is no layer`)
      continue
    }
    seen.set(name, (seen.get(name) ?? 0) + 1)
    for (const { line, address } of importsOf(file)) {
      imports += 1
      const complaint = judge(file.path, name, layer, address)
      if (complaint !== undefined) complaints.push(`${file.path}:${line}: ${complaint}`)
    }
  }
  return { complaints, files: seen, imports }
}

function layerOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? ''
}

interface Import {
  readonly line: number
  /** Undefined when it is not written out. */
  readonly address: string | undefined
}

/** Static, type-only, side-effect, dynamic, `require` and re-export: all that makes one file depend on another. */
function importsOf({ path, text }: File): readonly Import[] {
  const found: Import[] = []
  for (const node of nodesOf(parse(path, text).body)) {
    const source = sourceOf(node)
    if (source !== undefined) found.push({ line: lineOf(text, node.start), address: textOf(source) })
  }
  return found
}

function sourceOf(node: Node): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node['source']
    case 'ExportNamedDeclaration':
      return node['source'] ?? undefined
    case 'TSExternalModuleReference':
      return node['expression']
    case 'CallExpression': {
      const callee = node['callee']
      const isRequire = isNode(callee) && callee.type === 'Identifier' && callee['name'] === 'require'
      return isRequire ? (node['arguments'] as readonly unknown[])[0] : undefined
    }
    default:
      return undefined
  }
}

function textOf(source: unknown): string | undefined {
  if (!isNode(source)) return undefined
  if (source.type === 'Literal' && typeof source['value'] === 'string') return source['value']
  if (source.type !== 'TemplateLiteral') return undefined
  const quasis = source['quasis'] as readonly { readonly value: { readonly cooked: string } }[]
  return quasis.length === 1 ? quasis[0]?.value.cooked : undefined
}

function judge(path: string, name: string, layer: Layer, address: string | undefined): string | undefined {
  if (address === undefined) return 'the address of an import must be written out'
  if (address.startsWith('/') || address.startsWith('#') || address.startsWith('file:'))
    return `imports ${address}; write a relative path`
  if (!address.startsWith('.')) return judgeForeign(name, layer, address)
  const target = normalize(join(dirname(path), address))
  if (target === 'package.json' && name === 'cli') return undefined
  if (!target.startsWith('src/')) return `imports ${target}, which is not under src`
  const other = layerOf(target)
  if (other === name) return name === 'adapters' ? judgeSiblings(path, target) : undefined
  return layer.below.includes(other) ? undefined : `${name} may not import ${other} (${target})`
}

function judgeForeign(name: string, layer: Layer, address: string): string | undefined {
  if (!layer.touchesWorld) return `${name} may not import ${address}`
  return isBuiltin(address) && !address.startsWith('node:') ? `write node:${address}` : undefined
}

/** Adapters know their own vendor and what all of them share; what is shared knows no vendor. */
function judgeSiblings(path: string, target: string): string | undefined {
  const own = folderOf(path)
  const other = folderOf(target)
  if (other === own || other === '' || other === sharedAdapters) return undefined
  return `adapters${own === '' ? '' : `/${own}`} may not import adapters/${other} (${target})`
}

function folderOf(path: string): string {
  return /^src\/adapters\/([^/]+)\//.exec(path)?.[1] ?? ''
}
