import { AuditJournal } from '../../adapters/audit-journal.ts'
import { seenLifespans, type Waiver } from '../../core/audit/audit-rules.ts'
import { type AuditedPat, merged } from '../../core/audit/audited-pat.ts'
import { type Finding, findingsOf } from '../../core/audit/findings.ts'
import { PatrolError, type Problem } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { worksUntil } from '../../core/succession.ts'
import type { Instant } from '../../core/time.ts'
import type { OpenWorld } from '../compose.ts'
import type { Wanted } from '../config/wanted.ts'
import { type Realm, surveyEverybody } from './everybody.ts'
import { surveyOwn } from './own-pats.ts'

export interface AuditOrder {
  /** Everybody's PATs, with the rights of an administrator; else those of the configured accounts. */
  readonly everybody: boolean
  /** Also whether the owners are active members. */
  readonly owners: boolean
  /** Also the form of the values that stores hand out. */
  readonly values: boolean
  /** Absolute path of the file with the progress; undefined: an interrupted audit begins anew. */
  readonly progressFile: string | undefined
}

export interface IdleWaiver {
  readonly waiver: Waiver
  readonly why: 'ended' | 'unused'
}

/** What an audit saw and found. It holds no secret. */
export interface Audit {
  readonly auditedAt: Instant
  readonly scope: 'accounts' | 'everybody'
  readonly organizations: readonly string[]
  /** Those of them in which everybody was looked at. */
  readonly administered: readonly string[]
  /** The soonest to end first. */
  readonly pats: readonly AuditedPat[]
  readonly findings: readonly Finding[]
  /** Waivers that ended, or that waived nothing. */
  readonly idleWaivers: readonly IdleWaiver[]
  /** What could not be looked at: the audit is not complete. */
  readonly problems: readonly Problem[]
  /** How far it could be looked at all. */
  readonly limits: readonly string[]
}

/**
 * Looks at PATs and tells what is wrong with them. Nothing is changed anywhere.
 *
 * @throws PatrolError `interrupted`, and `usage` for a file of progress that is none
 */
export async function audit(open: OpenWorld, wanted: Wanted, order: AuditOrder): Promise<Audit> {
  const { world } = open
  const own = await surveyOwn(open, wanted, order)
  if (world.stopping()) throw new PatrolError('interrupted', 'the audit was interrupted')
  const everybody = order.everybody ? await everybodyOf(open, wanted, order) : undefined
  const now = world.clock.now()
  const pats = merged([...own.audited, ...(everybody?.audited ?? [])]).toSorted(bySoonestEnd)
  const findings = findingsOf(pats, {
    now,
    rules: wanted.audit,
    policies: seenLifespans(own.grants),
    grants: own.grants,
    deadReferences: own.deadReferences,
    oldFormats: own.oldFormats,
  })
  const used = new Set(findings.map(({ waiver }) => waiver))
  return {
    auditedAt: now,
    scope: order.everybody ? 'everybody' : 'accounts',
    organizations: [...new Set([...own.organizations, ...(everybody?.administered ?? [])])].sort(),
    administered: everybody?.administered ?? [],
    pats,
    findings,
    idleWaivers: wanted.audit.waivers.flatMap((waiver): readonly IdleWaiver[] => {
      if (waiver.endsAt <= now) return [{ waiver, why: 'ended' }]
      return used.has(waiver) ? [] : [{ waiver, why: 'unused' }]
    }),
    // What others said stands in them, and reports have many forms.
    problems: [...own.problems, ...(everybody?.problems ?? [])].map((problem) => {
      return { ...problem, message: Secret.redact(problem.message) }
    }),
    limits: own.limits.map((limit) => Secret.redact(limit)),
  }
}

async function everybodyOf({ world, administrations }: OpenWorld, wanted: Wanted, order: AuditOrder) {
  const realms = realmsOf(wanted, administrations)
  const subject = [...realms.map(({ organization }) => organization), order.owners ? 'with owners' : ''].join(' ')
  const { progressFile } = order
  const journal =
    progressFile === undefined ? undefined : await AuditJournal.open(progressFile, subject, world.clock.now())
  let isComplete = false
  try {
    const survey = await surveyEverybody(world, realms, { owners: order.owners, journal })
    isComplete = survey.problems.length === 0
    return survey
  } finally {
    await (isComplete ? journal?.remove() : journal?.close())
  }
}

/** Each organization once, with the first account that names it. */
function realmsOf(wanted: Wanted, administrations: OpenWorld['administrations']): readonly Realm[] {
  const realms = new Map<string, Realm>()
  for (const { name, organizations } of wanted.accounts.values()) {
    const administration = administrations.get(name)
    for (const organization of administration === undefined ? [] : organizations) {
      const key = organization.toLowerCase()
      if (administration !== undefined && !realms.has(key)) {
        realms.set(key, { organization, account: name, administration })
      }
    }
  }
  if (realms.size > 0) return [...realms.values()]
  throw new PatrolError('usage', 'no organization is named', {
    remedy: 'Name one under defaults or in an entry of tokens.',
  })
}

function bySoonestEnd({ pat: left }: AuditedPat, { pat: right }: AuditedPat): number {
  const [one, other] = [worksUntil(left) ?? 0, worksUntil(right) ?? 0]
  if (one !== other) return one - other
  return left.authorizationId < right.authorizationId ? -1 : 1
}
