import { afterEach, describe, expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'

const minute = 60_000
const day = 24 * 60 * minute

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

describe.each([7, -7])('a clock that is off by %i minutes', (minutes) => {
  test('is corrected and warned of: tokens live as long as they should, and nothing is due too early', async () => {
    estate = await Estate.open()
    const first = await estate.start('apply --json', { clockAhead: minutes * minute }).ended
    expect(first).toMatchObject({ code: 0, json: { summary: { done: 1 } } })
    expect(first.stderr).toContain(`clock is 7m ${minutes > 0 ? 'ahead of' : 'behind'} the services' clocks`)
    const [pat] = estate.active()
    expect(Math.abs((pat?.validTo ?? 0) - (pat?.validFrom ?? 0) - 30 * day)).toBeLessThan(5_000)
    const status = await estate.run('status --json', { clockAhead: minutes * minute })
    estate.emulator.travel(Date.parse(status.json.tokens[0].dueAt) - estate.emulator.now() - minute)
    expect(await estate.run('apply --json', { clockAhead: minutes * minute })).toMatchObject({ json: { results: [] } })
    estate.emulator.travel(2 * minute)
    expect(await estate.run('apply --json', { clockAhead: minutes * minute })).toMatchObject({
      json: { results: [{ kind: 'mint', status: 'done' }] },
    })
  })
})

describe.each([2, -2])('a clock that is off by %i days', (days) => {
  test('is not believed: nothing is changed, and the plan says why', async () => {
    estate = await Estate.open()
    const clockAhead = days * day
    const plan = await estate.start('plan --json', { clockAhead }).ended
    expect(plan.code).toBe(1)
    expect(plan.json.problems).toMatchObject([{ code: 'clock-unreliable' }])
    expect(plan.json.problems[0].remedy).toContain('Set the clock')
    const { stdout } = await estate.start('plan', { clockAhead }).ended
    expect(stdout).toMatch(/^held back by the problem below\n  package-feed +mint/m)
    expect(stdout).not.toMatch(/^now$/m)
    const report = await estate.start('apply --json', { clockAhead }).ended
    expect(report).toMatchObject({ code: 1, json: { error: { code: 'clock-unreliable' } } })
    expect(estate.mutations()).toEqual([])
  })
})

test.each(['vault', 'azureDevOps', 'entra'] as const)(
  'while the clock of %s disagrees with the others, nothing is changed',
  async (host) => {
    estate = await Estate.open()
    estate.emulator.set({ perHostClockSkewSeconds: { [host]: 20 * 60 } })
    expect(await estate.run('apply --json')).toMatchObject({ code: 1, json: { error: { code: 'clock-unreliable' } } })
    expect(estate.mutations()).toEqual([])
    estate.emulator.set({ perHostClockSkewSeconds: { [host]: 60 } })
    expect((await estate.run('apply')).code).toBe(0)
  },
)
