import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { compareAudits } from '../../core/audit/comparison.ts'
import { PatrolError } from '../../core/errors.ts'
import { instant } from '../../core/time.ts'
import type { Audit } from '../../app/audit/audit.ts'
import { type Since, toldPat } from './audit-report.ts'

const iso = z.iso.datetime().transform((text) => instant(Date.parse(text)))

/** What is compared of the JSON of an audit; whatever else stands there may be of a newer Patrol. */
const earlierSchema = z.object({
  version: z.literal(1),
  kind: z.literal('audit'),
  auditedAt: iso,
  scope: z.enum(['accounts', 'everybody']),
  complete: z.boolean(),
  pats: z.array(
    z.object({
      authorizationId: z.string(),
      displayName: z.string(),
      owner: z.string(),
      organizations: z.array(z.string()),
      scopes: z.array(z.string()),
      allOrganizations: z.boolean(),
      validTo: iso.optional(),
    }),
  ),
  findings: z.array(
    z.object({ fingerprint: z.string(), name: z.string(), displayName: z.string(), owner: z.string() }),
  ),
})

export type EarlierAudit = z.output<typeof earlierSchema>

/**
 * The audit that an earlier call wrote as JSON.
 *
 * @param path absolute
 * @param shown as the person named it
 * @throws PatrolError `usage` when it cannot be read, or is none
 */
export function readEarlier(path: string, shown: string): EarlierAudit {
  const refuse = (why: string, cause?: unknown): PatrolError =>
    new PatrolError('usage', `${shown} ${why}`, {
      remedy: 'Name a file that `patrol audit --json` wrote.',
      ...(cause === undefined ? {} : { cause }),
    })
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw refuse('is not JSON')
    throw refuse('cannot be read', thrown)
  }
  const read = earlierSchema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw refuse(`is not the JSON of an audit (${issue?.path.join('.') || 'the whole'}: ${issue?.message})`)
}

/**
 * Compares with an earlier audit.
 *
 * @throws PatrolError `usage` when one was of everybody and the other was not: half of it would look new, or gone
 */
export function sinceThen(earlier: EarlierAudit, audit: Audit): Since {
  if (earlier.scope !== audit.scope) {
    const [was, is] = [earlier, audit].map(({ scope }) => (scope === 'everybody' ? 'of everybody' : 'of own accounts'))
    throw new PatrolError('usage', `the earlier audit was ${was}, and this one is ${is}`, {
      remedy: 'Compare audits of one kind: with --organization-wide, or both without.',
    })
  }
  const later = { pats: audit.pats.map(toldPat), findings: audit.findings }
  const pats = earlier.pats.map((pat) => ({ ...pat, validTo: pat.validTo }))
  const comparison = compareAudits({ pats, findings: earlier.findings }, later)
  const fresh = new Set(comparison.newFindings.map(({ fingerprint }) => fingerprint))
  return { auditedAt: earlier.auditedAt, comparison, isNew: ({ fingerprint }) => fresh.has(fingerprint) }
}
