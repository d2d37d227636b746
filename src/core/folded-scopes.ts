import { normalizeScopes } from './scopes.ts'

/** The two most frequent kinds of scopes, by one letter. */
const kindOf: ReadonlyMap<string, string> = new Map([
  ['w', 'write'],
  ['m', 'manage'],
])
const letterOf: ReadonlyMap<string, string> = new Map([...kindOf].map(([letter, kind]) => [kind, letter]))

/**
 * Scopes of one family stand together, or long lists would not fit: `code+m+status` is vso.code, vso.code_manage and
 * vso.code_status; `graph_m` is vso.graph_manage without vso.graph; `=app_token` is a scope of another form.
 */
export function foldScopes(scopes: readonly string[]): readonly string[] {
  const families = new Map<string, string[]>()
  const others: string[] = []
  for (const scope of normalizeScopes(scopes)) {
    const [, family, kind = ''] = /^vso\.([a-z0-9.]+)(?:_([a-z0-9]+))?$/.exec(scope) ?? []
    if (family === undefined || kindOf.has(kind)) others.push(`=${scope}`)
    else families.set(family, [...(families.get(family) ?? []), kind])
  }
  const folded = [...families].map(([family, kinds]) => {
    const letters = kinds.filter((kind) => kind !== '').map((kind) => letterOf.get(kind) ?? kind)
    if (kinds.includes('')) return [family, ...letters].join('+')
    return `${family}_${letters.join('+')}`
  })
  return [...others, ...folded]
}

/** What `foldScopes` folded. */
export function unfoldScopes(items: readonly string[]): readonly string[] {
  return normalizeScopes(
    items.flatMap((item) => {
      if (item.startsWith('=')) return [item.slice(1)]
      const [, family = '', separator, rest = ''] = /^([^_+]*)([_+]?)(.*)$/.exec(item) ?? []
      const kinds = rest.split('+').filter((kind) => kind !== '')
      return [
        ...(separator === '_' ? [] : [`vso.${family}`]),
        ...kinds.map((kind) => `vso.${family}_${kindOf.get(kind) ?? kind}`),
      ]
    }),
  )
}
