import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMetadata, encodeMetadata, fits, ownsTag, type Tags } from '../../src/core/metadata.ts'
import { aMetadata } from '../support/builders.ts'

const names = [
  ['patrol', 'organization', 'account', 'authorization-id', 'display-name', 'rule', 'scope', 'scope-2', 'scope-3'],
  ['supersedes', 'supersedes-2', 'delivered', 'delivered-2', 'scope-1', 'scope-02', 'scope-x', 'Patrol', 'owner'],
  ['asked', 'asked-2', 'asked-until'],
  ['__proto__', 'constructor', 'toString'],
].flat()

const oddities = [
  ['', ' ', '1', '2', '1 abc', '1 abc 1 2 3', '1 abc 1 2 3 4', '1 abc 1 2 3 4 5', '1 abc -1 2 3', '1  1 2 3'],
  ['1 abc 1e3 2 3', '1 abc 9999999999999999 2 3', 'code+w', 'code_', '+', '_', '=', '=app_token', 'code+m+m'],
  ['app', 'app:', 'app:::', 'app:a:b:c:d', 'app:a:b:c:d:e', ':a', 'app:!', 'app:zzzzzzzzzzz', 'a b  c'],
].flat()

const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...oddities))

const written = fc.record({
  organization: fc.constantFrom('contoso', 'Contoso-2'),
  authorizationId: fc.uuid(),
  supersedes: fc.array(fc.uuid(), { maxLength: 9 }),
  scopes: fc.array(fc.constantFrom('vso.code', 'vso.code_manage', 'vso.work_full', 'app_token'), { maxLength: 4 }),
})

/** Tags as somebody may have left them: ours, with some changed, taken away or added; or none of ours at all. */
const tags: fc.Arbitrary<Tags> = fc
  .record({
    ours: fc.option(written, { nil: undefined, freq: 4 }),
    changes: fc.array(fc.tuple(fc.constantFrom(...names), fc.option(value, { nil: undefined })), { maxLength: 5 }),
  })
  .map(({ ours, changes }) => {
    const encoded = ours === undefined ? {} : encodeMetadata(aMetadata(ours))
    const changed = new Map<string, string | undefined>([...Object.entries(encoded), ...changes])
    return Object.fromEntries([...changed].filter(([, text]) => text !== undefined)) as Tags
  })

describe('whatever the tags are', () => {
  it('reading them throws nothing, and what cannot be read names a field', () => {
    const kinds = new Set<string>()
    fc.assert(
      fc.property(tags, (some) => {
        const reading = decodeMetadata(some)
        kinds.add(reading.kind)
        if (reading.kind === 'damaged') expect(names).toContain(reading.field)
        expect(reading.kind === 'foreign').toBe(!Object.hasOwn(some, 'patrol'))
      }),
      { numRuns: 3_000 },
    )
    expect([...kinds].toSorted()).toEqual(['damaged', 'foreign', 'read', 'unsupported'])
  })

  it('what is read has times that are numbers, an owner and an id', () => {
    fc.assert(
      fc.property(tags, (some) => {
        const reading = decodeMetadata(some)
        if (reading.kind !== 'read') return
        const { metadata } = reading
        const { validFrom, validTo, writtenAt, extendedAt, deliveries } = metadata
        for (const at of [validFrom, validTo, writtenAt, extendedAt ?? 0]) expect(at).toBe(Math.trunc(at))
        for (const text of [metadata.account, metadata.organization, metadata.authorizationId, metadata.generation])
          expect(text).not.toBe('')
        for (const { target, deliveredAt, failures } of deliveries) {
          expect(target).not.toBe('')
          expect(Number.isSafeInteger(deliveredAt ?? 0)).toBe(true)
          expect(Number.isSafeInteger(failures)).toBe(true)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('what is read and fits is written and read as the same, so that an update changes only what it means to', () => {
    let again = 0
    fc.assert(
      fc.property(tags, (some) => {
        const reading = decodeMetadata(some)
        if (reading.kind !== 'read' || !fits(reading.metadata)) return
        expect(decodeMetadata(encodeMetadata(reading.metadata))).toEqual(reading)
        again += 1
      }),
      { numRuns: 3_000 },
    )
    expect(again).toBeGreaterThan(300)
  })

  it('a list with a part taken out of its middle is damaged, never shorter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uuid(), { minLength: 15, maxLength: 21 }),
        fc.constantFrom('supersedes', 'supersedes-2'),
        (supersedes, gone) => {
          const { [gone]: _, ...rest } = encodeMetadata(aMetadata({ supersedes }))
          expect(decodeMetadata(rest)).toEqual({ kind: 'damaged', field: 'supersedes' })
        },
      ),
    )
  })

  it('everything that is written is ours to replace', () => {
    fc.assert(
      fc.property(written, (some) => {
        for (const name of Object.keys(encodeMetadata(aMetadata(some)))) expect(ownsTag(name)).toBe(true)
      }),
    )
  })
})
