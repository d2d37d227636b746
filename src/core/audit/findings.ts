import { markOf, matchesGlob } from '../names.ts'
import { fullScope } from '../scopes.ts'
import { shortfallText } from '../ceiling.ts'
import { scopesBeyond } from '../scope-inclusion.ts'
import { worksUntil } from '../succession.ts'
import { between, day, type Duration, formatDuration, type Instant, roughDuration } from '../time.ts'
import { type AuditRules, type GrantedLife, isCut, type Policy, type SeenPolicy, type Waiver } from './audit-rules.ts'
import type { AuditedPat, DeadReference } from './audited-pat.ts'
import { findingKinds, type FindingName, severities, type Severity } from './finding-kind.ts'
import { isForPrograms } from './program-scopes.ts'

export interface Finding {
  readonly name: FindingName
  readonly severity: Severity
  /** The same for the same finding of the same PAT in every audit. */
  readonly fingerprint: string
  readonly authorizationId: string
  readonly displayName: string
  readonly owner: string
  readonly organizations: readonly string[]
  /** What was seen. */
  readonly message: string
  /** What accepts it for now. */
  readonly waiver: Waiver | undefined
}

/** Everything besides the PATs that findings hang on. */
export interface Circumstances {
  readonly now: Instant
  readonly rules: AuditRules
  readonly policies: readonly SeenPolicy[]
  /** What was granted to the tokens that were looked at. */
  readonly grants: readonly GrantedLife[]
  readonly deadReferences: readonly DeadReference[]
  /** The authorizationIds of PATs whose value is known to be of the old form. */
  readonly oldFormats: ReadonlySet<string>
}

type Seen = readonly [name: FindingName, message: string, detail?: string]

type Check = (audited: AuditedPat, circumstances: Circumstances) => readonly Seen[]

/**
 * What is wrong with these PATs, the worst first. The order does not hang on that of the PATs.
 *
 * @param audited each PAT once
 */
export function findingsOf(audited: readonly AuditedPat[], circumstances: Circumstances): readonly Finding[] {
  const { rules, now } = circumstances
  const found: Finding[] = []
  const add = (subject: Subject, [name, message, detail]: Seen): void => {
    const severity = rules.severities.get(name) ?? findingKinds[name].severity
    if (severity === 'off') return
    const parts = [findingKinds[name].id, subject.authorizationId, ...(detail === undefined ? [] : [detail])]
    const waiver = rules.waivers.find((one) => one.endsAt > now && waives(one, name, subject))
    found.push({ name, severity, fingerprint: parts.join('/'), ...subject, message, waiver })
  }
  const newest = newestOfAlike(audited)
  for (const one of audited) {
    const subject = subjectOf(one)
    for (const check of checks) for (const seen of check(one, circumstances)) add(subject, seen)
    const newer = newest.get(one.pat.authorizationId)
    if (newer !== undefined)
      add(subject, ['duplicate', `${newer} has the same name, owner, scopes and organizations, and is newer`])
  }
  for (const {
    authorizationId,
    displayName,
    owner,
    organization,
    token,
    place,
    why,
    validTo,
  } of circumstances.deadReferences) {
    const what = why === 'expired' ? `ended ${roughDuration(between(validTo, now))} ago` : 'is not active any more'
    const message = `store ${place.store} hands it out as ${place.secretName} for token ${token}, and it ${what}`
    add({ authorizationId, displayName, owner, organizations: [organization] }, ['expired-referenced', message])
  }
  return found.sort(inOrder)
}

type Subject = Pick<Finding, 'authorizationId' | 'displayName' | 'owner' | 'organizations'>

function subjectOf({ pat, owner, organizations }: AuditedPat): Subject {
  return { authorizationId: pat.authorizationId, displayName: pat.displayName, owner: owner.user, organizations }
}

