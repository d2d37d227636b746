import { afterEach, expect, test } from 'vitest'
import { findingNames } from '../../src/core/audit/finding-kind.ts'
import { openAuditEstate } from '../support/audit-estate.ts'
import type { Estate } from '../support/estate.ts'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

test('every finding is found', async () => {
  estate = await openAuditEstate()
  const json = await estate.run('audit --organization-wide --values --json')
  expect(new Set(json.json.findings.map((f: { name: string }) => f.name))).toEqual(
    // No service of ours can give a date that cannot be read.
    new Set(findingNames.filter((name) => name !== 'expiry-unknown')),
  )
}, 60_000)
