import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

const day = 24 * 3_600_000

const named = `tokens:
  - name: package-feed
    scopes:
      - vso.packaging_write
  - name: nightly-build
    scopes:
      - vso.code
`

const byRule = `tokens:
  - match: 'Nightly*'
    method: rotate
`

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

function damage(secretName: string): () => void {
  const path = join(estate.directory, 'secrets', 'secrets', `${secretName}.json`)
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, whole.length / 2))
  return () => writeFileSync(path, whole)
}

/** A PAT made by hand that is due. */
function createPat(displayName: string): string {
  const at = estate.emulator.now()
  const dates = { validFrom: at - 27 * day, validTo: at + 3 * day }
  return estate.emulator.createPat(owner, { displayName, scope: 'vso.code', organization: 'contoso', ...dates })
    .authorizationId
}

describe('one secret that cannot be read', () => {
  test('because its file is damaged fails its token alone, and is named with its remedy', async () => {
    estate = await Estate.open({ store: 'file', tokens: named })
    expect(await estate.run('apply')).toMatchObject({ code: 0 })
    const before = await estate.value('package-feed')
    estate.emulator.travel(21 * day)
    const repair = damage('nightly-build')

    const report = await estate.run('apply --json')
    expect(report).toMatchObject({
      code: 1,
      json: {
        results: [
          { token: 'package-feed', kind: 'mint', status: 'done' },
          { token: 'nightly-build', status: 'failed', step: 'observe', error: { code: 'store-corrupt' } },
        ],
        summary: { done: 1, failed: 1 },
      },
    })
    const { message, remedy } = report.json.results[1].error
    expect(message).toContain('nightly-build.json')
    expect(remedy).toContain('Restore the named file')
    expect(await estate.value('package-feed')).not.toBe(before)
    expect(await estate.hands('package-feed')).toBe(true)
    expect(await estate.run('status --json')).toMatchObject({
      code: 1,
      json: {
        tokens: [
          { token: 'package-feed', state: 'healthy' },
          { token: 'nightly-build', state: 'unknown' },
        ],
      },
    })

    repair()
    await estate.converge(2)
    expect(await estate.hands('nightly-build')).toBe(true)
  })

  test('because the vault denies it alone fails its token alone', async () => {
    estate = await Estate.open({ tokens: named })
    expect(await estate.run('apply')).toMatchObject({ code: 0 })
    estate.emulator.travel(21 * day)
    const denied = estate.emulator.fault({
      service: 'vault',
      pathIncludes: '/secrets/package-feed/',
      times: Number.POSITIVE_INFINITY,
      effect: {
        kind: 'status',
        status: 403,
        body: '{"error":{"code":"Forbidden","message":"Action: secrets/get","innererror":{"code":"ForbiddenByRbac"}}}',
      },
    })
    expect(await estate.run('apply --json')).toMatchObject({
      code: 1,
      json: {
        results: [
          { token: 'nightly-build', kind: 'mint', status: 'done' },
          { token: 'package-feed', status: 'failed', step: 'observe', error: { code: 'store-denied' } },
        ],
      },
    })
    expect(estate.currentWorks('nightly-build')).toBe(true)
    denied.cancel()
    await estate.converge(2)
    expect(estate.currentWorks('package-feed')).toBe(true)
    expect(estate.cutOff(2 * day)).toEqual([])
  })

  test('of a rule is named, keeps the PAT that it replaced, and delays no other token of the rule', async () => {
    estate = await Estate.open({ store: 'file', tokens: byRule })
    const old = createPat('Nightly build')
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { summary: { done: 1 } } })
    createPat('Nightly test')
    const repair = damage('nightly-build')
    expect(await estate.run('apply --json')).toMatchObject({
      code: 1,
      json: {
        results: [
          { token: 'nightly-test', kind: 'mint', status: 'done' },
          { token: 'nightly-build', status: 'failed', error: { code: 'store-corrupt' } },
        ],
      },
    })
    expect(estate.active().map(({ authorizationId }) => authorizationId)).toContain(old)
    expect(estate.active()).toHaveLength(4)
    repair()
    await estate.converge(2)
  })
})
