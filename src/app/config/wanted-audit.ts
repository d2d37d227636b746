import { type AuditRules, builtInAuditRules, type Policy, type Waiver } from '../../core/audit/audit-rules.ts'
import { findingNamed, type FindingName, findingNames, type Severity } from '../../core/audit/finding-kind.ts'
import { instant, parseDuration } from '../../core/time.ts'
import { endOfDay } from './audit-rules.ts'
import { isTrue } from './fields.ts'
import { present } from './present.ts'
import type { Written } from './schema.ts'

/** What the audit looks for, of a section without faults. */
export function auditOf(written: Written['audit']): AuditRules {
  const { longestLife, expiringWithin, severities, policies, waivers } = written ?? {}
  return {
    longestLife: parseDuration(longestLife ?? '') ?? builtInAuditRules.longestLife,
    expiringWithin: parseDuration(expiringWithin ?? '') ?? builtInAuditRules.expiringWithin,
    severities: new Map(
      findingNames.flatMap((name): (readonly [FindingName, Severity | 'off'])[] => {
        const severity = severities?.[name]
        return severity === undefined ? [] : [[name, severity]]
      }),
    ),
    policies: policiesOf(policies),
    waivers: (waivers ?? []).map(waiverOf),
  }
}

type WrittenAudit = NonNullable<Written['audit']>

function policiesOf(written: WrittenAudit['policies']): readonly Policy[] {
  const longest = parseDuration(written?.maximumLifespan ?? '')
  return [
    ...(longest === undefined ? [] : [{ kind: 'maximum-lifespan', longest } as const]),
    ...(isTrue(written?.noGlobalPats, false) ? [{ kind: 'no-global-pats' } as const] : []),
    ...(isTrue(written?.noFullScopePats, false) ? [{ kind: 'no-full-scope-pats' } as const] : []),
  ]
}

function waiverOf(written: NonNullable<WrittenAudit['waivers']>[number], index: number): Waiver {
  const path = ['audit', 'waivers', index]
  const { finding, pat, displayName, owner, organization, reason, until } = written
  return {
    finding: present(findingNamed(finding), path),
    pat: pat?.toLowerCase(),
    displayName,
    owner: owner?.toLowerCase(),
    organization,
    reason,
    endsAt: instant(present(endOfDay(until), path)),
  }
}
