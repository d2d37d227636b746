import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { markedName, markOf } from '../../src/core/names.ts'
import { Estate, owner, packageFeed } from '../support/estate.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open()
  await estate.run('apply')
})

afterEach(async () => {
  await estate.stop()
})

/** Makes a PAT with a mark, as some Patrol would have; `same` is for this token's own installation. */
function createMarked(installation: string, random: string, ageMs: number): string {
  const own = markOf(estate.active()[0]?.displayName ?? '')
  const generation = (installation === 'same' ? own?.installation : installation) + random
  const at = estate.emulator.now()
  return estate.emulator.createPat(owner, {
    displayName: markedName('Package feed', generation),
    scope: 'vso.packaging_write',
    organization: 'contoso',
    validFrom: at - ageMs,
    validTo: at + 20 * day,
  }).authorizationId
}

function stateOf(authorizationId: string): string | undefined {
  return estate.emulator.pats().find((pat) => pat.authorizationId === authorizationId)?.state
}

function declare(tokens: string): void {
  const text = readFileSync(estate.configFile, 'utf8')
  writeFileSync(estate.configFile, text.slice(0, text.indexOf('tokens:')) + tokens)
}

describe('revoked by others', () => {
  test.each(['scanner', 'administrator'] as const)('what the %s ended is replaced by the next run', async (by) => {
    const [pat] = estate.active()
    estate.emulator.revokeOutside(pat?.authorizationId ?? '', by)
    expect(await estate.run('status --json --check')).toMatchObject({
      code: 3,
      json: { tokens: [{ state: 'missing' }] },
    })
    expect(await estate.run('plan --json')).toMatchObject({
      json: { actions: [{ kind: 'mint', reason: 'revoked-outside' }] },
    })
    expect((await estate.run('apply')).code).toBe(0)
    expect(await estate.hands('package-feed')).toBe(true)
    expect(await estate.converge()).toBeLessThanOrEqual(2)
  })
})

describe('an orphan', () => {
  test('waits while the turn that minted it may still be at work, and is collected afterwards', async () => {
    estate.emulator.travel(3 * day)
    const orphan = createMarked('same', 'orphaned', 30 * minute)
    const plan = await estate.run('plan --json')
    expect(plan.json).toMatchObject({ actions: [] })
    expect(plan.json.scheduled).toContainEqual(
      expect.objectContaining({ kind: 'collect-orphan', authorizationId: orphan, at: expect.any(String) }),
    )
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(stateOf(orphan)).toBe('active')

    estate.emulator.travel(35 * minute)
    expect(await estate.run('apply --json')).toMatchObject({
      code: 0,
      json: { results: [{ kind: 'collect-orphan', authorizationId: orphan, status: 'done' }] },
    })
    expect(stateOf(orphan)).toBe('revoked')
    expect(await estate.hands('package-feed')).toBe(true)
  })
})

describe('what is not ours', () => {
  test('a PAT with the mark of another installation is reported and never touched', async () => {
    const other = createMarked('zzzz', 'elsewher', 9 * day)
    for (let days = 0; days < 40; days += 5) {
      expect((await estate.run('apply')).code).toBe(0)
      estate.emulator.travel(5 * day)
    }
    expect(estate.emulator.pats().find((pat) => pat.authorizationId === other)?.revokedAt).toBeUndefined()
    const fresh = createMarked('zzzz', 'elsewhe2', day)
    expect((await estate.run('status --json')).json.undeclared).toContainEqual(
      expect.objectContaining({ kind: 'pat', authorizationId: fresh }),
    )
  })

  test('a PAT that bears the display name without a mark is neither taken over nor touched', async () => {
    const stranger = estate.emulator.createPat(owner, {
      displayName: 'Package feed',
      scope: 'vso.packaging_write',
      organization: 'contoso',
      validTo: estate.emulator.now() + 5 * day,
    })
    estate.emulator.travel(21 * day - 17 * day)
    await estate.run('apply')
    expect(estate.emulator.pats().find(({ authorizationId }) => authorizationId === stranger.authorizationId)).toEqual({
      ...stranger,
      state: 'active',
    })
    const list = await estate.run('list --json')
    const listed = list.json.pats.find(
      (pat: { authorizationId: string }) => pat.authorizationId === stranger.authorizationId,
    )
    expect(listed).not.toHaveProperty('managedBy')
  })

  test('the PAT and the secret of an entry that was removed are shown as undeclared and left as they are', async () => {
    const [removed] = estate.active()
    declare(packageFeed.replaceAll('ackage', 'ipeline'))
    expect((await estate.run('apply')).code).toBe(0)
    expect((await estate.run('status --json')).json.undeclared).toMatchObject([
      { kind: 'pat', authorizationId: removed?.authorizationId },
    ])
    estate.emulator.travel(6 * day)
    await estate.run('apply')
    expect(stateOf(removed?.authorizationId ?? '')).toBe('active')
    expect(estate.currentWorks('package-feed')).toBe(true)
  })

  test('a secret that somebody else wrote under the name is never written over', async () => {
    declare(`${packageFeed}    secretName: license-key\n`)
    const access = await estate.foreignSecret('license-key')
    const report = await estate.run('apply --json')
    const error = { code: 'secret-not-managed' }
    // What was made under the name of before is nobody's now, and is told of, too.
    const problems = [error, { code: 'undeclared' }]
    expect(report).toMatchObject({ code: 1, json: { results: [{ status: 'failed', error }], problems } })
    expect(estate.emulator.vault('contoso').secrets['license-key']?.versions.map(({ value }) => value)).toEqual([
      access,
    ])
  })
})

describe('a token that moved', () => {
  test('to another secret name gets a new value there, and the old one lives through the overlap', async () => {
    const [old] = estate.active()
    declare(`${packageFeed}    secretName: feed-of-packages\n`)
    expect(await estate.run('plan --json')).toMatchObject({ json: { actions: [{ kind: 'mint', reason: 'moved' }] } })
    expect((await estate.run('apply')).code).toBe(0)
    expect(estate.currentWorks('feed-of-packages')).toBe(true)
    expect(stateOf(old?.authorizationId ?? '')).toBe('active')
  })

  test('and whose scopes changed is rotated, never changed in place', async () => {
    const [old] = estate.active()
    declare(packageFeed.replace('vso.packaging_write', 'vso.packaging'))
    expect(await estate.run('plan --json')).toMatchObject({
      json: { actions: [{ kind: 'mint', reason: 'scopes-differ' }] },
    })
    await estate.run('apply')
    expect(estate.emulator.pats().map(({ scope }) => scope)).toEqual(['vso.packaging_write', 'vso.packaging'])
    expect(stateOf(old?.authorizationId ?? '')).toBe('active')
    await estate.converge()
    expect(stateOf(old?.authorizationId ?? '')).toBe('revoked')
    expect(estate.cutOff(2 * day)).toEqual([])
  })
})
