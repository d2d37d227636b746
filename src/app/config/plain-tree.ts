import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml'
import { type Fault, fault, type Path, pathKey } from './faults.ts'
import type { YamlFault } from './yaml-faults.ts'

/** Offsets in the file. */
export interface Place {
  readonly key: number | undefined
  readonly value: number | undefined
  /** Where the value ends. */
  readonly end: number | undefined
  readonly source: string | undefined
}

/** More levels than any key has; deeper ones are not followed. */
const deepest = 12

/** So many nodes may come from aliases: a small file could else grow without bounds. */
const mostAliased = 2_000

const bracesRemedy = 'write a plain name before the colon; put text with braces in quotes, and a reference as ${NAME}'

const coreTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`))

/** Turns nodes into plain data, and notes where each stood and what is wrong with it. */
export class PlainTree {
  readonly places = new Map<string, Place>()
  /** Faults of single values: nothing is known of what stands at their paths. */
  readonly faults: Fault[] = []
  /** Faults that have no path. */
  readonly yamlFaults: YamlFault[] = []
  readonly #anchored = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #aliased = 0
  #inAlias = 0

  value(node: unknown, path: Path, key: number | undefined): unknown {
    if (isAlias(node)) return this.#alias(node, path, key)
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) {
      this.places.set(pathKey(path), { key, value: undefined, end: undefined, source: undefined })
      return null
    }
    if (node.anchor !== undefined) this.#anchored.set(node.anchor, node)
    const empty = isScalar(node) && node.source === ''
    // A collection begins at its first entry, which is lines below the key that people look for.
    const value = key !== undefined && (empty || !isScalar(node)) ? undefined : node.range?.[0]
    const source = isScalar(node) && typeof node.value !== 'string' ? node.source : undefined
    const end = isScalar(node) ? node.range?.[1] : undefined
    this.places.set(pathKey(path), { key, value, end, source })
    if (this.#inAlias > 0 && ++this.#aliased > mostAliased) return this.#exhausted(node)
    if (node.tag !== undefined && !coreTags.has(node.tag)) {
      return this.#refuse(
        path,
        'a tag stands before the value; tags are not read here',
        'remove the word that begins with !',
      )
    }
    if (isScalar(node)) return typeof node.value === 'object' || typeof node.value === 'bigint' ? null : node.value
    if (path.length >= deepest || this.#open.has(node)) {
      return this.#refuse(path, 'is nested deeper than any key of this file', 'see the reference for where keys belong')
    }
    this.#open.add(node)
    const result = isMap(node)
      ? this.#mapping(node.items, path)
      : node.items.map((item, index) => this.value(item, [...path, index], undefined))
    this.#open.delete(node)
    return result
  }

  #mapping(items: readonly { key: unknown; value: unknown }[], path: Path): unknown {
    const mapping: Record<string, unknown> = Object.create(null)
    for (const item of items) {
      const key = keyText(item.key)
      const offset = isNode(item.key) ? (item.key.range?.[0] ?? 0) : 0
      if (key === undefined) {
        const text = 'a key is no plain text'
        // Braces around braces are one value to whoever wrote them.
        if (items.length === 1 && path.length > 0) return this.#refuse(path, text, bracesRemedy)
        this.yamlFaults.push({ offset, text, remedy: bracesRemedy, recoverable: true })
        continue
      }
      if (key === '<<') {
        this.places.set(pathKey([...path, key]), { key: offset, value: offset, end: undefined, source: undefined })
        const remedy = 'put what entries share under defaults, or write it out'
        this.faults.push(fault([...path, key], 'merge keys are not read', remedy, 'key'))
        continue
      }
      // The first of two equal keys counts; the parser has reported the second.
      if (!Object.hasOwn(mapping, key)) mapping[key] = this.value(item.value, [...path, key], offset)
    }
    return mapping
  }

  #alias(node: Alias, path: Path, key: number | undefined): unknown {
    // An alias means the last anchor before it, and nodes are walked in the order of the file.
    const target = this.#anchored.get(node.source)
    this.places.set(pathKey(path), { key, value: node.range?.[0], end: undefined, source: undefined })
    if (target === undefined) {
      return this.#refuse(
        path,
        'a * that is not in quotes begins an alias, and there is no such anchor',
        `put the pattern in quotes: ${JSON.stringify(`*${node.source}`)}`,
      )
    }
    if (this.#open.has(target)) return this.#refuse(path, 'an alias within its own anchor never ends', 'write it out')
    this.#inAlias++
    const value = this.value(target, path, key)
    this.#inAlias--
    return value
  }

  /** Takes a fault of the parser for one of the single value that it lies in; false when it lies in none. */
  claim({ offset, text, remedy }: YamlFault): boolean {
    for (const [key, { value, end }] of this.places) {
      if (value === undefined || end === undefined || offset < value || offset >= end) continue
      this.faults.push(fault(JSON.parse(key) as Path, text, remedy))
      return true
    }
    return false
  }

  #refuse(path: Path, text: string, remedy: string): null {
    this.faults.push(fault(path, text, remedy))
    return null
  }

  /** Told once: what follows would only repeat it. */
  #exhausted(node: Node): null {
    if (this.#aliased === mostAliased + 1) {
      const text = `aliases make this file larger by more than ${mostAliased} values`
      this.yamlFaults.push({ offset: node.range?.[0] ?? 0, text, remedy: 'write the values out', recoverable: false })
    }
    return null
  }
}

/** Undefined for what cannot be a key: a mapping or list, nothing, or the name that JavaScript objects treat specially. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  const text = typeof key.value === 'string' ? key.value : (key.source ?? '')
  return text === '' || text === '__proto__' ? undefined : text
}
