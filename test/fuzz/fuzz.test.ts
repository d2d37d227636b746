import { describe, expect, it } from 'vitest'
import { fuzzAgainstEmulator } from './against-emulator.ts'
import { type Fuzzed, findingText } from './fuzzed.ts'
import { type Call, faultsOf } from './verdict.ts'
import { fuzzWithoutNetwork } from './without-network.ts'

/** Plays the seeds and gives every way in which calls ended, for a fuzz that only meets usage errors proves little. */
async function play(fuzz: (seed: number) => Promise<Fuzzed>, seeds: number): Promise<ReadonlySet<unknown>> {
  const ended = new Set<unknown>()
  for (let seed = 1; seed <= seeds; seed++) {
    const fuzzed = await fuzz(seed)
    for (const code of fuzzed.ended) ended.add(code)
    expect(fuzzed.findings.map(findingText), `npm run fuzz -- --seed ${seed}`).toEqual([])
  }
  return ended
}

describe('whatever is typed, configured and set', () => {
  it('the program ends with a documented code and clean words where nothing can be reached', async () => {
    expect([...(await play(fuzzWithoutNetwork, 250))]).toEqual(expect.arrayContaining([0, 1, 2]))
  }, 60_000)

  it('it does so against services that fail and are odd', async () => {
    expect([...(await play(fuzzAgainstEmulator, 8))]).toEqual(expect.arrayContaining([0, 1, 2]))
  }, 60_000)
})

describe('a call is found out when', () => {
  const fine: Call = {
    line: { words: ['--json', 'plan'], json: true },
    ended: 0,
    stdout: '{"version":1,"actions":[],"scheduled":[],"problems":[],"retiring":[]}\n',
    stderr: 'all is well\n',
    stopped: false,
    terminal: false,
    secrets: ['a-password-of-a-test'],
  }

  it('nothing is wrong, then not', () => {
    expect(faultsOf(fine)).toEqual([])
  })

  it.each<[string, Partial<Call>, RegExp]>([
    ['its exit code is not documented', { ended: 5 }, /exit code is 5/],
    ['nobody caught what it threw', { ended: 'thrown' }, /exit code is thrown/],
    ['it does not end', { ended: 'endless' }, /exit code is endless/],
    ['something is pending that nobody asked about', { ended: 3 }, /without --check/],
    ['it was interrupted by nothing', { ended: 130 }, /without a signal/],
    ['it prints a stack trace', { stderr: 'Error: x\n    at work (file:///a.ts:1:2)\n' }, /stack trace/],
    ['it says undefined', { stderr: 'PAT undefined\n' }, /undefined/],
    ['it says an object', { stderr: 'PAT [object Object]\n' }, /object as text/],
    ['it says NaN', { stderr: 'in NaN days\n' }, /NaN/],
    ['it names an error of the language', { stderr: 'TypeError: x\n' }, /error of the language/],
    ['it blames itself', { stderr: 'error x [internal]\n' }, /fault of ours/],
    ['it steers the terminal', { stderr: '\u001b[2J' }, /control character/],
    ['it prints two documents', { stdout: `${fine.stdout}${fine.stdout}` }, /not one JSON document/],
    ['it prints no document', { stdout: '' }, /not one JSON document/],
    ['its document has another shape', { stdout: '{"version":1,"actions":{}}' }, /not a plan/],
    [
      'its error is a success',
      { stdout: '{"version":1,"error":{"code":"x","message":"x","remedy":"x"}}' },
      /exit code 0/,
    ],
    ['it gives a secret away', { stderr: 'with a-password-of-a-test\n' }, /secret of the environment/],
    ['it gives a secret away in base64', { stderr: `Basic ${btoa(':a-password-of-a-test')}\n` }, /secret/],
  ])('%s', (_, differences, fault) => {
    expect(faultsOf({ ...fine, ...differences }).join('\n')).toMatch(fault)
  })
})
