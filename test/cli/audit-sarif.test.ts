import { expect, test } from 'vitest'
import type { Audit } from '../../src/app/audit/audit.ts'
import { auditSarif } from '../../src/cli/audit/audit-sarif.ts'
import { start } from '../support/builders.ts'

test('what others said makes neither a link nor a placeholder of a viewer', () => {
  const message = String.raw`the service says [click](https://evil.example) {0} \n`
  const audit: Audit = {
    auditedAt: start,
    scope: 'accounts',
    organizations: ['contoso'],
    administered: [],
    pats: [],
    findings: [],
    idleWaivers: [],
    problems: [{ token: 'feed', code: 'service-unavailable', message, remedy: 'Try again.' }],
    limits: [],
  }
  const text = [...auditSarif({ audit, failOn: 'high', since: undefined, configFile: undefined })].join('')
  const [notification] = JSON.parse(text).runs[0].invocations[0].toolExecutionNotifications
  expect(notification.message.text).toBe(String.raw`the service says \[click\](https://evil.example) {{0}} \\n`)
})

test('a name that hides something is seen to, and cannot be taken for another', () => {
  const audit: Audit = {
    auditedAt: start,
    scope: 'accounts',
    organizations: ['contoso'],
    administered: [],
    pats: [],
    findings: [
      {
        name: 'global',
        severity: 'high',
        fingerprint: 'PATROL001/one',
        authorizationId: 'one',
        displayName: 'CI\u202E (ofni)\n##vso[task.complete]',
        owner: 'ann@contoso.example',
        organizations: ['contoso'],
        message: 'it works everywhere',
        waiver: undefined,
      },
    ],
    idleWaivers: [],
    problems: [],
    limits: [],
  }
  const text = [...auditSarif({ audit, failOn: 'high', since: undefined, configFile: undefined })].join('')
  expect(text).not.toMatch(/\u202E|##vso/)
  const [result] = JSON.parse(text).runs[0].results
  expect(result.message.text).toContain('"CI<U+202E> (ofni)<U+000A>##vso')
  expect(result.locations[0].logicalLocations[0].name).toBe('CI<U+202E> (ofni)<U+000A>##vso[task.complete]')
})
