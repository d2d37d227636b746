import type { AuditedPat } from '../../core/audit/audited-pat.ts'
import type { ToldPat } from '../../core/audit/comparison.ts'
import type { Finding } from '../../core/audit/findings.ts'
import { Secret } from '../../core/secret.ts'
import { type Instant, instant } from '../../core/time.ts'
import { problemJson } from '../json.ts'
import { cleanJson } from '../terminal.ts'
import { isoText } from '../time-text.ts'
import { type AuditReport, caretakerOf, kindsFor, type Since, tallyOf } from './audit-report.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The audit as one JSON document, version 1: fields may be added, none is removed or changes its meaning. It comes in
 * pieces, a line for each PAT and each finding, so that a large one needs no memory of its own.
 */
export function* auditJson({ audit, since }: AuditReport): Generator<string> {
  const { findings, pats } = audit
  const head = {
    version: 1,
    kind: 'audit',
    auditedAt: isoText(audit.auditedAt),
    scope: audit.scope,
    organizations: audit.organizations,
    ...(audit.scope === 'everybody' ? { administered: audit.administered } : {}),
    complete: audit.problems.length === 0,
    summary: {
      pats: pats.length,
      owners: new Set(pats.map(({ owner }) => owner.user)).size,
      findings: tallyOf(findings),
    },
    rules: kindsFor(findings.map(({ name }) => name)),
  }
  yield cleanJson(JSON.stringify(head, undefined, 2).replace(/\n\}$/, ',\n'))
  yield* listed('pats', pats, patJson)
  yield* listed('findings', findings, (finding) => findingJson(finding, since))
  if (since !== undefined) yield* sinceJson(since)
  const rest = {
    waivers: audit.idleWaivers.map(({ waiver, why }) => ({
      finding: waiver.finding,
      reason: waiver.reason,
      until: lastDay(waiver.endsAt),
      state: why,
    })),
    limits: audit.limits,
    problems: audit.problems.map(problemJson),
  }
  yield cleanJson(`${Secret.redact(JSON.stringify(rest, undefined, 2)).replace(/^\{\n/, '')}\n`)
}

/** The last day of a waiver, as it is written. */
export function lastDay(endsAt: Instant): string {
  return isoText(instant(endsAt - 1)).slice(0, 10)
}

function* listed<Item>(key: string, items: readonly Item[], shape: (item: Item) => Json): Generator<string> {
  yield `  "${key}": [`
  let separator = '\n'
  for (const item of items) {
    yield `${separator}    ${cleanJson(JSON.stringify(shape(item)))}`
    separator = ',\n'
  }
  yield items.length === 0 ? '],\n' : '\n  ],\n'
}

function patJson({ pat, owner, account, organizations, care }: AuditedPat): Json {
  const managedBy = caretakerOf(care)
  return {
    authorizationId: pat.authorizationId,
    displayName: pat.displayName,
    owner: owner.user,
    ...(owner.state === 'unknown' ? {} : { ownerState: owner.state }),
    ...(account === undefined ? {} : { account }),
    organizations,
    scopes: pat.scopes,
    validFrom: isoText(pat.validFrom),
    ...(pat.validTo === undefined ? {} : { validTo: isoText(pat.validTo) }),
    allOrganizations: pat.allOrganizations,
    ...(managedBy === undefined ? {} : { managedBy }),
  }
}

function findingJson(finding: Finding, since: Since | undefined): Json {
  const { name, severity, fingerprint, authorizationId, displayName, owner, organizations, message, waiver } = finding
  return {
    name,
    severity,
    fingerprint,
    authorizationId,
    displayName,
    owner,
    organizations,
    message,
    ...(since === undefined ? {} : { new: since.isNew(finding) }),
    ...(waiver === undefined ? {} : { waiver: { reason: waiver.reason, until: lastDay(waiver.endsAt) } }),
  }
}

function* sinceJson({ auditedAt, comparison }: Since): Generator<string> {
  const { newPats, gonePats, extended, changed, newFindings, goneFindings } = comparison
  const short = ({ authorizationId, displayName, owner, validTo }: ToldPat): Json => ({
    authorizationId,
    displayName,
    owner,
    ...(validTo === undefined ? {} : { validTo: isoText(validTo) }),
  })
  const body = {
    auditedAt: isoText(auditedAt),
    newPats: newPats.map(short),
    gonePats: gonePats.map(short),
    extended: extended.map(({ pat, from }) => ({ ...short(pat), from: isoText(from) })),
    changed: changed.map(({ pat, what }) => ({ ...short(pat), what })),
    newFindings: newFindings.map(({ fingerprint }) => fingerprint),
    goneFindings: goneFindings.map(({ fingerprint, name, displayName, owner }) => {
      return { fingerprint, name, displayName, owner }
    }),
  }
  yield `  "since": ${cleanJson(JSON.stringify(body, undefined, 2)).replaceAll('\n', '\n  ')},\n`
}
