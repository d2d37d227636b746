import { PatrolError } from '../../core/errors.ts'
import { type FilePart, lineEnd } from './file-part.ts'

interface Element {
  readonly name: string
  readonly start: number
  end: number
  /** Where the content begins and ends; the same for `<x/>`. */
  readonly from: number
  to: number
  readonly children: Element[]
  readonly isEmpty: boolean
}

/**
 * The credentials of one package source: an element of its name under `packageSourceCredentials`. In names of elements a
 * character that XML has no room for is written `_x0020_`. Only Windows can read an encrypted password, so it stands
 * there in clear. https://learn.microsoft.com/nuget/reference/nuget-config-file#packagesourcecredentials
 */
export function nugetConfigPart(source: string, username: string): FilePart {
  const name = elementName(source)
  const find = (
    text: string,
  ): { configuration: Element | undefined; all: Element | undefined; ours: Element | undefined } => {
    const configuration = elementsOf(text).find((element) => element.name === 'configuration')
    const all = configuration?.children.find((element) => element.name === 'packageSourceCredentials')
    return {
      configuration,
      all,
      ours: all?.children.find((element) => element.name.toLowerCase() === name.toLowerCase()),
    }
  }
  return {
    put: (text, value) => {
      const end = lineEnd(text)
      const element = [
        `<${name}>`,
        `      <add key="Username" value="${escaped(username)}" />`,
        `      <add key="ClearTextPassword" value="${escaped(value)}" />`,
        `    </${name}>`,
      ].join(end)
      if (text.trim() === '') {
        const head = `<?xml version="1.0" encoding="utf-8"?>${end}<configuration>${end}`
        return `${head}  <packageSourceCredentials>${end}    ${element}${end}  </packageSourceCredentials>${end}</configuration>${end}`
      }
      const { configuration, all, ours } = find(text)
      if (ours !== undefined) return text.slice(0, ours.start) + element + text.slice(ours.end)
      if (all !== undefined) return within(text, all, `    ${element}${end}  `)
      if (configuration === undefined) {
        throw new PatrolError('delivery-failed', 'the file has no element <configuration>', {
          remedy: 'Correct the file, or remove it and let Patrol make a new one.',
        })
      }
      const section = `  <packageSourceCredentials>${end}    ${element}${end}  </packageSourceCredentials>${end}`
      return within(text, configuration, section)
    },
    take: (text) => {
      const { ours } = find(text)
      const content = ours === undefined ? '' : text.slice(ours.from, ours.to)
      return /Password/i.test(content) ? content.replaceAll(/\s+/g, ' ').trim() : undefined
    },
    drop: (text) => {
      const { ours } = find(text)
      if (ours === undefined) return text
      const before = text.slice(0, ours.start).replace(/[^\S\n]*$/, '')
      return before + text.slice(ours.end).replace(/^[^\S\n]*\n/, '')
    },
  }
}

/** Adds content at the end of an element. */
function within(text: string, element: Element, added: string): string {
  if (element.isEmpty) {
    const open = text.slice(element.start, element.end).replace(/\s*\/>$/, '>')
    return `${text.slice(0, element.start)}${open}${lineEnd(text)}${added}</${element.name}>${text.slice(element.end)}`
  }
  const content = text.slice(0, element.to)
  const line = content.replace(/[^\S\n]*$/, '')
  const gap = line.endsWith('\n') ? '' : lineEnd(text)
  return `${line}${gap}${added}${text.slice(element.to)}`
}

/** The elements of the text, each with those in it; declarations, comments and CDATA are passed over. */
function elementsOf(text: string): readonly Element[] {
  const root: Element[] = []
  const open: Element[] = []
  const pattern =
    /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[?!][^>]*>|<(\/?)([^\s/>"'<]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>/g
  for (const match of text.matchAll(pattern)) {
    const [whole, closing, name, , empty] = match
    if (name === undefined) continue
    const end = match.index + whole.length
    if (closing === '/') {
      const element = open.pop()
      if (element?.name !== name) throw malformed(name)
      element.to = match.index
      element.end = end
      continue
    }
    const element = { name, start: match.index, end, from: end, to: end, children: [], isEmpty: empty === '/' }
    ;(open.at(-1)?.children ?? root).push(element)
    if (empty !== '/') open.push(element)
  }
  const [left] = open
  if (left !== undefined) throw malformed(left.name)
  return root
}

function malformed(name: string): PatrolError {
  return new PatrolError('delivery-failed', `the file is no sound XML at <${name}>`, { remedy: 'Correct the file.' })
}

/** https://learn.microsoft.com/dotnet/api/system.xml.xmlconvert.encodename */
function elementName(source: string): string {
  return Array.from(source, (character, index) => {
    const fits = index === 0 ? /^[\p{L}_]$/u.test(character) : /^[\p{L}\p{N}._-]$/u.test(character)
    return fits ? character : `_x${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}_`
  }).join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
