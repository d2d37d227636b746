import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { counterExamples } from './counter-examples.ts'
import { withMutant } from './mutants.ts'
import { protocolMutants } from './protocol-mutants.ts'
import { scenarios } from './scenarios.ts'
import { follow, search, type SearchResult } from './search.ts'
import { Seat, show } from './seat.ts'
import { StateTable } from './state-table.ts'

async function searchWithout(name: string, scenario: string, faults: number, states: number): Promise<SearchResult> {
  const mutant = protocolMutants.find((one) => one.name === name)!
  const world = scenarios.find((one) => one.name === scenario)!
  return withMutant(mutant, 'test/simulation/search.ts', (exports) =>
    (exports['search'] as typeof search)({ ...world, faults }, states),
  )
}

describe('every interleaving', () => {
  it.each(scenarios.map((scenario) => ({ ...scenario, faults: 0 })))(
    '$name: nothing breaks without faults',
    async (scenario) => {
      const result = await search(scenario, 100_000)
      expect(result.violation).toBeUndefined()
      expect(result.exhausted).toBe(true)
      expect(result.states).toBeGreaterThan(50)
    },
  )

  it('nothing breaks by two faults when a superseded PAT is due to be revoked', async () => {
    const scenario = scenarios.find(({ name }) => name === 'the overlap has passed')!
    const result = await search(scenario, 100_000)
    expect(result.violation).toBeUndefined()
    expect(result.exhausted).toBe(true)
    expect(result.states).toBeGreaterThan(5_000)
  })

  it('nothing breaks by one fault when a token is rolled back while a run revokes', async () => {
    const scenario = scenarios.find(({ name }) => name === 'rolled back, when the overlap has passed')!
    const result = await search({ ...scenario, faults: 1 }, 100_000)
    expect(result.violation).toBeUndefined()
    expect(result.exhausted).toBe(true)
    expect(result.states).toBeGreaterThan(10_000)
  })

  it.each(counterExamples.filter(({ scenario }) => scenario.startsWith('the first value is made twice')))(
    'a first value that is made twice and lands in the wrong order is put right: $schedule.length steps',
    async ({ scenario, schedule }) => {
      const world = scenarios.find(({ name }) => name === scenario)!
      await expect(follow(world, schedule)).resolves.toBeUndefined()
    },
  )

  it('says that it saw not everything, when its limit ended it', async () => {
    const result = await search(scenarios[0]!, 100)
    expect(result.exhausted).toBe(false)
    expect(result.states).toBeGreaterThanOrEqual(100)
  })

  it.each([
    { name: 'orphans are collected young', scenario: 'nothing exists yet', states: 3_000 },
    { name: 'superseded by the tag', scenario: 'nothing exists yet', states: 3_000 },
    { name: 'revoked before it is disabled', scenario: 'nothing exists yet', states: 3_000 },
    { name: 'the old one goes with the mint', scenario: 'nothing exists yet', states: 3_000 },
    { name: 'read in the wrong order, never again, and trusted', scenario: 'due', states: 4_000 },
    { name: 'no overlap', scenario: 'due', states: 4_000 },
    { name: 'extended after it was superseded', scenario: 'due, and its end is near', states: 3_000 },
  ])('without faults it finds: $name', async ({ name, scenario, states }) => {
    const result = await searchWithout(name, scenario, 0, states)
    expect(result.violation?.schedule.length).toBeGreaterThan(5)
    expect(result.violation?.schedule.length).toBeLessThan(40)
  })

  it('with one fault it finds: a first value need not settle', async () => {
    const scenario = 'the first value is made twice, who delivered dies, and a PAT is revoked outside'
    const { violation } = await searchWithout('a first value need not settle', scenario, 1, 20_000)
    expect(violation?.schedule.at(-1)).toBe('peace')
    expect(violation?.found.message).toMatch(/target group/)
  })

  it('is the same search each time', async () => {
    const scenario = { ...scenarios[1]!, faults: 0 }
    expect(await search(scenario, 10_000)).toEqual(await search(scenario, 10_000))
  })
})

describe('a request is told by what it would do', () => {
  it('with what it is given, values included', () => {
    const seat = new Seat()
    const probe = (value: Secret) => seat.describe(() => seat.view.probe('contoso', value.reveal()))
    expect(probe(new Secret('value-1'))).toEqual(probe(new Secret('value-1')))
    expect(probe(new Secret('value-1')).text).not.toBe(probe(new Secret('value-2')).text)
    expect(probe(new Secret('value-1')).touched).toEqual(['probe'])
  })

  it('and what differs looks different', () => {
    const data = [[], new Map(), {}, 'nothing', undefined, new Secret('one'), new Secret('two'), ['one']]
    expect(new Set(data.map(show)).size).toBe(data.length)
  })
})

describe('a table of states', () => {
  it('numbers each once, however many there are', () => {
    const table = new StateTable(3)
    const wrong: number[] = []
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 200_000; at++) if (table.intern([at % 7, at, -at]) !== at) wrong.push(at)
    }
    expect(wrong).toEqual([])
    expect(table.size).toBe(200_000)
    expect(table.at(123_456)).toEqual([123_456 % 7, 123_456, -123_456])
  })
})
