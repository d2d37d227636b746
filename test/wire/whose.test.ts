import { afterEach, expect, test } from 'vitest'
import { documents } from '../scripts/documents.ts'
import { Estate, owner } from '../support/estate.ts'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

async function asked(input: string) {
  const ended = await estate.run('whose --json', { input })
  expect(ended.code).toBe(0)
  return documents.whose.parse(ended.json).values
}

test('whose knows the current value of a token, in whatever text it stands, and whether it lives', async () => {
  estate = await Estate.open()
  await estate.run('apply')
  const [pat] = estate.active()
  const value = pat?.value ?? ''
  const header = Buffer.from(`:${value}`).toString('base64')
  for (const text of [value, `git clone https://x:${value}@dev.azure.com/contoso`, `authorization: Basic ${header}`]) {
    expect(await asked(text)).toMatchObject([
      {
        ours: true,
        token: 'package-feed',
        authorizationId: pat?.authorizationId,
        organization: 'contoso',
        tried: [{ life: 'alive', account: 'ci-bot' }],
      },
    ])
  }
  expect((await estate.run('whose', { input: value })).stdout).toMatch(/patrol rotate package-feed --revoke-first/)
  await estate.run('rotate package-feed --revoke-now')
  expect(await asked(value)).toMatchObject([{ ours: false, tried: [{ life: 'refused' }] }])
})

test('whose knows a PAT that no store has by the account that it works as', async () => {
  const pat = {
    owner,
    organization: 'contoso',
    displayName: 'By hand',
    scope: 'vso.code',
    validFrom: '-1d',
    validTo: '+9d',
  }
  estate = await Estate.open({ fixture: { pats: [pat] } })
  const values = await asked(`${estate.emulator.pats()[0]?.value} and ${'b'.repeat(52)}`)
  expect(values).toMatchObject([
    { ours: true, tried: [{ life: 'alive', account: 'ci-bot' }] },
    { ours: false, tried: [{ life: 'refused' }] },
  ])
  expect(values[0]).not.toHaveProperty('token')
})

test('whose refuses a terminal, and text without a value', async () => {
  estate = await Estate.open()
  expect(await estate.run('whose --json', { input: 'nothing here' })).toMatchObject({ code: 2 })
  expect(await estate.run('whose --json', { terminal: true })).toMatchObject({ code: 2 })
  expect(await estate.run('whose a-value --json')).toMatchObject({ code: 2 })
})
