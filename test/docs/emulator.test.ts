import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts'
import { faultRuleSchema } from '../../src/emulator/faults.ts'
import { readFixture } from '../../src/emulator/fixture.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { defaultSwitches } from '../../src/emulator/switches.ts'
import { blocksOf, spansOf } from './markdown.ts'
import { root, Workshop } from './workshop.ts'

const page = { path: 'docs/emulator.md', text: readFileSync(join(root, 'docs', 'emulator.md'), 'utf8') }
const spans = new Set(spansOf(page))
const [fixture] = blocksOf(page).filter(({ words }) => words[0] === 'yaml')

it('the fixture on the page is one', () => {
  const read = readFixture(parse(fixture?.text ?? '') as Fixture)
  expect(read.pats).toEqual([expect.objectContaining({ displayName: 'Nightly build', validTo: '+9d' })])
  expect(read.users.map(({ mfa }) => mfa)).toEqual(['none', 'required'])
})

it('every key of a fixture stands on the page, and so does every switch', () => {
  const read = readFixture({
    pats: [
      { owner: 'ci-bot@contoso.example', organization: 'contoso', displayName: 'a', scope: 'vso.code', validTo: '+1d' },
    ],
  })
  const sections: readonly (readonly object[])[] = Object.values(read)
  const entries = sections.flatMap(([first]) => (first === undefined ? [] : Object.keys(first)))
  const keys = [...entries, ...Object.keys(defaultSwitches())]
  expect(keys.length).toBeGreaterThan(50)
  expect(keys.filter((key) => !spans.has(key))).toEqual([])
})

it('every effect of a fault that has a name alone stands on the page, and what is no effect is refused', () => {
  const names = [...page.text.matchAll(/`([a-z]+(?:-[a-z0-9]+)*)`/g)].map(([, name = '']) => name)
  const isEffect = (effect: string): boolean =>
    faultRuleSchema.safeParse({ service: 'pats', effect: effect as 'drop' }).success
  const named = new Set(names.filter(isEffect))
  expect(named.size).toBe(13)
  expect(isEffect('lost-answer')).toBe(false)
})

describe('the control address', () => {
  let emulator: Emulator
  let workshop: Workshop

  beforeAll(async () => {
    workshop = new Workshop()
    emulator = await startEmulator({ certificateDir: workshop.directory })
  })

  afterAll(async () => {
    await emulator.stop()
    workshop.close()
  })

  it('knows every request that the page names, and no other', async () => {
    const answer = await workshop.run(`curl --silent --cacert "$CA" "$CONTROL/nothing"`, {
      CA: emulator.caFile,
      CONTROL: emulator.endpoints.control,
    })
    const { known } = JSON.parse(answer.stdout) as { known: readonly string[] }
    const named = [...spans].filter((span) => /^(?:GET|POST) [a-z]/.test(span))
    const plain = (span: string): string =>
      span
        .replace(/\?reveal=1$/, '')
        .replace(/\/(?:ID\/(\w+)|ID|UPN|HOST|NAME)$/, (_, verb?: string) => (verb === undefined ? '' : ` ${verb}`))
        .replace(/fault (\w+)$/, '$1')
    expect(new Set(named.map(plain))).toEqual(new Set(known))
  })
})
