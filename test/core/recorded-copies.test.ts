import { expect, test } from 'vitest'
import { recordedCopies } from '../../src/core/recorded-copies.ts'
import { aVersion, onDay } from '../support/builders.ts'

const delivery = (target: string, day: number | undefined) => {
  const at = day === undefined ? undefined : onDay(day)
  return { target, deliveredAt: at, beganAt: at, failures: day === undefined ? 1 : 0, nextAttemptAt: undefined }
}

test('every target of any version counts, with its youngest success', () => {
  const current = aVersion(
    { generation: 'third', deliveries: [delivery('both', 9), delivery('failing', undefined)] },
    { id: 'v3', createdAt: onDay(9) },
  )
  const older = aVersion(
    { generation: 'second', deliveries: [delivery('both', 5), delivery('failing', 6), delivery('dropped', 5)] },
    { id: 'v2', createdAt: onDay(5) },
  )
  const oldest = aVersion(
    { generation: 'first', deliveries: [delivery('dropped', 1), delivery('never', undefined)] },
    { id: 'v1', createdAt: onDay(1) },
  )
  const foreign = { id: 'v0', createdAt: onDay(0), enabled: true, reading: { kind: 'foreign' as const } }
  expect(recordedCopies([oldest, foreign, current, older])).toEqual([
    { target: 'both', generation: 'third', receipt: undefined, deliveredAt: onDay(9) },
    { target: 'failing', generation: 'second', receipt: undefined, deliveredAt: onDay(6) },
    { target: 'dropped', generation: 'second', receipt: undefined, deliveredAt: onDay(5) },
    { target: 'never', generation: 'first', receipt: undefined, deliveredAt: undefined },
  ])
})
