import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { documents } from '../scripts/documents.ts'
import { Estate, owner } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

/** A token that was rotated once, and whose entry is then taken out of the configuration. */
async function left(targets = false): Promise<void> {
  estate = await Estate.open({ targets })
  await estate.run('apply')
  estate.emulator.travel(21 * day)
  await estate.run('apply')
  expect(estate.active()).toHaveLength(2)
  const text = readFileSync(estate.configFile, 'utf8')
  const without = text.replace(/^tokens:\n[\s\S]*/m, 'tokens:\n  - name: other\n    scopes:\n      - vso.build\n')
  writeFileSync(estate.configFile, without)
  await estate.run('apply')
}

async function retire(...words: readonly string[]) {
  const ended = await estate.run(['retire', 'package-feed', ...words, '--json'])
  return { code: ended.code, report: documents.retire.parse(ended.json) }
}

test('plan and apply say that PATs are there which no entry declares', async () => {
  await left()
  for (const command of ['plan', 'apply']) {
    const { json, code } = await estate.run(`${command} --json`)
    expect(code).toBe(0)
    expect(json.problems).toMatchObject([
      { token: '*', code: 'undeclared', message: expect.stringMatching(/^2 PATs that Patrol made/) },
    ])
  }
  expect((await estate.run('plan --json --only other')).json.problems).toEqual([])
})

test('retire waits first, in the store, and then ends PATs, versions and copies', async () => {
  await left(true)
  const first = await retire('--after', '3d')
  expect(first).toMatchObject({ code: 0, report: { state: 'waiting' } })
  expect((await retire()).report).toEqual(first.report)
  expect(estate.active()).toHaveLength(3)
  expect(estate.copies.held()).toEqual([expect.any(String), expect.any(String)])
  estate.emulator.travel(3 * day + hour)
  const { code, report } = await retire()
  expect(code).toBe(0)
  expect(report).toMatchObject({
    state: 'retired',
    copies: expect.arrayContaining([{ target: 'variables', state: 'removed' }]),
    proofs: expect.arrayContaining([expect.objectContaining({ kind: 'refused' })]),
  })
  expect(estate.active().map(({ displayName }) => displayName)).toEqual([expect.stringMatching(/^other /)])
  expect(estate.copies.held()[0]).toBeUndefined()
  const { versions } = estate.emulator.vault('contoso').secrets['package-feed']!
  expect(versions.map(({ enabled }) => enabled)).toEqual([false, false])
  expect((await estate.run('plan --json')).json.problems).toEqual([])
  expect((await retire('--now')).report).toMatchObject({ state: 'retired', results: [] })
})

test('retire --now ends at once, with the built program', async () => {
  await left()
  await retire()
  const ended = await estate.start('retire package-feed --now --json').ended
  expect(ended).toMatchObject({ code: 0, json: { state: 'retired', summary: { done: 2 } } })
  expect(estate.active()).toHaveLength(1)
})

test('a retirement that was cut off goes on in the next call', async () => {
  await left()
  estate.emulator.fault({
    service: 'pats',
    method: 'DELETE',
    times: 1,
    effect: { kind: 'status', status: 403 },
  })
  expect((await retire('--now')).code).toBe(1)
  expect((await retire('--now')).code).toBe(0)
  expect(estate.active()).toHaveLength(1)
})

test('retire leaves alone what is held, declared or unknown', async () => {
  await left()
  expect(await estate.run('retire other --json')).toMatchObject({
    code: 2,
    json: { error: { message: expect.stringMatching(/declared by the entry other/) } },
  })
  expect(await estate.run('retire nothing --json')).toMatchObject({
    code: 2,
    json: { error: { message: expect.stringMatching(/no store has a secret nothing/) } },
  })
  expect(await estate.run('retire package-feed --now --after 1d --json')).toMatchObject({ code: 2 })
})

