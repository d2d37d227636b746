import { describe, expect, it } from 'vitest'
import { strainOf } from '../../../src/adapters/azure-devops/strain.ts'
import { second, times } from '../../../src/core/time.ts'
import { answer } from '../support/answers.ts'

const date = 'Thu, 05 Feb 2026 10:00:00 GMT'
const now = Date.parse(date) / 1_000
const calm = { wait: undefined, strained: false }

function units(remaining: number, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { date, 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': String(remaining), ...more }
}

describe('the strain in an answer', () => {
  it.each<[string, number, Record<string, string>, ReturnType<typeof strainOf>]>([
    ['nothing said', 200, {}, calm],
    ['plenty left', 200, units(150), calm],
    ['just enough left', 200, units(21), calm],
    ['little left', 200, units(20), { wait: undefined, strained: true }],
    ['no delay', 200, { 'x-ratelimit-delay': '0.000' }, calm],
    ['a delay', 200, { 'x-ratelimit-delay': '0.250' }, { wait: undefined, strained: true }],
    ['a wait asked for beside a success', 200, { 'retry-after': '4' }, { wait: times(4, second), strained: true }],
    ['a wait asked for beside a refusal', 429, { 'retry-after': '4' }, { wait: times(4, second), strained: true }],
    [
      'a wait asked for, and nothing left',
      200,
      units(0, { 'retry-after': '7' }),
      { wait: times(7, second), strained: true },
    ],
    [
      'nothing left, all of it there in 300 seconds',
      200,
      units(0, { 'x-ratelimit-reset': String(now + 300) }),
      { wait: 1_500 as never, strained: true },
    ],
    [
      'nothing left, and the reset is over',
      200,
      units(0, { 'x-ratelimit-reset': String(now - 1) }),
      { wait: second, strained: true },
    ],
    ['nothing left, and no reset', 200, units(0), { wait: second, strained: true }],
    [
      'headers that are no numbers',
      200,
      { ...units(0), 'x-ratelimit-remaining': 'none', 'x-ratelimit-delay': '-' },
      calm,
    ],
    ['a limit that is not told', 200, { 'x-ratelimit-remaining': '0' }, calm],
  ])('%s', (_, status, headers, expected) => {
    expect(strainOf(answer(status, {}, headers), status === 429 ? 1 : 0)).toEqual(expected)
  })

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [7, 60],
    [400, 60],
  ])('of refusal %i in a row that names no time is %i seconds', (refusals, seconds) => {
    expect(strainOf(answer(429), refusals)).toEqual({ wait: times(seconds, second), strained: true })
  })
})
