import { type ConfigRule, type DraftEntry, storeOf } from './draft.ts'
import { writtenTargets } from './destinations.ts'
import { each, repeated } from './entry-loop.ts'
import { type Fault, fault, type Path, warning } from './faults.ts'
import { oneOf, suggestion } from './suggestions.ts'
import { targetFaults, targetPlace } from './targets/kinds.ts'
import { mostTargets } from './targets/target-fields.ts'

/** What each type asks of its own keys. */
export const targetsAreSound: ConfigRule = (draft) =>
  Object.entries(draft.written.targets ?? {}).flatMap(([name, target]) =>
    target === undefined ? [] : targetFaults(target, ['targets', name], draft),
  )

/** Every target that is named exists. */
export const targetsExist: ConfigRule = (draft) => {
  const known = draft.names('targets')
  const wrong = (path: Path, names: readonly (string | undefined)[] | undefined): readonly Fault[] =>
    (names ?? []).flatMap((name, index) => {
      if (name === undefined || known.includes(name) || draft.isFaulty(['targets'])) return []
      const near = suggestion(name, known)
      const add = 'add it under targets'
      const remedy =
        near === undefined ? (known.length === 0 ? add : `write ${oneOf(known)}, or ${add}`) : `did you mean ${near}?`
      const at = [...path, index]
      return [fault(at, `there is no target ${draft.shown(at)}`, remedy)]
    })
  return [
    ...wrong(['defaults', 'targets'], draft.written.defaults?.targets),
    ...draft.entries.flatMap((entry) => wrong([...entry.path, 'targets'], entry.written.targets)),
  ]
}

/** A list names each target once. */
export const targetsAreNamedOnce: ConfigRule = (draft) => [
  ...repeated(draft, ['defaults', 'targets'], draft.written.defaults?.targets ?? []),
  ...draft.entries.flatMap((entry) => repeated(draft, [...entry.path, 'targets'], entry.written.targets ?? [])),
]

/** What is remembered of deliveries has room for so many. */
export const targetsAreFew: ConfigRule = (draft) => {
  const lists: readonly (readonly [Path, readonly unknown[] | undefined])[] = [
    [['defaults', 'targets'], draft.written.defaults?.targets],
    ...draft.entries.map((entry) => [[...entry.path, 'targets'], entry.written.targets] as const),
  ]
  return lists.flatMap(([path, names]) => {
    if (names === undefined || names.length <= mostTargets) return []
    const text = `names ${names.length} targets, and a token can have ${mostTargets}`
    return [fault(path, text, 'let one of them pass the value on, or split the token in two')]
  })
}

/** Copies are made of what a store holds, and recorded there. */
export const targetsFollowStores: ConfigRule = each((entry, draft) => {
  const named = (entry.written.targets ?? []).length > 0
  if (!named || entry.method !== 'renew' || storeOf(draft, entry) !== 'absent') return []
  const text = 'is not used: method: renew has no store unless it names one, and copies are made of what a store holds'
  return [fault([...entry.path, 'targets'], text, 'add store:, or remove targets', 'key')]
})

/** Two targets of one place would each take the other's copy for something that has to be written over. */
export const targetsAreApart: ConfigRule = (draft) => {
  const seen = new Map<string, string>()
  return Object.entries(draft.written.targets ?? {}).flatMap(([name, target]) => {
    const place = target === undefined ? undefined : targetPlace(target, draft)
    if (place === undefined) return []
    const earlier = seen.get(place)
    seen.set(place, earlier ?? name)
    if (earlier === undefined) return []
    return [
      fault(['targets', name], `is the same place as targets.${earlier}`, `use ${earlier} in its place, and remove it`),
    ]
  })
}

/** Tokens that share a target have copies of their own there, or each would write over those of the others. */
export const tokensAreToldApart: ConfigRule = (draft) => {
  const users = new Map<string, DraftEntry>()
  return draft.entries.flatMap((entry) =>
    writtenTargets(draft, entry).names.flatMap((name): readonly Fault[] => {
      const target = draft.written.targets?.[name]
      const place = target === undefined ? undefined : targetPlace(target, draft)
      if (place === undefined || /\{(?:token|TOKEN)\}/.test(place)) return []
      const earlier = users.get(name)
      users.set(name, earlier ?? entry)
      if (earlier === undefined && entry.kind !== 'rule') return []
      const text =
        earlier === undefined
          ? `the tokens of this rule would overwrite each other in target ${name}`
          : `target ${name} is that of ${draft.label(earlier.path)}, too, which would be overwritten`
      const remedy = `write {token} into targets.${name}, where it says where the copy goes, or use another target`
      return [fault(placeOf(entry, name), text, remedy)]
    }),
  )
}

/** A target without a purpose is most likely a slip. */
export const targetsAreUsed: ConfigRule = (draft) => {
  if (draft.entries.length === 0 || (draft.written.tokens ?? []).includes(undefined)) return []
  const lists = draft.entries.map((entry) => writtenTargets(draft, entry))
  // While it is not known what is used, nothing can be called unused.
  if (lists.some(({ isWhole }) => !isWhole)) return []
  const used = new Set(lists.flatMap(({ names }) => names))
  const known = draft.names('targets')
  // A slip in a name is told where it stands.
  if ([...used].some((name) => !known.includes(name))) return []
  return known
    .filter((name) => !used.has(name) && !draft.isFaulty(['targets', name]))
    .map((name) =>
      warning(['targets', name], 'gets nothing: no token names it', 'name it under targets: of a token, or remove it'),
    )
}

/** Where an entry names a target: in its own list, or not at all. */
function placeOf(entry: DraftEntry, name: string): Path {
  const own = entry.written.targets?.indexOf(name) ?? -1
  return own < 0 ? entry.path : [...entry.path, 'targets', own]
}
