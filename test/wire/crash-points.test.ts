import { expect, test } from 'vitest'
import { killAtEach, phases } from '../support/crash-points.ts'

test.each([
  { name: 'establish', least: 13 },
  { name: 'rotate', least: 11 },
  { name: 'retire', least: 13 },
] as const)(
  'killed at each of its $least or more requests, $name is completed by the next runs and cuts nobody off',
  async ({ name, least }) => {
    const requests = await killAtEach(phases({ store: 'vault' })[name], name === 'establish')
    expect(requests).toBeGreaterThanOrEqual(least)
  },
  120_000,
)

test.each([
  { name: 'establish', least: 9 },
  { name: 'rotate', least: 9 },
  { name: 'retire', least: 6 },
] as const)(
  'with two targets: killed at each of its $least or more requests to the vault, $name is completed, and both hold the value in the end',
  async ({ name, least }) => {
    const requests = await killAtEach(phases({ store: 'vault', targets: true })[name], name === 'establish')
    expect(requests).toBeGreaterThanOrEqual(least)
  },
  180_000,
)
