import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Delivery,
  decodeMetadata,
  encodeMetadata,
  fits,
  type Metadata,
  ownsTag,
  type Tags,
} from '../../src/core/metadata.ts'
import { namedFailures } from '../../src/core/delivery.ts'
import { longestReceipt } from '../../src/core/copy.ts'
import { normalizeScopes } from '../../src/core/scopes.ts'
import { instant } from '../../src/core/time.ts'
import { longestReason } from '../../src/core/hold.ts'

const at = instant(Date.UTC(2026, 10, 24, 3, 4, 5, 678))

const plain: Metadata = {
  organization: 'contoso',
  account: 'ci-bot@contoso.example',
  authorizationId: '11111111-2222-3333-4444-555555555555',
  generation: 'ab12cdefghij',
  scopes: ['vso.packaging_write'],
  validFrom: at,
  validTo: instant(at + 30 * 86_400_000 + 1),
  supersedes: [],
  writtenAt: instant(at + 5),
  rule: undefined,
  displayName: 'Package feed',
  deliveries: [],
}

/** Every scope that Azure DevOps documents or that was met for PATs, by family: `family: kinds`, `-` for the bare one. */
const families = `
advsec: - write manage|agentpools: - manage|environment: manage|analytics: -|auditlog: -|auditstreams: manage
build: - execute|code: - write manage full status|connected: server|entitlements: -|memberentitlementmanagement: - write
extension: - manage|extension.data: - write|githubconnections: - manage|graph: - manage|identity: - manage
machinegroup: manage|gallery: - acquire publish manage|notification: - write manage diagnostics|packaging: - write manage
pipelineresources: use manage|project: - write manage|release: - execute manage|securefiles: read write manage
security: manage|serviceendpoint: - query manage|settings: - write|symbols: - write manage|taskgroups: read write manage
dashboards: - manage|test: - write|threads: full|tokens: -|tokenadministration: -|profile: - write
variablegroups: read write manage|wiki: - write|work: - write full|drop: - write manage|loadtest: - write
hooks: - write interact|governance: -`

const allScopes = normalizeScopes(
  families
    .trim()
    .split(/[|\n]/)
    .flatMap((line) => {
      const [family = '', kinds = ''] = line.split(': ')
      return kinds.split(' ').map((kind) => (kind === '-' ? `vso.${family}` : `vso.${family}_${kind}`))
    }),
)

const delivered = { beganAt: at, deliveredAt: instant(at + 1), failures: 0, nextAttemptAt: undefined }

function failing(target: string, seconds: number): Delivery {
  return {
    target,
    beganAt: instant(seconds * 1_000),
    deliveredAt: instant((seconds + 9) * 1_000),
    failures: 999,
    failure: 'target-unreachable',
    nextAttemptAt: instant((seconds + 86_400) * 1_000),
  }
}

function taken(target: string, seconds: number): Delivery {
  const receipt = 'r'.repeat(longestReceipt)
  const { beganAt, deliveredAt } = failing(target, seconds)
  return { target, beganAt, deliveredAt, failures: 0, nextAttemptAt: undefined, receipt }
}

function largest(seconds: number, delivery: typeof failing = failing): Metadata {
  return {
    ...plain,
    organization: 'o'.repeat(50),
    account: `${'a'.repeat(64)}@${'b'.repeat(48)}`,
    scopes: [...allScopes, 'app_token'],
    displayName: 'd'.repeat(200),
    rule: 'r'.repeat(200),
    extendedAt: at,
    hold: { until: at, stops: 'replacement', reason: 'r'.repeat(longestReason) },
    supersedes: ['1', '2', '3'].map((digit) => digit.repeat(8) + plain.authorizationId.slice(8)),
    deliveries: Array.from({ length: 20 }, (_, index) => delivery(String(index).padStart(24, 't'), seconds)),
  }
}

