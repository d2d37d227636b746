import { isObject } from './refusal.ts'

/** An object as the service wrote it, with all that is in it. */
export type Whole = Readonly<Record<string, unknown>>

/** A text that may be left out, null or empty, which all mean the same. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Fields of an object by name; none where there is no object. */
export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isObject(value) ? Object.entries(value) : [])
}

/** The name that stands there already in whatever case, else the one that is asked for. */
export function nameIn(fields: ReadonlyMap<string, unknown>, wanted: string): string {
  return [...fields.keys()].find((name) => name.toLowerCase() === wanted.toLowerCase()) ?? wanted
}

/** The projects in which it is shared, each by its id and what it is called there. */
export function referencesOf(list: unknown): ReadonlyMap<string, string> {
  const items: readonly unknown[] = Array.isArray(list) ? (list as readonly unknown[]) : []
  return new Map(
    items.flatMap((item) => {
      if (!isObject(item) || !isObject(item['projectReference'])) return []
      const id = textOf(item['projectReference']['id']).toLowerCase()
      return id === '' ? [] : [[id, `${textOf(item['name'])}\n${textOf(item['description'])}`] as const]
    }),
  )
}

/** What differs between two sets of fields, as names that fit into a message. Values are not told. */
export function differingNames(
  sent: ReadonlyMap<string, unknown>,
  found: ReadonlyMap<string, unknown>,
  isSame: (one: unknown, other: unknown) => boolean,
): readonly string[] {
  const names = new Set([...sent.keys(), ...found.keys()])
  return [...names].filter((name) => !sent.has(name) || !found.has(name) || !isSame(sent.get(name), found.get(name)))
}

/** Which of these texts of two objects differ. */
export function differingTexts(sent: Whole, found: Whole, names: readonly string[]): readonly string[] {
  return names.filter((name) => textOf(sent[name]) !== textOf(found[name]))
}
