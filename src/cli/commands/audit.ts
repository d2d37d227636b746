import { resolve } from 'node:path'
import { audit } from '../../app/audit/audit.ts'
import { PatrolError } from '../../core/errors.ts'
import type { Severity } from '../../core/audit/finding-kind.ts'
import type { AuditFormat } from '../audit/audit-format.ts'
import { type AuditReport, failuresOf } from '../audit/audit-report.ts'
import { auditText, summaryText } from '../audit/audit-text.ts'
import { type ConfigLessOptions, withWorld } from '../configured.ts'
import { exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { Command, Invocation } from '../invocation.ts'

export interface AuditOptions extends ConfigLessOptions {
  readonly organizationWide?: boolean
  readonly owners?: boolean
  readonly values?: boolean
  readonly check?: boolean
  readonly failOn?: Severity
  readonly since?: string
  readonly format?: AuditFormat
  readonly output?: string
  readonly resume?: string
}

/** Bad enough to fail a check, unless told otherwise. */
const builtInFailOn: Severity = 'high'

/** `patrol audit`: every active PAT, and what is wrong with it. Changes nothing. */
export const auditCommand: Command<AuditOptions> = async (invocation, options) => {
  const { io, speech } = invocation
  const format = formatOf(invocation, options)
  refuseIdle(options)
  // Before anything is asked for: a slip in a file name shall not cost the audit of five thousand users.
  const { readEarlier } = await import('../audit/earlier-audit.ts')
  const { limitsOfComparison, sinceThen } = await import('../audit/audit-since.ts')
  const { since: file } = options
  if (file !== undefined) io.saveMemory?.()
  const earlier = file === undefined ? undefined : await readEarlier(resolve(io.workingDirectory, file), file)
  const { demandPlace, writeReport } = await import('../../app/audit/report-file.ts')
  const output = options.output === undefined ? undefined : resolve(io.workingDirectory, options.output)
  if (output !== undefined) await demandPlace(output)
  return withWorld(invocation, options, async (wanted, open) => {
    const done = await audit(open, wanted, {
      everybody: options.organizationWide === true,
      owners: options.owners === true,
      values: options.values === true,
      progressFile: options.resume === undefined ? undefined : resolve(io.workingDirectory, options.resume),
    })
    const limits = earlier === undefined ? [] : limitsOfComparison(earlier, done)
    const report: AuditReport = {
      audit: { ...done, limits: [...done.limits, ...limits] },
      failOn: options.failOn ?? builtInFailOn,
      since: earlier === undefined ? undefined : sinceThen(earlier, done),
      configFile: wanted.file,
    }
    speech.quiet()
    if (output === undefined) await print(invocation, report, format)
    else {
      await writeReport(output, await textOf(invocation, report, format))
      speech.note(`wrote ${options.output}: ${summaryText(done.findings)}`)
    }
    const isChecked = options.check === true || options.failOn !== undefined
    return worst([
      isChecked && failuresOf(report).length > 0 ? exitCodes.pending : exitCodes.done,
      ...done.problems.map(({ code }) => exitCodeOf(code)),
    ])
  })
}

function formatOf({ options }: Invocation, { format }: AuditOptions): AuditFormat {
  if (!options.json || format === undefined || format === 'json') return options.json ? 'json' : (format ?? 'table')
  throw new PatrolError('usage', `--json and --format ${format} are two different things`, {
    remedy: 'Leave one of them out.',
  })
}

/** What would be ignored is refused. */
function refuseIdle({ organizationWide, owners, resume }: AuditOptions): void {
  const idle = owners === true ? '--owners' : resume === undefined ? undefined : '--resume'
  if (organizationWide === true || idle === undefined) return
  throw new PatrolError('usage', `${idle} goes with --organization-wide`, { remedy: `Add --organization-wide.` })
}

async function print({ io, pen }: Invocation, report: AuditReport, format: AuditFormat): Promise<void> {
  if (format === 'table') return io.stdout(auditText(io, pen, report))
  for (const part of joined(await piecesOf(format, report))) io.stdout(part)
}

/** For a file, where colours and the width of the terminal mean nothing. */
async function textOf({ io }: Invocation, report: AuditReport, format: AuditFormat): Promise<string> {
  if (format !== 'table') return [...(await piecesOf(format, report))].join('')
  return auditText({ ...io, columns: undefined }, { colour: (_, words) => words }, report)
}

/** A write for each line of a large report would cost more memory than the report. */
const partLength = 65_536

function* joined(pieces: Iterable<string>): Generator<string> {
  let part: string[] = []
  let length = 0
  for (const piece of pieces) {
    part.push(piece)
    length += piece.length
    if (length < partLength) continue
    yield part.join('')
    part = []
    length = 0
  }
  yield part.join('')
}

async function piecesOf(format: Exclude<AuditFormat, 'table'>, report: AuditReport): Promise<Iterable<string>> {
  switch (format) {
    case 'json':
      return (await import('../audit/audit-json.ts')).auditJson(report)
    case 'csv':
      return (await import('../audit/audit-csv.ts')).auditCsv(report)
    case 'sarif':
      return (await import('../audit/audit-sarif.ts')).auditSarif(report)
    case 'junit':
      return (await import('../audit/audit-junit.ts')).auditJunit(report)
    case 'html':
      return (await import('../audit/audit-html.ts')).auditHtml(report)
  }
}
