import { describe, expect, it } from 'vitest'
import { Pacing, type Patience } from '../../../src/adapters/azure-devops/pacing.ts'
import type { HttpAnswer } from '../../../src/adapters/http/answer.ts'
import { minute, second, times } from '../../../src/core/time.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { answer } from '../support/answers.ts'

const contoso = { url: 'https://vssps.dev.azure.com/contoso/_apis/tokens/pats', organization: 'contoso' }
const fabrikam = { url: 'https://vssps.dev.azure.com/fabrikam/_apis/tokens/pats', organization: 'fabrikam' }
const elsewhere = { url: 'https://dev.azure.com/contoso/_apis/connectionData', organization: 'contoso' }
const patient: Patience = { sendBy: Number.POSITIVE_INFINITY, whenStopping: 'give-up' }
const calm = answer(200)
const strained = answer(200, {}, { 'x-ratelimit-delay': '1.000' })

/** A pace with a clock that goes ahead by sleeping alone. */
function paced() {
  const state = { elapsed: 0, stopping: false, holds: 0, slept: [] as number[] }
  const clock: Pick<Clock, 'elapsed' | 'sleep'> = {
    elapsed: () => state.elapsed,
    sleep: async (length) => {
      state.slept.push(length)
      state.elapsed += length
    },
  }
  const pacing = new Pacing(
    clock as Clock,
    () => state.stopping,
    () => void state.holds++,
  )
  return { state, pacing }
}

/** Requests that are answered when the test says so. */
function openRequests(pacing: Pacing, count: number, destination = contoso) {
  const answers: ((given: HttpAnswer) => void)[] = []
  const ended = Array.from({ length: count }, () =>
    pacing.pass(destination, patient, () => new Promise<HttpAnswer>((resolve) => answers.push(resolve))),
  )
  return { answers, ended }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a wait that an answer asks for', () => {
  it('delays the next request to the same host and organization, and none to others', async () => {
    const { state, pacing } = paced()
    await pacing.pass(contoso, patient, async () => answer(200, {}, { 'retry-after': '30' }))
    expect(pacing.pending(contoso)).toBe(30_000)
    expect([fabrikam, elsewhere].map((other) => pacing.pending(other))).toEqual([0, 0])
    expect([pacing.isHeld('Contoso'), pacing.isHeld('fabrikam')]).toEqual([true, false])
    await pacing.pass(fabrikam, patient, async () => calm)
    expect(state.slept).toEqual([])
    await pacing.pass({ ...contoso, organization: 'CONTOSO' }, patient, async () => calm)
    expect(state.slept).toEqual([30_000])
    expect(pacing.isHeld('contoso')).toBe(false)
  })

  it('is told once when it begins', async () => {
    const { state, pacing } = paced()
    const asking = async (seconds: number): Promise<HttpAnswer> => answer(200, {}, { 'retry-after': String(seconds) })
    await Promise.all([5, 30, 10].map((seconds) => pacing.pass(contoso, patient, () => asking(seconds))))
    expect(pacing.pending(contoso)).toBe(30_000)
    expect(state.holds).toBe(1)
  })

  it('grows with refusals that name no time, until one gets through', async () => {
    const { state, pacing } = paced()
    for (const given of [429, 429, 429, 200, 429]) await pacing.pass(contoso, patient, async () => answer(given))
    expect(state.slept).toEqual([1_000, 2_000, 4_000])
    expect(pacing.pending(contoso)).toBe(1_000)
  })

  it.each([
    ['longer than anybody waits', 301, patient],
    ['beyond the time for sending', 30, { ...patient, sendBy: 29_999 }],
  ])('%s is a failure, and nothing is sent', async (_, seconds, patience) => {
    const { state, pacing } = paced()
    await pacing.pass(contoso, patient, async () => answer(200, {}, { 'retry-after': String(seconds) }))
    const next = pacing.pass(contoso, patience, () => Promise.reject(new Error('sent')))
    await expect(next).rejects.toMatchObject({ code: 'throttled', outcome: 'none', retryAfter: seconds * second })
    expect(state.slept).toEqual([])
  })

  it('ends when told to stop: nothing more is sent, unless a PAT is to be tried', async () => {
    const { state, pacing } = paced()
    await pacing.pass(contoso, patient, async () => answer(200, {}, { 'retry-after': '30' }))
    state.stopping = true
    const next = pacing.pass(contoso, patient, () => Promise.reject(new Error('sent')))
    await expect(next).rejects.toMatchObject({ code: 'interrupted' })
    await pacing.pass(contoso, patient, async () => answer(200, {}, { 'retry-after': '30' })).catch(() => undefined)
    state.elapsed = minute
    await pacing.pass(contoso, patient, async () => answer(200, {}, { 'retry-after': '30' }))
    await expect(pacing.pass(contoso, { ...patient, whenStopping: 'send' }, async () => calm)).resolves.toBe(calm)
  })
})

describe('answers under strain', () => {
  it('halve how many requests go at once, and count once for those that were under way together', async () => {
    const { state, pacing } = paced()
    const { answers, ended } = openRequests(pacing, 8)
    await settled()
    expect(answers).toHaveLength(8)
    state.elapsed += 100
    for (const give of answers.slice(0, 8)) give(strained)
    await Promise.all(ended)
    const later = openRequests(pacing, 6)
    await settled()
    expect(later.answers).toHaveLength(4)
    expect(pacing.isHeld('contoso')).toBe(true)
    expect(state.holds).toBe(1)
    const other = openRequests(pacing, 6, fabrikam)
    await settled()
    expect(other.answers).toHaveLength(6)
    for (const give of other.answers) give(calm)
    for (let index = 0; index < 6; index++) {
      later.answers[index]?.(calm)
      await settled()
    }
    await Promise.all([...later.ended, ...other.ended])
    expect(pacing.isHeld('contoso')).toBe(false)
  })

  it('leave one at least, and every calm round lets one more go', async () => {
    const { state, pacing } = paced()
    for (let index = 0; index < 3; index++) {
      state.elapsed += 100
      await pacing.pass(contoso, patient, async () => strained)
    }
    const widths: number[] = []
    for (let round = 0; round < 4; round++) {
      const { answers, ended } = openRequests(pacing, 6)
      await settled()
      widths.push(answers.length)
      // One round: as many calm answers as go at once. The others of the six are only there to be counted.
      for (let index = 0; index < 6; index++) {
        answers[index]?.(index < (widths.at(-1) ?? 0) ? calm : answer(500))
        await settled()
      }
      await Promise.all(ended)
    }
    expect(widths[0]).toBe(1)
    for (let round = 1; round < widths.length; round++) {
      expect(widths[round]).toBeGreaterThan(widths[round - 1] ?? 0)
    }
  })

  it('and a request that fails give up their place', async () => {
    const { state, pacing } = paced()
    await pacing.pass(contoso, patient, async () => strained)
    state.elapsed += times(2, second)
    await expect(pacing.pass(contoso, patient, () => Promise.reject(new Error('reset')))).rejects.toThrow('reset')
    await expect(pacing.pass(contoso, patient, async () => calm)).resolves.toBe(calm)
  })
})
