import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertySeed } from '../support/property-seed.ts'
import { trackedFiles } from './tracked-files.ts'

/** Places where a test would draw with a seed of its own, or forget the one of all. */
function strays(text: string): readonly string[] {
  if (!/from 'fast-check'/.test(text)) return []
  return [...text.matchAll(/\b(?:seed:|seed\s*[,}]|randomType|resetConfigureGlobal|configureGlobal)/g)].map(
    ([found]) => found,
  )
}

function drawn(): readonly number[] {
  const values: number[] = []
  fc.assert(fc.property(fc.integer(), (value) => void values.push(value)))
  return values
}

describe('the seed of properties', () => {
  it('is the one that somebody names, whole', () => {
    expect(propertySeed({ PATROL_SEED: '-7', CI: 'true' }, () => 0.5)).toBe(-7)
    for (const PATROL_SEED of ['seven', '1.5', '1e99']) {
      expect(() => propertySeed({ PATROL_SEED }, () => 0.5)).toThrow(PATROL_SEED)
    }
  })

  it('is the same in every build and another one everywhere else', () => {
    const [github, azure] = [propertySeed({ CI: 'true' }, () => 0.1), propertySeed({ TF_BUILD: 'True' }, () => 0.9)]
    expect(azure).toBe(github)
    for (const environment of [{}, { CI: 'false' }, { CI: '' }, { PATROL_SEED: '' }]) {
      expect(propertySeed(environment, () => 0.5)).toBe(2 ** 30)
    }
  })

  it('is set for this file as for all, and makes what is drawn the same again', () => {
    const { seed } = fc.readConfigureGlobal()
    expect(seed).toBeTypeOf('number')
    expect(drawn()).toEqual(drawn())
  })

  it('stands in the report of a property that fails', () => {
    const { seed } = fc.readConfigureGlobal()
    const failing = fc.property(fc.integer(), (value) => value !== value)
    expect(() => fc.assert(failing)).toThrow(`seed: ${seed}`)
  })

  it('is obeyed by every property', () => {
    const found = trackedFiles()
      .filter(({ path }) => path.startsWith('test/') && !/(?:property-seed\.test|seed-properties)\.ts$/.test(path))
      .flatMap(({ path, text }) => strays(text).map((stray) => `${path}: ${stray}`))
    expect(found).toEqual([])
  })

  it('is found to be disobeyed', () => {
    const head = "import fc from 'fast-check'\n"
    for (const text of ['fc.assert(p, { seed: 4 })', 'fc.assert(p, { seed })', 'fc.resetConfigureGlobal()']) {
      expect(strays(head + text)).toHaveLength(1)
      expect(strays(text)).toEqual([])
    }
    expect(strays(`${head}fc.assert(p, { numRuns: 4 })`)).toEqual([])
  })
})