describe('the format', () => {
  it('writes readable tags', () => {
    const tags = encodeMetadata({
      ...plain,
      scopes: ['vso.code', 'vso.code_manage', 'vso.code_status', 'vso.graph_manage', 'app_token'],
      supersedes: ['22222222-2222-3333-4444-555555555555'],
      rule: 'Package*',
      deliveries: [
        { ...delivered, target: 'feed', receipt: 'Yq3hR0c_x7-2' },
        { ...delivered, target: 'hook' },
        {
          target: 'wiki',
          beganAt: undefined,
          deliveredAt: undefined,
          failures: 2,
          failure: 'target-denied',
          nextAttemptAt: at,
        },
      ],
    })
    expect(tags).toEqual({
      patrol: '1 ab12cdefghij 1795489445678 1798081445679 1795489445683',
      organization: 'contoso',
      account: 'ci-bot@contoso.example',
      'authorization-id': '11111111-2222-3333-4444-555555555555',
      'display-name': 'Package feed',
      rule: 'Package*',
      scope: '=app_token code+m+status graph_m',
      supersedes: '22222222-2222-3333-4444-555555555555',
      delivered: 'feed:tozkit:tozkiu:::Yq3hR0c_x7-2 hook:tozkit:tozkiu wiki:::tozkiu:2:denied',
    })
  })

  it('keeps until when a PAT was asked for in a tag of its own, which older readers pass over', () => {
    const metadata = { ...plain, askedUntil: instant(at + 365 * 86_400_000) }
    const { 'asked-until': asked, ...older } = encodeMetadata(metadata)
    expect(asked).toBe('1827025445678')
    expect(older).toEqual(encodeMetadata(plain))
    expect(decodeMetadata({ ...older, 'asked-until': asked ?? '' })).toEqual({ kind: 'read', metadata })
    expect(decodeMetadata(older)).toEqual({ kind: 'read', metadata: plain })
    expect(decodeMetadata({ ...older, 'asked-until': 'soon' })).toEqual({ kind: 'read', metadata: plain })
  })

  it('leaves out until when a PAT was asked for where there is no room, because nothing hangs on it', () => {
    const metadata = { ...plain, askedUntil: at }
    const needed = Object.keys(encodeMetadata(plain)).length
    expect(encodeMetadata(metadata, needed)).toEqual(encodeMetadata(plain))
    expect(encodeMetadata(metadata, needed + 1)).toHaveProperty('asked-until')
    const full = { ...largest(1_800_000_000), askedUntil: at }
    expect(fits(full)).toBe(true)
    expect(Object.keys(encodeMetadata(full)).length).toBeLessThanOrEqual(15)
  })

  it('rounds the beginning of a delivery down and all other times up, so that no gate opens early', () => {
    const delivery: Delivery = { target: 'feed', beganAt: at, deliveredAt: at, failures: 1, nextAttemptAt: at }
    const reading = decodeMetadata(encodeMetadata({ ...plain, deliveries: [delivery] }))
    const second = instant(at - 678)
    expect(reading).toMatchObject({
      metadata: {
        deliveries: [{ beganAt: second, deliveredAt: second + 1_000, nextAttemptAt: second + 1_000, failures: 1 }],
      },
    })
  })

  it.each([
    ['failing', 'in 2026', at / 1_000, failing],
    ['failing', 'in 2060, when times have a digit more', Date.UTC(2060, 0) / 1_000, failing],
    ['delivered', 'in 2026, each with a receipt', at / 1_000, taken],
    ['delivered', 'in 2060, each with a receipt', Date.UTC(2060, 0) / 1_000, taken],
  ])('holds all scopes, a rule and twenty %s targets with names of 24 characters %s', (_kind, _year, seconds, kind) => {
    const metadata = largest(Math.trunc(seconds), kind)
    const tags = encodeMetadata(metadata)
    expect(Object.keys(tags).length).toBeLessThanOrEqual(15)
    expect(Math.max(...Object.values(tags).map((value) => value.length))).toBeLessThanOrEqual(256)
    expect(decodeMetadata(tags)).toEqual({
      kind: 'read',
      metadata: { ...metadata, scopes: normalizeScopes(metadata.scopes) },
    })
  })

  it('keeps apart a kind of scope that is one of our letters', () => {
    const scopes = ['vso.odd_m', 'vso.odd_manage', 'vso.odd_w', 'vso.odd']
    const reading = decodeMetadata(encodeMetadata({ ...plain, scopes }))
    expect(reading).toMatchObject({ metadata: { scopes: normalizeScopes(scopes) } })
  })

  it('refuses what does not fit, in place of cutting it', () => {
    const long = { ...plain, displayName: 'd'.repeat(257) }
    const many = { ...plain, supersedes: Array.from({ length: 80 }, () => plain.authorizationId) }
    for (const metadata of [long, many]) {
      expect(fits(metadata)).toBe(false)
      expect(() => encodeMetadata(metadata)).toThrow(RangeError)
    }
    expect(fits(largest(1_800_000_000))).toBe(true)
  })

  it('reads a record without a receipt as an older Patrol wrote it', () => {
    const old = { ...encodeMetadata(plain), delivered: 'feed:tozkit:tozkiu wiki:::tozkiu:2' }
    const reading = decodeMetadata(old)
    expect(reading).toMatchObject({ kind: 'read', metadata: { deliveries: [{ target: 'feed', failures: 0 }, {}] } })
    expect(JSON.stringify(reading)).not.toContain('receipt')
    if (reading.kind === 'read') expect(encodeMetadata(reading.metadata)).toEqual(old)
  })

  it.each(['two words', 'a:b', 'r'.repeat(17), ''])(
    'refuses the receipt %j, which would be read back as another',
    (receipt) => {
      const deliveries = [{ ...taken('x', 1), receipt }]
      expect(() => encodeMetadata({ ...plain, deliveries })).toThrow('receipt of a target')
    },
  )

  it.each(['', 'two words', 'a:b'])('refuses the target name %j, which would be read back as another', (target) => {
    const deliveries = [{ ...failing('x', 1), target }]
    expect(() => encodeMetadata({ ...plain, deliveries })).toThrow('name of a target')
  })
})

