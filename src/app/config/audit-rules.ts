import { findingNamed, findingKinds, findingNames } from '../../core/audit/finding-kind.ts'
import type { ConfigRule } from './draft.ts'
import { fault, type Path } from './faults.ts'
import { oneOf, suggestion } from './suggestions.ts'

/** Instants at the end of a day that was written as `2026-12-31`; undefined for the 31st of February. */
export function endOfDay(written: string): number | undefined {
  const start = Date.parse(`${written}T00:00:00Z`)
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== written) return undefined
  return start + 86_400_000
}

/** A waiver of a finding that does not exist would waive nothing. */
export const waiversNameFindings: ConfigRule = eachWaiver(({ finding }, path, draft) => {
  if (finding === undefined || findingNamed(finding) !== undefined) return []
  const at = [...path, 'finding']
  const near = suggestion(finding, [...findingNames, ...findingNames.map((name) => findingKinds[name].id)])
  const remedy = near === undefined ? `write ${oneOf(findingNames)}` : `did you mean ${near}?`
  return [fault(at, `${draft.shown(at)} is no finding`, remedy)]
})

/** A waiver for everything hides what nobody has seen yet. */
export const waiversAreNarrow: ConfigRule = eachWaiver((_, path, draft) => {
  if (['pat', 'displayName', 'owner', 'organization'].some((key) => draft.has([...path, key]))) return []
  const remedy = 'write pat:, displayName:, owner: or organization:, or turn the finding off under severities:'
  return [fault(path, 'does not say which PATs it is for', remedy)]
})

/** A waiver ends on a real day. */
export const waiversEnd: ConfigRule = eachWaiver(({ until }, path, draft) => {
  if (until === undefined || endOfDay(until) !== undefined) return []
  const at = [...path, 'until']
  return [fault(at, `${draft.shown(at)} is no day of the calendar`, 'write a date such as 2026-12-31')]
})

type Waivers = NonNullable<NonNullable<Parameters<ConfigRule>[0]['written']['audit']>['waivers']>

function eachWaiver(
  rule: (waiver: NonNullable<Waivers[number]>, path: Path, draft: Parameters<ConfigRule>[0]) => ReturnType<ConfigRule>,
): ConfigRule {
  return (draft) =>
    (draft.written.audit?.waivers ?? []).flatMap((waiver, index) =>
      waiver === undefined ? [] : rule(waiver, ['audit', 'waivers', index], draft),
    )
}
