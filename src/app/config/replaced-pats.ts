import type { Replaced, Token } from '../../core/token.ts'
import { type ConfigRule, type Draft, type DraftEntry, inherited } from './draft.ts'
import { each, repeated } from './entry-loop.ts'
import { type Fault, fault, warning } from './faults.ts'
import { isTrue } from './fields.ts'
import type { Sound } from './shape.ts'
import type { WrittenEntry } from './schema.ts'

/** Only a new value can take the place of another PAT. */
export const replacedHaveNewValues: ConfigRule = each(({ kind, method, path, written }, draft) => {
  const faults: Fault[] = []
  if (draft.has([...path, 'revokeReplaced']) && !draft.has([...path, 'replaces'])) {
    const remedy = 'add replaces: with the ids of the PATs, or remove it'
    faults.push(fault([...path, 'revokeReplaced'], 'is not used without replaces', remedy, 'key'))
  }
  if (!draft.has([...path, 'replaces'])) return faults
  if (kind === 'rule') {
    const remedy = 'declare a token with a name for each organization, and write it there'
    faults.push(fault([...path, 'replaces'], 'is only for tokens with a name', remedy, 'key'))
  } else if (method === 'renew') {
    const text = 'is not used: method: renew makes no new value that could replace another PAT'
    faults.push(fault([...path, 'replaces'], text, 'write method: rotate, or remove replaces', 'key'))
  }
  return [...faults, ...repeated(draft, [...path, 'replaces'], written.replaces ?? [])]
})

/** A PAT has one owner, and only that account can end it. */
export const replacedAreOfOneAccount: ConfigRule = (draft) =>
  named(draft).flatMap(([first, ...others]) => {
    const account = accountOf(draft, first?.entry)
    return others.flatMap(({ entry, index }) => {
      const other = accountOf(draft, entry)
      if (first === undefined || account === undefined || other === undefined || other === account) return []
      const path = [...entry.path, 'replaces', index]
      const text = `${draft.shown(path)} is replaced by ${draft.label(first.entry.path)} of account ${account}, too, and a PAT has one owner`
      return [fault(path, text, 'name it only in entries of the account that owns it')]
    })
  })

/** A word of one entry alone does nothing. */
export const revocationIsAgreed: ConfigRule = (draft) =>
  named(draft).flatMap((entries) => {
    const agreed = entries.filter(({ entry }) => isTrue(entry.written.revokeReplaced, false))
    const silent = entries.find(({ entry }) => !agreed.some((one) => one.entry === entry))
    const [first] = agreed
    if (first === undefined || silent === undefined) return []
    const path = [...first.entry.path, 'revokeReplaced']
    const id = draft.shown([...first.entry.path, 'replaces', first.index])
    const text = `does not suffice: ${draft.label(silent.entry.path)} replaces ${id}, too, and does not say so`
    return [warning(path, text, 'write revokeReplaced: true there, too, or remove it here')]
  })

/** For each id, the entries that name it, in their order. */
function named(draft: Draft): readonly (readonly { readonly entry: DraftEntry; readonly index: number }[])[] {
  const places = draft.entries.flatMap((entry) =>
    (entry.written.replaces ?? []).flatMap((id, index) => (id === undefined ? [] : [{ id, entry, index }])),
  )
  return [...Map.groupBy(places, ({ id }) => id.toLowerCase()).values()]
}

function accountOf(draft: Draft, entry: DraftEntry | undefined): string | undefined {
  const account = entry === undefined ? 'absent' : inherited(draft, entry, 'account')
  return typeof account === 'string' ? undefined : account.value
}

/**
 * Tokens with what they replace, and with what others replace in their stead.
 *
 * @param written the entries of the tokens, in the same order
 */
export function withReplaced(
  written: readonly Pick<Sound<WrittenEntry>, 'replaces' | 'revokeReplaced'>[],
  tokens: readonly Token[],
): readonly Token[] {
  const ids = written.map(({ replaces = [] }) => replaces.flatMap((id) => (id === undefined ? [] : [id.toLowerCase()])))
  const all = new Set(ids.flat())
  if (all.size === 0) return tokens
  const replaced = new Map([...all].map((id) => [id, replacedOf(id, ids, written, tokens)]))
  return tokens.map((token, index) => {
    const own = ids[index] ?? []
    const byOthers = [...all].filter((id) => !own.includes(id))
    return {
      ...token,
      ...(own.length === 0 ? {} : { replaces: own.flatMap((id) => replaced.get(id) ?? []) }),
      ...(byOthers.length === 0 ? {} : { replacedByOthers: byOthers }),
    }
  })
}

function replacedOf(
  authorizationId: string,
  ids: readonly (readonly string[])[],
  written: readonly Pick<Sound<WrittenEntry>, 'revokeReplaced'>[],
  tokens: readonly Token[],
): Replaced {
  const names = (index: number): boolean => ids[index]?.includes(authorizationId) === true
  const successors = tokens.filter((_, index) => names(index))
  const owner = successors[0]?.owner
  return {
    authorizationId,
    successors,
    bystanders: tokens.filter((token, index) => !names(index) && token.place !== undefined && token.owner === owner),
    revoke: written.every(({ revokeReplaced }, index) => !names(index) || isTrue(revokeReplaced, false)),
  }
}
