import { readdirSync } from 'node:fs'
import { generateIdentity } from 'age-encryption'
import { afterEach, describe, expect, test } from 'vitest'
import { killAtEach, phases } from '../support/crash-points.ts'
import { Estate } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

describe('the main job with encrypted files as the store', () => {
  let estate: Estate

  afterEach(async () => {
    await estate.stop()
  })

  test('created, converged, due, in the overlap, retired', async () => {
    estate = await Estate.open({ store: 'file' })
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { summary: { done: 1, failed: 0 } } })
    expect(readdirSync(estate.directory)).toContain('secrets')
    const first = await estate.value('package-feed')
    expect(await estate.hands('package-feed')).toBe(true)

    const mark = estate.emulator.requests().length
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(estate.mutations(mark)).toEqual([])

    estate.emulator.travel(21 * day)
    expect((await estate.run('apply')).code).toBe(0)
    expect(estate.active()).toHaveLength(2)
    expect(await estate.value('package-feed')).not.toBe(first)
    expect(await estate.hands('package-feed')).toBe(true)

    estate.emulator.travel(2 * day + hour)
    expect((await estate.run('apply')).code).toBe(0)
    expect(estate.active()).toHaveLength(1)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('a wrong key is refused before anything is minted', async () => {
    estate = await Estate.open({ store: 'file' })
    await estate.run('apply')
    estate.emulator.travel(21 * day)
    const mark = estate.emulator.requests().length
    const environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
    for (const command of ['status --json', 'plan --json', 'apply --json']) {
      const other = await estate.run(command, { environment })
      expect(other.code).toBe(1)
      expect(other.stdout).toContain('"store-denied"')
    }
    expect(estate.mutations(mark)).toEqual([])
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('what is no age identity is a fault of the configuration, and is not quoted', async () => {
    estate = await Estate.open({ store: 'file' })
    const environment = { PATROL_AGE_IDENTITY: 'correct horse battery staple' }
    for (const command of ['validate --json', 'plan --json', 'apply --json']) {
      const refused = await estate.run(command, { environment })
      expect(refused.code).toBe(2)
      expect(refused.stdout).toContain('the value of ${PATROL_AGE_IDENTITY} is no age identity')
      expect(refused.stdout + refused.stderr).not.toContain('horse')
    }
  })
})

test.each([
  { name: 'establish', least: 8 },
  { name: 'rotate', least: 7 },
  { name: 'retire', least: 5 },
] as const)(
  'killed at each of its $least or more requests, $name is completed by the next runs and cuts nobody off',
  async ({ name, least }) => {
    const requests = await killAtEach(phases({ store: 'file' })[name], name === 'establish')
    expect(requests).toBeGreaterThanOrEqual(least)
  },
  120_000,
)