describe('reading', () => {
  const good = encodeMetadata({
    ...plain,
    scopes: allScopes,
    deliveries: Array.from({ length: 20 }, (_, index) => failing(String(index).padStart(24, 't'), 1_800_000_000)),
  })
  const without = (name: string): Tags => Object.fromEntries(Object.entries(good).filter(([tag]) => tag !== name))

  it('calls a version without our mark foreign', () => {
    expect(decodeMetadata({})).toEqual({ kind: 'foreign' })
    expect(decodeMetadata(without('patrol'))).toEqual({ kind: 'foreign' })
  })

  it.each([
    ['2 ab12cdefghij 1 2 3', '2'],
    ['10 ab12cdefghij 1 2 3', '10'],
    ['1.1 ab12cdefghij', '1.1'],
    ['', ''],
    ['v1', 'v1'],
  ])('refuses version %j, which it could misread', (patrol, version) => {
    expect(decodeMetadata({ ...good, patrol })).toEqual({ kind: 'unsupported', version })
  })

  it.each<[string, Tags]>([
    ['patrol', { ...good, patrol: '1' }],
    ['patrol', { ...good, patrol: '1 ab12cdefghij' }],
    ['patrol', { ...good, patrol: '1 ab12cdefghij 1 2' }],
    ['patrol', { ...good, patrol: '1 ab12cdefghij 1 x 3' }],
    ['patrol', { ...good, patrol: '1 ab12cdefghij 1 -2 3' }],
    ['patrol', { ...good, patrol: '1  1 2 3' }],
    ['patrol', { ...good, patrol: '1 ab12cdefghij 1 2 3 x' }],
    ['organization', without('organization')],
    ['account', { ...good, account: '' }],
    ['authorization-id', without('authorization-id')],
    ['display-name', without('display-name')],
    ['scope', without('scope')],
    ['scope', without('scope-2')],
    ['delivered', without('delivered')],
    ['delivered', without('delivered-3')],
    ['delivered', { ...good, delivered: ':1:2' }],
    ['delivered', { ...good, delivered: 'feed:!' }],
    ['delivered', { ...good, delivered: 'feed:1:2:3:4:r:5' }],
    ['delivered', { ...good, delivered: 'feed:1:2:::no.receipt' }],
    ['delivered', { ...good, delivered: 'feed:1:2:::seventeenseventee' }],
  ])('names the damaged field %s', (field, tags) => {
    expect(decodeMetadata(tags)).toEqual({ kind: 'damaged', field })
  })

  it('is not disturbed by tags of others', () => {
    expect(decodeMetadata({ ...good, 'cost-center': '4711', 'scope-note': 'mine', Patrol: 'x' })).toEqual(
      decodeMetadata(good),
    )
  })

  it('tells its own tags from those of others', () => {
    expect(Object.keys(good).filter((name) => !ownsTag(name))).toEqual([])
    expect(['cost-center', 'scope-note', 'Patrol', 'delivered-', 'rules', 'supersedes-x'].filter(ownsTag)).toEqual([])
  })
})

