import { describe, expect, it } from 'vitest'
import { applyEdit, withMutant } from './mutants.ts'
import { protocolMutants } from './protocol-mutants.ts'
import type { simulate } from './simulator.ts'

/** The seed in whose weather the missing sentence shows; `npm run sim:mutants` finds them. */
const foundBy: Readonly<Record<string, number>> = {
  'no deadline': 16,
  'newest stamp is current': 24,
  'lists are believed': 1,
  'revoke on an unknown store': 26,
  'no look after the store': 84,
  'record before the delivery': 8,
  'nothing need settle': 14,
  'overlap from our stamp': 353,
  'superseded by the tag': 1,
  'read in the wrong order, never again, and trusted': 14,
  'the oldest orphan goes at once': 7,
  'versions are disabled young': 427,
  'orphans are collected young': 209,
  'no delivery gate': 2,
  'no overlap': 1,
  'the gate opens backwards': 1,
  'the mark is forgotten': 1,
  'stored before it is proven': 5,
  'revoked before it is disabled': 1,
  'the old one goes with the mint': 1,
  'an extension is believed to keep the value': 155,
  'no orphan is ever collected': 21,
}

/** Nothing breaks without these in the worlds that are searched: they save requests and time, or another sentence covers them. */
const notFound: readonly string[] = [
  'a delivery is not looked at again',
  'a late store is not looked for',
  'an end within the overlap is left',
  'a lost mint is forgotten',
]

describe('the protocol without a sentence', () => {
  it.each(protocolMutants.filter(({ name }) => name in foundBy))('$name: an invariant breaks', async (mutant) => {
    const outcome = await withMutant(mutant, 'test/simulation/simulator.ts', (exports) => {
      const play = exports['simulate'] as typeof simulate
      return play(foundBy[mutant.name] ?? 0)
    })
    expect(outcome.violations).not.toEqual([])
  })

  it('is known by name, whether it was found or not', () => {
    expect(protocolMutants.map(({ name }) => name).sort()).toEqual([...Object.keys(foundBy), ...notFound].sort())
  })

  it('must still fit the code', () => {
    const edit = { file: 'a.ts', find: 'once', replace: 'never' }
    expect(() => applyEdit('twice', edit, 'a mutant')).toThrow('its text stands 0 times in a.ts')
    expect(() => applyEdit('once and once', edit, 'a mutant')).toThrow('its text stands 2 times in a.ts')
    expect(applyEdit('once', edit, 'a mutant')).toBe('never')
  })
})
