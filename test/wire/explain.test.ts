import { afterEach, expect, test } from 'vitest'
import { documents } from '../scripts/documents.ts'
import { Estate } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

async function explained(): Promise<any> {
  const ended = await estate.run('explain package-feed --json')
  expect(ended.code).toBe(0)
  return documents.explain.parse(ended.json)
}

test('explain says at every stage what plan does, and changes nothing', async () => {
  estate = await Estate.open({ targets: true })
  for (let round = 0; round < 5; round++) {
    const mark = estate.emulator.requests().length
    const document = await explained()
    expect(estate.mutations(mark)).toEqual([])
    const { json: plan } = await estate.run('plan --json')
    expect(document.actions).toEqual(plan.actions)
    expect(document.scheduled.map((one: { kind: string }) => one.kind).toSorted()).toEqual(
      plan.scheduled.map((one: { kind: string }) => one.kind).toSorted(),
    )
    const reason = document.checks.find(({ found }: { found: boolean }) => found)?.check
    const mint = plan.actions.find(({ kind }: { kind: string }) => kind === 'mint')
    expect(reason).toBe(mint?.reason)
    await estate.run('apply')
    estate.emulator.travel(7 * day)
  }
})

test('explain gives each condition of a revocation, with the time at which it opens', async () => {
  estate = await Estate.open()
  await estate.run('apply')
  estate.emulator.travel(21 * day)
  await estate.run('apply')
  await estate.run('hold package-feed --for 9d')
  const document = await explained()
  expect(document.gate).toMatchObject([
    { condition: 'no-hold', met: false, opensAt: document.hold.until },
    { condition: 'successor', met: true },
    { condition: 'overlap', met: false, opensAt: expect.any(String) },
  ])
  expect(document.pats).toMatchObject([
    { standing: 'current' },
    { standing: 'superseded', revokeAt: document.hold.until },
  ])
})

test('explain is a command of the built program, and knows no name that is not declared', async () => {
  estate = await Estate.open()
  expect((await estate.start('explain package-feed').ended).stdout).toMatch(/package-feed: missing/)
  expect(await estate.run('explain nobody --json')).toMatchObject({ code: 2, json: { error: { code: 'usage' } } })
})
