import { findingKinds, findingNames, type Severity } from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import { visible, visibleLine } from '../../core/visible-text.ts'
import { cleanJson } from '../terminal.ts'
import { isoText } from '../time-text.ts'
import type { AuditReport, Since } from './audit-report.ts'

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}

/** GitHub shows these as critical, high, medium and low. */
const scores: Readonly<Record<Severity, string>> = { high: '8.0', medium: '5.0', low: '2.0', info: '0.0' }

/**
 * The audit as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). A PAT stands in no file,
 * so a result has a logical place, and the configuration as the file that a viewer can show beside it.
 */
export function* auditSarif({ audit, since, configFile }: AuditReport): Generator<string> {
  const rules = findingNames.map((name) => {
    const { id, title, severity, remedy, link } = findingKinds[name]
    return {
      id,
      name: name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
      shortDescription: { text: title },
      fullDescription: { text: `${title}. ${remedy}` },
      help: { text: `${remedy} ${link}` },
      helpUri: link,
      defaultConfiguration: { level: levels[severity] },
      properties: { tags: ['security'], 'security-severity': scores[severity] },
    }
  })
  const invocation = {
    executionSuccessful: audit.problems.length === 0,
    endTimeUtc: isoText(audit.auditedAt),
    toolExecutionNotifications: [...audit.problems, ...audit.limits.map((message) => ({ message }))].map(
      ({ message }) => ({ level: 'warning', message: { text: plain(message) } }),
    ),
  }
  const tool = { driver: { name: 'Patrol', informationUri: 'https://www.npmjs.com/package/azdo-patrol', rules } }
  yield `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":${JSON.stringify(tool)},\n`
  yield `"invocations":[${cleanJson(JSON.stringify(invocation))}],"columnKind":"utf16CodeUnits","results":[`
  let separator = '\n'
  for (const finding of audit.findings) {
    yield separator + cleanJson(JSON.stringify(resultOf(finding, since, configFile)))
    separator = ',\n'
  }
  yield '\n]}]}\n'
}

function resultOf(finding: Finding, since: Since | undefined, configFile: string | undefined): object {
  const { name, severity, fingerprint, displayName, owner, organizations, message, waiver, authorizationId } = finding
  const place = configFile === undefined ? {} : physicalPlace(configFile)
  return {
    ruleId: findingKinds[name].id,
    ruleIndex: findingNames.indexOf(name),
    level: levels[severity],
    message: { text: plain(`"${visibleLine(displayName)}" of ${owner}: ${message}`) },
    locations: [
      {
        ...place,
        logicalLocations: [
          {
            name: visibleLine(displayName),
            fullyQualifiedName: `${organizations.join('+')}/${owner}/${authorizationId}`,
            kind: 'resource',
          },
        ],
      },
    ],
    partialFingerprints: { 'patrolFinding/v1': fingerprint },
    ...(since === undefined ? {} : { baselineState: since.isNew(finding) ? 'new' : 'unchanged' }),
    ...(waiver === undefined
      ? {}
      : { suppressions: [{ kind: 'external', status: 'accepted', justification: waiver.reason }] }),
    properties: { authorizationId, owner, organizations, severity },
  }
}

function physicalPlace(file: string): object {
  const uri = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
  return { physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } } }
}

/** Brackets would make a link of what others named, and braces a placeholder: sections 3.11.5 and 3.11.6 of the standard. */
function plain(text: string): string {
  return visible(text)
    .replace(/[\\[\]]/g, String.raw`\$&`)
    .replace(/[{}]/g, '$&$&')
}
