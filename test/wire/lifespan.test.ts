import { afterEach, describe, expect, test } from 'vitest'
import { type Ended, Estate, owner } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const entry = (...lines: readonly string[]): string =>
  [
    'tokens:',
    '  - name: feed',
    '    scopes:',
    '      - packaging.read',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n')

const codes = (ended: Ended): readonly string[] => ended.json.problems.map(({ code }: { code: string }) => code)

async function findings(name: string): Promise<readonly { authorizationId: string; message: string }[]> {
  const { json } = await estate.run('audit --json')
  return json.findings.filter((finding: { name: string }) => finding.name === name)
}

/** A run a day: how often each kind of request that changes something was sent to Azure DevOps. */
async function daily(days: number): Promise<Readonly<Record<string, number>>> {
  const mark = estate.emulator.requests().length
  for (let passed = 0; passed < days; passed++) {
    estate.emulator.travel(day)
    await estate.run('apply')
  }
  const sent = estate.mutations(mark).filter(({ service }) => service === 'pats')
  return Object.fromEntries([...Map.groupBy(sent, ({ method }) => method)].map(([method, all]) => [method, all.length]))
}

describe('a token that can never reach its declared lifetime', () => {
  test('is rotated by the schedule of what it was granted, and no run makes one more', async () => {
    estate = await Estate.open({ tokens: entry('lifetime: 90d', 'renewBefore: 30d') })
    estate.emulator.set({ policies: { maxLifespanDays: 30 } })
    const first = await estate.run('apply --json')
    expect(first).toMatchObject({ code: 0, json: { results: [{ kind: 'mint', status: 'done' }] } })
    expect(codes(first)).toEqual(['policy-lifespan'])
    expect(first.json.problems[0].message).toContain(
      'was granted 30d from its creation of the 90d asked for: the policy "Enforce maximum personal access token lifespan" cut it',
    )
    const plan = await estate.run('plan --json')
    expect(plan.json.actions).toEqual([])
    expect(codes(plan)).toEqual(['policy-lifespan'])
    const dueIn = (Date.parse(plan.json.scheduled[0].at) - estate.emulator.now()) / day
    expect(dueIn).toBeGreaterThan(18.9)
    expect(dueIn).toBeLessThan(20)
    expect(await findings('shorter-than-declared')).toMatchObject([
      { message: expect.stringContaining('the policy "Enforce maximum personal access token lifespan" cut it') },
    ])
    // A rotation about every twenty days, and the end of each PAT that it superseded.
    expect(await daily(43)).toEqual({ POST: 2, DELETE: 2 })
    expect(await estate.hands('feed')).toBe(true)
  })

  test('is extended by the schedule of what it was granted, and at its ceiling rotated once for each life', async () => {
    const lines = ['method: renew', 'store: vault', 'atCeiling: rotate', 'lifetime: 40d', 'renewBefore: 13d']
    estate = await Estate.open({ tokens: entry(...lines) })
    estate.emulator.set({ policies: { maxLifespanDays: 30 } })
    await estate.run('apply')
    // An extension that brings nothing comes before each rotation.
    expect(await daily(43)).toEqual({ PUT: 2, POST: 2, DELETE: 2 })
    expect(await estate.hands('feed')).toBe(true)
  })
})

describe('what was asked for', () => {
  test('counts, and not what is declared since: a lifetime that was raised is no policy', async () => {
    estate = await Estate.open({ tokens: entry('lifetime: 30d', 'renewBefore: 10d') })
    await estate.run('apply')
    estate.writeFile('patrol.yaml', (text) => text.replace('lifetime: 30d', 'lifetime: 300d'))
    const plan = await estate.run('plan --json')
    expect({ actions: plan.json.actions, problems: plan.json.problems }).toEqual({ actions: [], problems: [] })
    expect(await findings('shorter-than-declared')).toEqual([])
    expect(await findings('policy-violated')).toEqual([])
  })

  test('by an extension shows a policy, which then holds for the other PATs of the account', async () => {
    const long = { owner, organization: 'contoso', displayName: 'Old laptop', scope: 'vso.code', validTo: '+300d' }
    const fixture = { pats: [{ ...long, authorizationId: 'a0000000-0000-4000-8000-000000000001' }] }
    estate = await Estate.open({
      fixture,
      tokens: entry('method: renew', 'store: vault', 'lifetime: 30d', 'renewBefore: 10d'),
    })
    await estate.run('apply')
    expect(await findings('shorter-than-declared')).toEqual([])
    estate.emulator.set({ policies: { maxLifespanDays: 40 } })
    estate.emulator.travel(21 * day)
    const extended = await estate.run('apply --json')
    expect(extended.json.results).toMatchObject([{ kind: 'extend', status: 'done' }])
    expect(codes(extended)).toEqual(['policy-lifespan'])
    expect(codes(await estate.run('plan --json'))).toEqual(['policy-lifespan'])
    expect(await findings('shorter-than-declared')).toMatchObject([
      { message: expect.stringContaining('was granted 40d from its creation of the 51d asked for') },
    ])
    expect(await findings('policy-violated')).toMatchObject([
      { authorizationId: 'a0000000-0000-4000-8000-000000000001', message: expect.stringContaining('the 40d that') },
    ])
  })
})