/** In the order of the ids. Duplicates need all PATs at once, and dead references are no active ones. */
const checks: readonly Check[] = [
  isGlobal,
  hasFullScope,
  isBroaderThanDeclared,
  isLongLived,
  expiresUnmanaged,
  isNeverManaged,
  isOfOldFormat,
  violatesPolicies,
  ownerIsDisabled,
  isOrphan,
  needsNoPat,
  hasUnknownExpiry,
  livesShorterThanDeclared,
]

function isGlobal({ pat }: AuditedPat): readonly Seen[] {
  return pat.allOrganizations ? [['global', 'it works in every organization that its owner can reach']] : []
}

function hasFullScope({ pat }: AuditedPat): readonly Seen[] {
  return pat.scopes.includes(fullScope) ? [['full-scope', `its scope is ${fullScope}`]] : []
}

function isBroaderThanDeclared({ pat, care }: AuditedPat): readonly Seen[] {
  if (care.kind !== 'token' || care.declared === undefined) return []
  const beyond = scopesBeyond(pat.scopes, care.declared)
  if (beyond.length === 0) return []
  return [['broader-than-declared', `it has ${beyond.join(' ')}, which token ${care.token} does not declare`]]
}

function isLongLived({ pat }: AuditedPat, { rules }: Circumstances): readonly Seen[] {
  const life = lifeOf(pat)
  if (life === undefined || life <= rules.longestLife) return []
  return [
    [
      'long-lived',
      `it works for ${roughDuration(life)} from its creation, longer than ${formatDuration(rules.longestLife)}`,
    ],
  ]
}

function expiresUnmanaged({ pat, care }: AuditedPat, { rules, now }: Circumstances): readonly Seen[] {
  const end = worksUntil(pat)
  if (care.kind !== 'nobody' || end === undefined) return []
  const left = between(now, end)
  if (left > rules.expiringWithin) return []
  const when = left < 0 ? 'it has ended' : `it ends in ${roughDuration(left)}`
  return [['expiring-unmanaged', end === pat.validTo ? when : `${when}, with all PATs for all organizations`]]
}

function isNeverManaged({ care }: AuditedPat): readonly Seen[] {
  return care.kind === 'nobody' ? [['never-managed', 'no entry covers it, and no Patrol made it']] : []
}

function isOfOldFormat({ pat }: AuditedPat, { oldFormats }: Circumstances): readonly Seen[] {
  return oldFormats.has(pat.authorizationId) ? [['old-format', 'the value in the store has 52 characters']] : []
}

function violatesPolicies(audited: AuditedPat, { rules, policies }: Circumstances): readonly Seen[] {
  const stated = rules.policies.map((policy): SeenPolicy => {
    return { policy, account: undefined, evidence: 'the configuration says so' }
  })
  const held = [...stated, ...policies].filter(({ account }) => account === undefined || account === audited.account)
  const told = new Map<Policy['kind'], Seen>()
  for (const { policy, evidence } of held) {
    const violation = violationOf(audited, policy)
    if (violation === undefined || told.has(policy.kind)) continue
    told.set(policy.kind, ['policy-violated', `${violation} (${evidence})`, policy.kind])
  }
  return [...told.values()]
}

function violationOf({ pat }: AuditedPat, policy: Policy): string | undefined {
  switch (policy.kind) {
    case 'maximum-lifespan': {
      const life = lifeOf(pat)
      // What the service grants is a little more or less than what it allows.
      if (life === undefined || life <= policy.longest + day) return undefined
      return `a life of ${roughDuration(life)} is longer than the ${roughDuration(policy.longest)} that maximum-lifespan allows`
    }
    case 'no-global-pats':
      return pat.allOrganizations ? 'PATs for all organizations are forbidden by no-global-pats' : undefined
    case 'no-full-scope-pats':
      return pat.scopes.includes(fullScope) ? 'PATs of full scope are forbidden by no-full-scope-pats' : undefined
  }
}

