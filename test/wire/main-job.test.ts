import { afterEach, describe, expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

describe('the life of a token, over the wire', () => {
  test('absent, created, converged, due, in the overlap, retired', async () => {
    estate = await Estate.open()
    const plan = await estate.run('plan --json --check')
    expect(plan.code).toBe(3)
    expect(plan.json).toMatchObject({
      version: 1,
      actions: [{ token: 'package-feed', kind: 'mint', reason: 'absent' }],
    })
    expect(estate.mutations()).toEqual([])

    const first = await estate.run('apply --json')
    expect(first).toMatchObject({ code: 0, json: { summary: { done: 1, failed: 0, skipped: 0 } } })
    expect(estate.currentWorks('package-feed')).toBe(true)

    const mark = estate.emulator.requests().length
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(estate.mutations(mark)).toEqual([])
    expect((await estate.run('plan --check')).code).toBe(0)

    estate.emulator.travel(21 * day)
    expect(await estate.run('status --json --check')).toMatchObject({ code: 0, json: { tokens: [{ state: 'due' }] } })
    await estate.run('apply')
    expect(estate.active()).toHaveLength(2)
    expect(estate.currentWorks('package-feed')).toBe(true)
    const overlap = await estate.run('status --json')
    expect(overlap.json.tokens[0].superseded).toMatchObject([{ revokeAt: expect.any(String) }])

    estate.emulator.travel(2 * day + hour)
    await estate.run('apply')
    expect(estate.active()).toHaveLength(1)
    expect(estate.currentWorks('package-feed')).toBe(true)
    expect(
      estate.emulator.vault('contoso').secrets['package-feed']?.versions.map((version) => version.enabled),
    ).toEqual([false, true])
  })
})
