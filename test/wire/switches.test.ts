import { describe, expect, test } from 'vitest'
import { markedName, markOf } from '../../src/core/names.ts'
import { defaultSwitches, type SwitchChanges } from '../../src/emulator/switches.ts'
import { Estate, owner } from '../support/estate.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Every setting of every switch that is not the default; what the vendors' documents leave open. */
const settings: readonly SwitchChanges[] = [
  { statusOfPatTokenError: 400 },
  { statusOfPatTokenError: 403 },
  { deleteStatus: 200 },
  { deleteUnknown: 204 },
  { getUnknown: 'authorizationNotFound' },
  { defaultDisplayFilter: 'all' },
  { defaultTop: 1 },
  { topAbove100: 'error' },
  { validToOmitted: 'invalidValidTo' },
  { validToTooLong: 'clamp' },
  { lifespan: 'error' },
  { extendExpired: 'extends' },
  { maxDisplayNameLength: 64 },
  { duplicateDisplayNames: 'invalidDisplayName' },
  { requireBothPatScopes: false },
  { tokenFormat: 'old' },
  { scopeOrder: 'sorted' },
  { scopeOrder: 'lowercase' },
  { visibilityDelaySeconds: { createList: 600 } },
  { visibilityDelaySeconds: { revokeList: 600 } },
  { visibilityDelaySeconds: { useNew: 20 } },
  { visibilityDelaySeconds: { useRevoked: 600 } },
  { visibilityDelaySeconds: { createList: 20, revokeList: 20, useNew: 20, useRevoked: 20 } },
  { putChangesValue: 'returned' },
  { putChangesValue: 'silently' },
  { anonymousConnectionData: true },
  { unknownOrganization: 'sign-in' },
  { missingScopeStatus: 403 },
  { mfaError: 'interaction_required' },
  { perHostClockSkewSeconds: { entra: 40, azureDevOps: -40, vault: 40 } },
  { maxTagLength: 512 },
  { throttleAfter: 200 },
  { roundTripMs: 5 },
]

/** Those that decide whether a PAT may exist at all are looked at one by one below. */
const elsewhere = ['policies']

/** Those of ways to sign in that this job does not go, tried where these ways are. */
const ofOtherSignIns = [
  'authorizationHost',
  'authorizationUri',
  'deviceCodeSeconds',
  'devicePollSeconds',
  'devicePolledTooFast',
  'pipelinesIssuer',
  'refreshTokenAtUse',
]

/** Those of what administrators see, and of PATs for all organizations, which this job never touches. */
const ofOtherViews = [
  'administrationInstants',
  'administrationLargestPage',
  'administrationPageSize',
  'administratorsSee',
  'disabledMember',
  'globalPatsEndAt',
  'graphPageSize',
]

/** Those of targets in Azure DevOps, tried where these are. */
const ofTargets = ['hiddenSecrets', 'nullSecrets', 'omittedReferences', 'unknownLibraryItem']

const tokens = `tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
      - vso.code
  - name: dashboards
    method: renew
    store: vault
    scopes:
      - vso.dashboards
  - match: Nightly*
    method: rotate
  - match: "*"
    method: renew
    lifetime: 60d
    renewBefore: 20d
`

const common = { owner, organization: 'contoso' }
const pats = [
  { ...common, displayName: 'Nightly build', scope: 'vso.build vso.code', validFrom: '-27d', validTo: '+3d' },
  { ...common, displayName: 'Release notes', scope: 'vso.work', validFrom: '-50d', validTo: '+10d' },
]

test('the table has every switch', () => {
  const named = new Set(settings.flatMap((setting) => Object.keys(setting)))
  expect([...named, ...elsewhere, ...ofOtherSignIns, ...ofOtherViews, ...ofTargets].sort()).toEqual(
    Object.keys(defaultSwitches()).sort(),
  )
})

