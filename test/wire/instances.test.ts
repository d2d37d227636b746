import { describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { Estate, packageFeed } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

/** What happens to the two while they are at work, so that they meet in different places. */
const timings: readonly (readonly FaultRule[])[] = [
  [],
  [{ service: 'pats', method: 'POST', effect: { kind: 'hold', ms: 120 } }],
  [{ service: 'vault', method: 'PUT', effect: { kind: 'hold', ms: 120 } }],
  [{ service: 'vault', method: 'GET', skip: 1, effect: { kind: 'hold', ms: 90 } }],
  [{ service: 'connection-data', effect: { kind: 'hold', ms: 90 } }],
  [{ service: 'pats', method: 'GET', effect: { kind: 'hold', ms: 90 } }],
  [{ service: 'pats', method: 'POST', effect: 'answer-lost' }],
  [{ service: 'vault', method: 'PUT', effect: 'answer-lost' }],
  [
    { service: 'vault', method: 'PUT', effect: { kind: 'hold', ms: 60 } },
    { service: 'pats', method: 'POST', skip: 1, effect: { kind: 'status', status: 500, after: true } },
  ],
]

const prepare: Readonly<Record<string, () => Promise<Estate>>> = {
  'nothing exists yet': () => Estate.open(),
  'a token is due': async () => {
    const estate = await Estate.open()
    await estate.run('apply')
    estate.emulator.travel(21 * day)
    return estate
  },
  'an overlap has passed': async () => {
    const estate = await Estate.open()
    await estate.run('apply')
    await estate.run('rotate package-feed')
    estate.emulator.travel(3 * day)
    return estate
  },
}

describe.each(Object.entries(prepare))('two at once, when %s', (_, open) => {
  test.each(timings.map((timing) => [JSON.stringify(timing), timing] as const))(
    'in one process, with %s: no harm is done, and what is too much is collected',
    async (__, timing) => {
      const estate = await open()
      for (const rule of timing) estate.emulator.fault(rule)
      await Promise.all([estate.run('apply'), estate.run('apply')])
      expect(await estate.hands('package-feed')).toBe(true)
      expect(estate.active().length).toBeLessThanOrEqual(3)
      await estate.converge()
      expect(estate.cutOff(2 * day)).toEqual([])
      await estate.stop()
    },
  )

  test.each([0, 1, 2, 3])('in two processes, the second a little later (%i)', async (delay) => {
    const estate = await open()
    const fault = estate.emulator.fault({ service: 'entra', skip: delay, effect: { kind: 'hold', ms: 40 * delay } })
    const ended = await Promise.all([estate.start('apply').ended, estate.start('apply').ended])
    fault.cancel()
    // One of the two may find that the other was quicker, and says so.
    expect(ended.some(({ code }) => code === 0)).toBe(true)
    for (const { code, stdout } of ended) expect(code === 0 || stdout.includes('[moved-on]')).toBe(true)
    expect(await estate.hands('package-feed')).toBe(true)
    await estate.converge()
    expect(estate.cutOff(2 * day)).toEqual([])
    await estate.stop()
  })
})

describe('two installations under one account', () => {
  test('with stores of their own never touch each other’s PATs', async () => {
    const estate = await Estate.open({
      fixture: {
        vaults: ['contoso', 'contoso-test'].map((name) => ({
          name,
          tenant: 'contoso.example',
          access: [{ principal: 'ci-bot@contoso.example' }],
        })),
      },
      tokens: packageFeed,
    })
    const { contoso = '', 'contoso-test': other = '' } = estate.emulator.endpoints.vaults
    estate.writeFile('other.yaml', (text) => text.replace(contoso, other))
    // The second one finds a PAT of this name in a store that is not its own, and makes one for its own.
    expect((await estate.run('apply')).code).toBe(0)
    expect((await estate.run('apply -c other.yaml')).code).toBe(0)
    for (let days = 0; days < 40; days += 3) {
      expect((await estate.run('apply')).code).toBe(0)
      expect((await estate.run('apply -c other.yaml')).code).toBe(0)
      expect(estate.active().length).toBeLessThanOrEqual(4)
      const values = ['contoso', 'contoso-test'].map((name) => {
        return estate.emulator.vault(name).secrets['package-feed']?.versions.at(-1)?.value
      })
      const active = new Set(estate.active().map(({ value }) => value))
      expect(values.every((value) => value !== undefined && active.has(value))).toBe(true)
      estate.emulator.travel(3 * day)
    }
    await estate.stop()
  })
})
