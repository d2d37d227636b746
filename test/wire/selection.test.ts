import { afterEach, beforeEach, expect, test } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

const day = 24 * 3_600_000

const tokens = `tokens:
  - name: feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
  - name: package-mirror
    displayName: Mirror
    scopes:
      - vso.packaging
  - match: '*'
    method: renew
    lifetime: 60d
`

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open({ tokens })
})

afterEach(async () => {
  await estate.stop()
})

/** A PAT made by hand that is due. */
function createPat(displayName: string): string {
  const at = estate.emulator.now()
  const dates = { validFrom: at - 27 * day, validTo: at + 3 * day }
  return estate.emulator.createPat(owner, { displayName, scope: 'vso.code', organization: 'contoso', ...dates })
    .authorizationId
}

function validTo(id: string) {
  return estate.emulator.pats().find(({ authorizationId }) => authorizationId === id)?.validTo
}

test('--only leaves alone what a run over everything leaves alone', async () => {
  const stranger = createPat('Package feed')
  const before = validTo(stranger)
  for (const line of ['apply', 'apply --only package*', 'rotate package-mirror']) {
    expect((await estate.run(line)).code).toBe(0)
    expect(validTo(stranger)).toBe(before)
  }
  const plan = await estate.run('plan --json --only package*')
  expect(plan.json.scheduled.map(({ token }: { token: string }) => token)).not.toContain('package-feed')
})

test('--only calls a token of a rule by the name that a run over everything gives it', async () => {
  const covered = createPat('Feed')
  const whole = await estate.run('plan --json')
  const action = { token: 'feed@contoso', kind: 'extend', authorizationId: covered }
  expect(whole.json.actions).toContainEqual(expect.objectContaining(action))
  expect(await estate.run('plan --json --only feed')).toMatchObject({
    json: { actions: [{ token: 'feed', kind: 'mint' }] },
  })
  expect(await estate.run('apply --json --only feed@*')).toMatchObject({
    code: 0,
    json: { results: [{ ...action, status: 'done' }] },
  })
  expect(estate.active()).toHaveLength(1)
})