function ownerIsDisabled({ owner }: AuditedPat): readonly Seen[] {
  if (owner.state === 'deleted') return [['owner-disabled', `${owner.user} is deleted in Microsoft Entra`]]
  return owner.state === 'inactive' ? [['owner-disabled', `${owner.user} is not an active member`]] : []
}

function isOrphan({ care }: AuditedPat): readonly Seen[] {
  if (care.kind !== 'token' || care.role !== 'orphan') return []
  return [['orphan', `it was created for token ${care.token}, and no version of its secret holds it`]]
}

/** Only PATs of accounts that the configuration names: what people use their own for, nobody can tell from outside. */
function needsNoPat({ account, pat, care }: AuditedPat): readonly Seen[] {
  if (account === undefined || !isForPrograms(pat.scopes)) return []
  if (care.kind === 'token' && care.role !== 'current') return []
  const message = `all that ${pat.scopes.join(' ')} reaches, a service principal can be permitted to reach`
  return [['no-pat-needed', message]]
}

function hasUnknownExpiry({ pat }: AuditedPat): readonly Seen[] {
  return pat.validTo === undefined ? [['expiry-unknown', 'the service gave no date that can be read']] : []
}

/** Its schedule follows the grant, and yet the declared lifetime is never reached: somebody counts on what is not so. */
function livesShorterThanDeclared({ pat }: AuditedPat, { grants }: Circumstances): readonly Seen[] {
  const grant = grants.find((one) => one.pat === pat.authorizationId && one.isMissed && isCut(one))
  if (grant === undefined) return []
  const message = `that of token ${grant.token} ${shortfallText(grant)} (maximum-lifespan)`
  return [['shorter-than-declared', message]]
}

/** For every PAT of which there is a newer one like it, that one's id. Marked ones are generations of one token. */
function newestOfAlike(audited: readonly AuditedPat[]): ReadonlyMap<string, string> {
  const newest = new Map<string, AuditedPat>()
  const keyOf = ({ pat, owner, organizations }: AuditedPat): string =>
    [
      owner.user,
      pat.displayName.trim().toLowerCase(),
      pat.scopes.join(' '),
      pat.allOrganizations ? '*' : organizations.join(' '),
    ].join('\n')
  const unmarked = audited.filter(({ pat }) => markOf(pat.displayName) === undefined)
  for (const one of unmarked) {
    const key = keyOf(one)
    const known = newest.get(key)
    if (known === undefined || isNewer(one, known)) newest.set(key, one)
  }
  const newer = new Map<string, string>()
  for (const one of unmarked) {
    const first = newest.get(keyOf(one))
    if (first !== undefined && first !== one) newer.set(one.pat.authorizationId, first.pat.authorizationId)
  }
  return newer
}

function isNewer({ pat: left }: AuditedPat, { pat: right }: AuditedPat): boolean {
  if (left.validFrom !== right.validFrom) return left.validFrom > right.validFrom
  return left.authorizationId > right.authorizationId
}

function waives(waiver: Waiver, name: FindingName, subject: Subject): boolean {
  const { pat, displayName, owner, organization } = waiver
  return (
    waiver.finding === name &&
    (pat === undefined || pat === subject.authorizationId) &&
    (displayName === undefined || matchesGlob(displayName, subject.displayName)) &&
    (owner === undefined || matchesGlob(owner, subject.owner)) &&
    (organization === undefined ||
      subject.organizations.every((one) => one.toLowerCase() === organization.toLowerCase()))
  )
}

function lifeOf({ validFrom, validTo }: AuditedPat['pat']): Duration | undefined {
  return validTo === undefined ? undefined : between(validFrom, validTo)
}

function inOrder(left: Finding, right: Finding): number {
  return (
    severities.indexOf(right.severity) - severities.indexOf(left.severity) ||
    byText(findingKinds[left.name].id, findingKinds[right.name].id) ||
    byText(left.owner, right.owner) ||
    byText(left.displayName, right.displayName) ||
    byText(left.fingerprint, right.fingerprint)
  )
}

function byText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1
}