test('targets that are declared no more are named from the start, with what a person has to do', async () => {
  await left(true)
  const text = readFileSync(estate.configFile, 'utf8')
  writeFileSync(estate.configFile, text.replace(/^targets:\n(?: .*\n)+/m, ''))
  const told = { target: 'variables', state: 'undeclared', message: expect.stringMatching(/no target of this name/) }
  const waiting = await retire('--after', '1d')
  expect(waiting).toMatchObject({ code: 0, report: { state: 'waiting', copies: [told, { target: 'program' }] } })
  expect((await estate.run('retire package-feed')).stdout).toMatch(/variables +undeclared +it was given a value/)
  const ended = await retire('--now')
  expect(ended).toMatchObject({ code: 0, report: { state: 'retired', copies: [told, { state: 'undeclared' }] } })
  expect(estate.copies.held()).toEqual([expect.any(String), expect.any(String)])
  // Declared again, the same command takes it away.
  writeFileSync(estate.configFile, text)
  const { report } = await retire('--now')
  expect(report.state === 'retired' && report.copies).toContainEqual({ target: 'variables', state: 'removed' })
  expect(estate.copies.held()[0]).toBeUndefined()
})

test('a copy of a value before the current one, whose target the entry had dropped, is taken away, too', async () => {
  estate = await Estate.open({ targets: true })
  await estate.run('apply')
  const text = readFileSync(estate.configFile, 'utf8')
  const dropped = text.replace(/^ {4}targets:\n(?: {6}- .*\n)+/m, '')
  writeFileSync(estate.configFile, dropped)
  await estate.run('rotate package-feed')
  writeFileSync(
    estate.configFile,
    dropped.replace(/^tokens:\n[\s\S]*/m, 'tokens:\n  - name: other\n    scopes:\n      - vso.build\n'),
  )
  const { report } = await retire('--now')
  expect(report.state === 'retired' && report.copies).toContainEqual({ target: 'variables', state: 'removed' })
  expect(estate.copies.held()[0]).toBeUndefined()
})

test('a retirement that waits is told by plan and status, also of an adopted PAT, and when it is due', async () => {
  const made = {
    owner,
    organization: 'contoso',
    displayName: 'By hand',
    scope: 'vso.code',
    validFrom: '-1d',
    validTo: '+29d',
  }
  const entry = 'tokens:\n  - name: by-hand\n    displayName: By hand\n    scopes:\n      - vso.code\n'
  estate = await Estate.open({ tokens: entry, fixture: { pats: [made] } })
  await estate.run('adopt by-hand', { input: estate.emulator.pats()[0]?.value ?? '' })
  const [pat] = estate.active()
  const text = readFileSync(estate.configFile, 'utf8')
  writeFileSync(estate.configFile, text.replaceAll('by-hand', 'other').replace('By hand', 'Other'))
  await estate.run('apply')
  expect(documents.plan.parse((await estate.run('plan --json')).json).retiring).toEqual([])
  await estate.run('retire by-hand --after 2d')
  for (const [travel, due, words] of [
    [0, false, /by-hand +contoso +ends in .*patrol retire by-hand {2}after that/],
    [2 * day + hour, true, /by-hand +contoso +due now +patrol retire by-hand\n/],
  ] as const) {
    estate.emulator.travel(travel)
    const expected = [{ secretName: 'by-hand', authorizationId: pat?.authorizationId, due }]
    expect(documents.plan.parse((await estate.run('plan --json')).json).retiring).toMatchObject(expected)
    expect(documents.status.parse((await estate.run('status --json')).json).retiring).toMatchObject(expected)
    for (const command of ['plan', 'status']) expect((await estate.run(command)).stdout).toMatch(words)
    expect((await estate.run('plan --only other')).stdout).not.toContain('by-hand')
  }
  await estate.run('retire by-hand')
  expect(documents.plan.parse((await estate.run('plan --json')).json).retiring).toEqual([])
})
