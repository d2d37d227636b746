import type { Migration } from '../core/migration.ts'
import type { Instant } from '../core/time.ts'
import { deadlineText } from './global-pats.ts'
import type { Io } from './io.ts'
import { clean, cleanName, count, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { isoText, whenFitting } from './time-text.ts'

/** The PATs for all organizations, what would take their place, and what people have to answer. */
export function migrationsText(io: Io, pen: Pen, migrations: readonly Migration[], now: Instant): string {
  if (migrations.length === 0) return 'no PATs for all organizations\n'
  const rows = migrations.map(({ account, pat, entries, declared }): readonly string[] => [
    cleanName(pat.displayName),
    clean(account),
    pat.authorizationId,
    pat.validTo === undefined ? 'without a known end' : `expires ${whenFitting(io.columns, pat.validTo, now)}`,
    successorsText(entries.length, declared.length),
  ])
  const asked = migrations.flatMap(({ pat, questions }) =>
    questions.map((question): readonly string[] => [cleanName(pat.displayName), clean(question)]),
  )
  return [
    `${count(migrations.length, 'PAT')} for all organizations; they stop ${deadlineText(now)}\n\n`,
    table(rows, io.columns),
    ...(asked.length === 0 ? [] : [`\n${pen.colour('bold', 'questions for people')}\n`, table(asked, io.columns)]),
  ].join('')
}

function successorsText(proposed: number, declared: number): string {
  const there = declared === 0 ? [] : [`${count(declared, 'successor')} declared`]
  const fresh = proposed === 0 ? [] : [`${proposed} proposed`]
  return [...there, ...fresh].join(', ') || 'no successor proposed'
}

export function migrationJson({ account, pat, entries, declared, questions }: Migration): object {
  return {
    authorizationId: pat.authorizationId,
    displayName: pat.displayName,
    account,
    scopes: pat.scopes,
    validTo: pat.validTo === undefined ? null : isoText(pat.validTo),
    entries: entries.map(({ displayName, ...entry }) => ({
      ...entry,
      ...(displayName === undefined ? {} : { displayName }),
    })),
    declared,
    questions,
  }
}
