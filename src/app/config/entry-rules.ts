import { markLength, markOf } from '../../core/names.ts'
import { type ConfigRule, type DraftEntry, inherited, organizationsOf } from './draft.ts'
import { asMore, each, repeated } from './entry-loop.ts'
import { type Fault, fault, type Path, warning } from './faults.ts'
import { verifyFaults } from './verify-schema.ts'

/** An entry is a token or a rule. */
export const nameOrMatch: ConfigRule = each((entry, draft) => {
  if (entry.kind !== undefined) return []
  if (draft.has([...entry.path, 'name'])) {
    return [
      fault([...entry.path, 'match'], 'stands beside name', 'keep name for one token, or match for a rule', 'key'),
    ]
  }
  return [fault(entry.path, 'has neither name nor match', 'write name: for one token, or match: "*" for a rule')]
})

/** A name means one token. */
export const namesAreUnique: ConfigRule = (draft) => {
  const seen = new Set<string>()
  return draft.entries.flatMap((entry) => {
    const name = entry.written.name
    if (name === undefined) return []
    const again = seen.has(name)
    seen.add(name)
    const path = [...entry.path, 'name']
    return again ? [fault(path, `${draft.shown(path)} is the name of an earlier token, too`, 'write another name')] : []
  })
}

/** `revoke NAME|ID` must be able to tell them apart. */
export const namesAreNoIds: ConfigRule = each((entry, draft) => {
  const path = [...entry.path, 'name']
  if (entry.written.name === undefined || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(entry.written.name))
    return []
  return [
    fault(path, `${draft.shown(path)} has the form of a PAT's id`, 'write a name that says what the token is for'),
  ]
})

/** Keys that belong to one of the two kinds of entries. */
export const keysFitTheKind: ConfigRule = each((entry) => {
  const { path, written, kind } = entry
  if (kind === 'token' && written.organizations !== undefined) {
    const remedy = 'write organization: with one name; a token belongs to one, so declare one for each'
    return [fault([...path, 'organizations'], 'is only for rules', remedy, 'key')]
  }
  if (kind === 'rule' && written.displayName !== undefined) {
    const remedy = 'remove it: a rule takes the display names of the PATs that it covers'
    return [fault([...path, 'displayName'], 'is only for tokens with a name', remedy, 'key')]
  }
  return []
})

/** A rule's organizations are said once, each once. */
export const organizationsAreClear: ConfigRule = each((entry, draft) => {
  const faults: Fault[] = []
  if (entry.written.organizations === undefined) return faults
  if (draft.has([...entry.path, 'organization'])) {
    faults.push(fault([...entry.path, 'organization'], 'stands beside organizations', 'keep one of the two', 'key'))
  }
  return [...faults, ...repeated(draft, [...entry.path, 'organizations'], entry.written.organizations)]
})

/** Every entry has an organization. */
export const entriesHaveOrganizations: ConfigRule = (draft) => {
  const [first, ...others] = draft.entries.filter(
    (entry) => inherited(draft, entry, 'organization') === 'absent' && !draft.has([...entry.path, 'organizations']),
  )
  if (first === undefined) return []
  const text = `names no organization${asMore(others.length)}, and defaults.organization is missing`
  return [fault(first.path, text, 'write organization: with its name, here or under defaults')]
}

/** Patrol's own mark in a display name would be taken for one that it made. */
export const displayNamesAreUnmarked: ConfigRule = each((entry, draft) => {
  const path = [...entry.path, 'displayName']
  const displayName = entry.written.displayName
  if (displayName === undefined) return []
  if (markOf(displayName) === undefined && !displayName.includes(' (patrol ')) return []
  return [
    fault(
      path,
      `${draft.shown(path)} holds a mark of Patrol`,
      `remove " (patrol …)": Patrol adds the ${markLength} characters itself`,
    ),
  ]
})

/** People find a PAT by its name. */
export const displayNamesAreApart: ConfigRule = (draft) => {
  const seen = new Map<string, DraftEntry>()
  return draft.entries.flatMap((entry) => {
    const account = inherited(draft, entry, 'account')
    const organization = inherited(draft, entry, 'organization')
    const displayName = entry.written.displayName
    if (
      entry.kind !== 'token' ||
      displayName === undefined ||
      typeof account === 'string' ||
      typeof organization === 'string'
    )
      return []
    const key = [account.value, organization.value.toLowerCase(), displayName].join('\n')
    const earlier = seen.get(key)
    seen.set(key, earlier ?? entry)
    if (earlier === undefined) return []
    const path = [...entry.path, 'displayName']
    return [
      warning(
        path,
        `${draft.shown(path)} is the display name of ${draft.label(earlier.path)}, too`,
        'write another, so that people can tell the PATs apart',
      ),
    ]
  })
}

/** A rule behind one that covers the same PATs never covers any. */
export const rulesAreReached: ConfigRule = (draft) => {
  const earlier: {
    readonly match: string
    readonly account: string
    readonly organization: string
  }[] = []
  return draft.entries.flatMap((entry) => {
    const account = inherited(draft, entry, 'account')
    const match = entry.written.match
    const organizations = organizationsOf(draft, entry).map((organization) => organization.toLowerCase())
    if (entry.kind !== 'rule' || match === undefined || typeof account === 'string') return []
    const path: Path = [...entry.path, 'match']
    const before = earlier.filter((rule) => rule.account === account.value && organizations.includes(rule.organization))
    for (const organization of organizations) earlier.push({ match, account: account.value, organization })
    if (before.some((rule) => rule.match === match)) {
      return [
        fault(
          path,
          `${draft.shown(path)} is the pattern of an earlier rule of the same account and organization`,
          'write another pattern, or merge the two rules',
        ),
      ]
    }
    const all =
      organizations.length > 0 &&
      organizations.every((organization) =>
        before.some((rule) => rule.organization === organization && rule.match === '*'),
      )
    return all
      ? [
          warning(
            path,
            `${draft.shown(path)} is never reached: the rule "*" above covers every PAT`,
            'put the rule "*" last',
          ),
        ]
      : []
  })
}

/** A PAT is shown to nobody but Azure DevOps. */
export const verificationStaysHome: ConfigRule = each((entry, draft) =>
  verifyFaults(entry.written.verify, [...entry.path, 'verify'], draft),
)

/** A configuration that looks after nothing. */
export const somethingIsManaged: ConfigRule = (draft) =>
  draft.has(['tokens', 0]) || !draft.has(['tokens']) || draft.isFaulty(['tokens'])
    ? []
    : [warning(['tokens'], 'is empty: nothing is looked after', 'add an entry with name: or match:')]