describe.each(settings.map((setting) => [JSON.stringify(setting), setting] as const))('%s', (_, setting) => {
  test('the main job is right', async () => {
    const estate = await Estate.open({ tokens, fixture: { pats } })
    estate.emulator.set(setting)
    const kept = ['package-feed', 'dashboards', 'nightly-build']

    const first = await estate.run('apply --json')
    expect(first).toMatchObject({ code: 0, json: { summary: { done: 4, failed: 0 } } })
    for (const token of kept) expect(await estate.hands(token), token).toBe(true)
    const [, release] = estate.emulator.pats()
    expect(release?.validTo).toBeGreaterThan(estate.emulator.now() + 59 * day)

    const mark = estate.emulator.requests().length
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(estate.mutations(mark)).toEqual([])

    // Long enough for all delays to pass, for everything to become due twice, and for the overlaps to end.
    for (let at = 0; at < 45 * day; at += 9 * day) {
      estate.emulator.travel(9 * day)
      expect((await estate.run('apply')).code).toBe(0)
      for (const token of kept) expect(await estate.hands(token), `${token} after ${at / day} days`).toBe(true)
    }
    estate.emulator.travel(2 * day + hour)
    await estate.converge(4)
    expect(estate.cutOff(2 * day)).toEqual([])
    await estate.stop()
  })

  test('what was revoked outside is replaced, and an orphan is collected', async () => {
    const estate = await Estate.open()
    estate.emulator.set(setting)
    await estate.run('apply')
    const [pat] = estate.active()
    estate.emulator.revokeOutside(pat?.authorizationId ?? '', 'scanner')
    estate.emulator.travel(15 * minute)
    expect((await estate.run('apply')).code).toBe(0)
    expect(await estate.hands('package-feed')).toBe(true)

    // Somebody's power failed when the PAT was there and nobody had its value yet.
    const { installation = '' } = markOf(estate.active()[0]?.displayName ?? '') ?? {}
    estate.emulator.createPat(owner, {
      displayName: markedName('Package feed', `${installation}orphaned`),
      scope: 'vso.packaging_write',
      organization: 'contoso',
      validTo: estate.emulator.now() + 30 * day,
    })
    estate.emulator.travel(75 * minute)
    expect((await estate.run('apply')).code).toBe(0)
    expect(estate.active()).toHaveLength(1)
    expect(await estate.hands('package-feed')).toBe(true)
    await estate.stop()
  })
})

describe('a policy', () => {
  test.each([
    [{ disablePatCreation: 'all' }, 'policy-creation-disabled'],
    [{ conditionalAccess: 'block' }, 'conditional-access'],
    [{ unreadable: 'tenant' }, 'service-unavailable'],
    [{ unreadable: 'organization' }, 'service-unavailable'],
  ] as const)('%j fails what is due with %s, and the value of before goes on working', async (policies, code) => {
    const estate = await Estate.open()
    await estate.run('apply')
    estate.emulator.travel(21 * day)
    estate.emulator.set({ policies })
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({ code: 1, json: { results: [{ status: 'failed', error: { code } }] } })
    expect(estate.active()).toHaveLength(1)
    expect(estate.currentWorks('package-feed')).toBe(true)
    await estate.stop()
  })

  test.each([{ restrictGlobal: true }, { disablePatCreation: 'packaging-only' }, { restrictFullScope: true }] as const)(
    '%j does not touch a PAT for packages in one organization',
    async (policies) => {
      const estate = await Estate.open()
      estate.emulator.set({ policies })
      expect((await estate.run('apply')).code).toBe(0)
      estate.emulator.travel(21 * day)
      expect((await estate.run('apply')).code).toBe(0)
      await estate.converge()
      await estate.stop()
    },
  )

  test('against PATs that may do everything names the remedy', async () => {
    const estate = await Estate.open({ tokens: 'tokens:\n  - name: everything\n    scopes:\n      - app_token\n' })
    estate.emulator.set({ policies: { restrictFullScope: true } })
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({ code: 1, json: { results: [{ error: { code: 'policy-full-scope' } }] } })
    await estate.stop()
  })

  test.each(['clamp', 'error'] as const)('that limits lives to 7 days (%s) is followed', async (lifespan) => {
    const estate = await Estate.open()
    estate.emulator.set({ policies: { maxLifespanDays: 7 }, lifespan })
    const report = await estate.run('apply --json')
    if (lifespan === 'error') {
      expect(report).toMatchObject({ code: 1, json: { results: [{ error: { code: 'policy-lifespan' } }] } })
    } else {
      expect(report.code).toBe(0)
      for (let days = 0; days < 30; days++) {
        estate.emulator.travel(day)
        expect((await estate.run('apply')).code).toBe(0)
        expect(await estate.hands('package-feed')).toBe(true)
      }
      // In a life of seven days the window is a third of it, and so is the overlap at most.
      expect(estate.emulator.pats().length).toBeLessThanOrEqual(8)
      expect(estate.cutOff(2 * day)).toEqual([])
    }
    await estate.stop()
  })
})
