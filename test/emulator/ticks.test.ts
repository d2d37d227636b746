import { describe, expect, test } from 'vitest'
import { fromTicks, readInstant, toTicks, writeTicks } from '../../src/emulator/azure-devops/ticks.ts'

describe('instants of Azure DevOps', () => {
  // Asked and answered as in the recorded examples of the vendor.
  test.each([
    ['2020-12-01T23:46:23.319Z', '2020-12-01T23:46:23.32Z'],
    ['2020-11-02T22:56:52.104Z', '2020-11-02T22:56:52.1033333Z'],
    ['2020-11-23T04:04:38.523Z', '2020-11-23T04:04:38.5233333Z'],
    ['2020-10-24T03:04:19.147Z', '2020-10-24T03:04:19.1466667Z'],
    ['2020-10-24T03:04:19Z', '2020-10-24T03:04:19Z'],
    ['2020-12-31T23:59:59.999Z', '2021-01-01T00:00:00Z'],
  ])('%s comes back as %s', (asked, answered) => {
    expect(writeTicks(toTicks(readInstant(asked)!))).toBe(answered)
  })

  test('a reader of the written form gets what the service reckons with', () => {
    for (let ms = 0; ms < 1000; ms += 7) {
      const ticks = toTicks(Date.UTC(2026, 0, 1) + ms)
      expect(fromTicks(ticks)).toBe(Date.parse(writeTicks(ticks)))
    }
  })

  test.each([
    ['2026-01-02T03:04:05.1234567Z', Date.UTC(2026, 0, 2, 3, 4, 5, 123)],
    ['2026-01-02T03:04:05+02:00', Date.UTC(2026, 0, 2, 1, 4, 5)],
    ['2026-01-02T03:04:05', undefined],
    ['2026-01-02', undefined],
    ['2026-13-02T03:04:05Z', undefined],
    ['tomorrow', undefined],
  ])('%s is read as %s', (text, ms) => {
    expect(readInstant(text)).toBe(ms)
  })
})
