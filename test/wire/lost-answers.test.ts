import { describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { Estate } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

const kept = `tokens:
  - name: package-feed
    method: renew
    store: vault
    scopes:
      - vso.packaging_write
`

/** A request that changes something, and a run that is about to send it. */
interface Change {
  readonly request: Pick<FaultRule, 'service' | 'method'>
  readonly prepare: () => Promise<Estate>
}

async function established(tokens?: string): Promise<Estate> {
  const estate = await Estate.open(tokens === undefined ? {} : { tokens })
  await estate.run('apply')
  estate.emulator.travel(21 * day)
  return estate
}

async function inOverlap(): Promise<Estate> {
  const estate = await established()
  await estate.run('apply')
  estate.emulator.travel(2 * day + hour)
  return estate
}

const changes: Readonly<Record<string, Change>> = {
  'the first mint': { request: { service: 'pats', method: 'POST' }, prepare: () => Estate.open() },
  'a later mint': { request: { service: 'pats', method: 'POST' }, prepare: () => established() },
  'the first store': { request: { service: 'vault', method: 'PUT' }, prepare: () => Estate.open() },
  'a later store': { request: { service: 'vault', method: 'PUT' }, prepare: () => established() },
  'an extension': { request: { service: 'pats', method: 'PUT' }, prepare: () => established(kept) },
  'the note of an extension': { request: { service: 'vault', method: 'PATCH' }, prepare: () => established(kept) },
  'the end of an old version': { request: { service: 'vault', method: 'PATCH' }, prepare: inOverlap },
  'a revocation': { request: { service: 'pats', method: 'DELETE' }, prepare: inOverlap },
}

const fates: Readonly<Record<string, FaultRule['effect']>> = {
  'is cut off before it arrives': 'drop',
  'takes effect and the answer is lost': 'answer-lost',
  'takes effect and half of the answer is lost': 'truncated',
  'fails with 500': { kind: 'status', status: 500 },
  'takes effect and fails with 500': { kind: 'status', status: 500, after: true },
  'fails with 503': { kind: 'status', status: 503 },
  'takes effect and fails with 504': { kind: 'status', status: 504, after: true },
  'is turned away for its rate': { kind: 'throttle-429', retryAfter: 3 },
  'is turned away for its rate without a word on when to return': 'throttle-429',
  'succeeds and the next one is to wait': { kind: 'retry-after-200', seconds: 20 },
}

describe.each(Object.entries(changes))('%s', (_, { request, prepare }) => {
  test.each(Object.entries(fates))('that %s leaves nothing behind', async (__, effect) => {
    const estate = await prepare()
    const fault = estate.emulator.fault({ ...request, effect })
    const report = await estate.run('apply --json')
    expect(fault.fired()).toBe(1)
    expect(report).toMatchObject({ code: 0, json: { summary: { failed: 0 } } })
    expect(await estate.hands('package-feed')).toBe(true)
    // No PAT whose value nobody has is left to be collected later, either.
    const values = new Set(estate.emulator.vault('contoso').secrets['package-feed']?.versions.map(({ value }) => value))
    expect(estate.active().every(({ value }) => values.has(value))).toBe(true)
    await estate.converge()
    expect(estate.cutOff(2 * day)).toEqual([])
    await estate.stop()
  })

  test('that fails for as long as the run lasts is named, and the next run completes it', async () => {
    const estate = await prepare()
    const fault = estate.emulator.fault({
      ...request,
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'status', status: 500 },
    })
    const before = estate.active().length
    const report = await estate.run('apply --json')
    expect(report.code).toBe(1)
    const failed = report.json.results.find(({ status }: { status: string }) => status === 'failed')
    expect(failed.error).toMatchObject({ code: expect.stringMatching(/^(?:service-unavailable|store-unreachable)$/) })
    expect(before === 0 || (await estate.hands('package-feed'))).toBe(true)
    fault.cancel()
    await estate.converge()
    expect(await estate.hands('package-feed')).toBe(true)
    expect(estate.cutOff(2 * day)).toEqual([])
    await estate.stop()
  })
})