describe('any metadata', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((value) => instant(value * 1_000))
  const text = fc.string({ minLength: 1, maxLength: 200 })
  const scope = fc.oneof(
    fc.constantFrom(...allScopes, 'app_token', 'vso.code_w', 'vso.odd_part_m', 'vso.', 'user_impersonation'),
    fc.stringMatching(/^vso\.[a-z.]{1,8}(_[a-z0-9]{1,8}){0,2}$/),
  )
  const target = fc.stringMatching(/^[a-z0-9-]{1,24}$/)
  const trouble: fc.Arbitrary<Delivery> = fc.record({
    target,
    beganAt: fc.option(seconds, { nil: undefined }),
    deliveredAt: fc.option(seconds, { nil: undefined }),
    nextAttemptAt: fc.option(seconds, { nil: undefined }),
    failures: fc.integer({ min: 1, max: 5_000 }),
    failure: fc.constantFrom(undefined, ...namedFailures),
  })
  const success: fc.Arbitrary<Delivery> = fc
    .tuple(target, seconds, seconds, fc.stringMatching(/^[\w-]{1,16}$/))
    .map(([name, beganAt, deliveredAt, receipt]) => {
      return { target: name, beganAt, deliveredAt, nextAttemptAt: undefined, failures: 0, receipt }
    })
  const delivery = fc.oneof(trouble, success)
  const metadata: fc.Arbitrary<Metadata> = fc.record({
    organization: text,
    account: text,
    authorizationId: fc.uuid(),
    generation: fc.stringMatching(/^[0-9a-z]{12}$/),
    scopes: fc.array(scope, { maxLength: 120 }),
    validFrom: fc.nat().map(instant),
    validTo: fc.nat().map(instant),
    supersedes: fc.array(fc.uuid(), { maxLength: 6 }),
    writtenAt: fc.nat().map(instant),
    extendedAt: fc.option(fc.nat().map(instant), { nil: undefined }),
    askedUntil: fc.option(fc.nat().map(instant), { nil: undefined }),
    rule: fc.option(text, { nil: undefined }),
    displayName: text,
    deliveries: fc.array(delivery, { maxLength: 20 }),
  })

  it('names the error of a failure only where there is a word for it', () => {
    const deliveries = [{ ...failing('feed', 1_800_000_000), failure: 'internal' as const }]
    const reading = decodeMetadata(encodeMetadata({ ...plain, deliveries }))
    expect(reading).toMatchObject({ metadata: { deliveries: [{ failures: 999 }] } })
    expect(JSON.stringify(reading)).not.toMatch(/internal|receipt|"failure"/)
    const later = decodeMetadata({ ...encodeMetadata(plain), delivered: 'feed:::tozkiu:2:word-of-later' })
    expect(later).toMatchObject({ metadata: { deliveries: [{ target: 'feed', failures: 2 }] } })
  })

  it('that fits is read back as it was written', () => {
    fc.assert(
      fc.property(metadata, (value) => {
        fc.pre(fits(value))
        const tags = encodeMetadata(value)
        const { askedUntil, ...rest } = value
        const kept = 'asked-until' in tags ? { askedUntil } : {}
        if (askedUntil !== undefined && !('asked-until' in tags)) expect(Object.keys(tags)).toHaveLength(15)
        expect(decodeMetadata(tags)).toEqual({
          kind: 'read',
          metadata: { ...rest, ...kept, scopes: normalizeScopes(value.scopes) },
        })
      }),
      { numRuns: 300 },
    )
  })

  it('with any of the documented scopes and up to twenty targets fits', () => {
    const documented = fc.subarray(allScopes.concat('app_token'))
    const deliveries = fc.array(delivery, { maxLength: 20 })
    fc.assert(
      fc.property(metadata, documented, deliveries, (value, scopes, list) => {
        expect(fits({ ...value, scopes, deliveries: list })).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('that was tampered with never throws, and never reads as another version', () => {
    const tags = fc.dictionary(
      fc.constantFrom('patrol', 'organization', 'account', 'scope', 'scope-2', 'delivered', 'rule', 'other'),
      fc.oneof(fc.string(), fc.constantFrom('1 a 1 2 3', '1', '2 a', 'a:b:c', 'x_', '+', '_')),
    )
    fc.assert(
      fc.property(tags, (value) => {
        const reading = decodeMetadata(value)
        if (reading.kind === 'read') expect(value['patrol']).toMatch(/^1 /)
        if (reading.kind === 'foreign') expect(value['patrol']).toBeUndefined()
      }),
    )
  })
})

describe('a hold in the metadata', () => {
  const hold = { until: instant(at + 1_000), stops: 'revocation', reason: 'the build broke' } as const

  it.each([
    [
      'never extended',
      {},
      '1 ab12cdefghij 1795489445678 1798081445679 1795489445683 - 1795489446678 revocation the build broke',
    ],
    [
      'extended',
      { extendedAt: at },
      '1 ab12cdefghij 1795489445678 1798081445679 1795489445683 1795489445678 1795489446678 revocation the build broke',
    ],
  ])('of a PAT that was %s stands behind the times', (_kind, difference, mark) => {
    const metadata = { ...plain, ...difference, hold }
    const tags = encodeMetadata(metadata)
    expect(tags['patrol']).toBe(mark)
    expect(decodeMetadata(tags)).toMatchObject({ kind: 'read', metadata })
  })

  it.each(['-', '- soon', '- 12', '- 12 everything', 'x 12 revocation'])('that reads %j is damaged', (rest) => {
    const tags = { ...encodeMetadata(plain) }
    tags['patrol'] += ` ${rest}`
    expect(decodeMetadata(tags)).toEqual({ kind: 'damaged', field: 'patrol' })
  })

  it('whose reason is no line is refused', () => {
    expect(fits({ ...plain, hold: { ...hold, reason: 'two\nlines' } })).toBe(false)
  })
})
