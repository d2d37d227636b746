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
