import { expect, test } from 'vitest'
import { killAtEach, phases } from '../support/crash-points.ts'

test.each([
  ['establish', 13],
  ['rotate', 11],
  ['retire', 13],
] as const)(
  'killed at each of its %2$i or more requests, %1$s is completed by the next runs and cuts nobody off',
  async (name, least) => {
    const requests = await killAtEach(phases({ store: 'vault' })[name], name === 'establish')
    expect(requests).toBeGreaterThanOrEqual(least)
  },
  120_000,
)

test.each([
  ['establish', 9],
  ['rotate', 9],
  ['retire', 6],
] as const)(
  'with two targets: killed at each of its %2$i or more requests to the vault, %1$s is completed, and both hold the value in the end',
  async (name, least) => {
    const requests = await killAtEach(phases({ store: 'vault', targets: true })[name], name === 'establish')
    expect(requests).toBeGreaterThanOrEqual(least)
  },
  180_000,
)
