/** RFC 4180, written down once more. */
export function parsedCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  let read = 0
  for (const [cell, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy)) {
    read += cell.length
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  const last = rows.pop()
  if (read < text.length || last === undefined || last.length > 0) throw new Error('no CSV')
  return rows
}

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
}

const xmlEntities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** XML 1.0 as far as reports need it, and nothing that it does not allow. */
export function parsedXml(text: string): Element {
  const [head = ''] = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(text) ?? []
  if (head === '' || /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text))
    throw new Error('no XML')
  const plain = (written: string): string =>
    written.replaceAll(/&([^;]*);?/g, (all, name: string) => {
      const character = xmlEntities[name]
      if (character === undefined || !all.endsWith(';')) throw new Error(`no entity: ${all}`)
      return character
    })
  const top: Element = { name: '', attributes: {}, children: [] }
  const open: Element[] = [top]
  let read = head.length
  const token = /([^<]+)|<\/([\w-]+)>|<([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>/gy
  token.lastIndex = read
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    read = token.lastIndex
    const [, content, closed, name, written = '', empty] = match
    const parent = open.at(-1)
    if (content !== undefined) {
      if (plain(content).trim() !== '' && parent === top) throw new Error('text outside of the root')
    } else if (closed !== undefined) {
      if (parent === top || open.pop()?.name !== closed) throw new Error(`${closed} was not open`)
    } else {
      const pairs = [...written.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(
        ([, key = '', value = '']) => [key, plain(value)] as const,
      )
      if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error('an attribute twice')
      const element: Element = { name: name ?? '', attributes: Object.fromEntries(pairs), children: [] }
      parent?.children.push(element)
      if (empty === '') open.push(element)
    }
  }
  const [root, second] = top.children
  if (read < text.length || open.length > 1 || root === undefined || second !== undefined)
    throw new Error('not well-formed')
  return root
}
