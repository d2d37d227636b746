import { chmodSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { documents } from '../scripts/documents.ts'
import { Estate } from '../support/estate.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const kinds = (json: any): readonly string[] =>
  json.results.map(({ kind, reason = 'asked', status, target = '' }: any) =>
    `${kind} ${reason} ${status} ${target}`.trim(),
  )

test('two targets get each new value, and the old PAT goes when both have it for good', async () => {
  estate = await Estate.open({ targets: true })
  writeFileSync(estate.copies.file, '# mine\nOTHER=1\n')
  chmodSync(estate.copies.file, 0o640)
  const first = await estate.run('apply --json')
  expect(kinds(first.json)).toEqual(['mint absent done', 'deliver asked done variables', 'deliver asked done program'])
  const value = await estate.value('package-feed')
  expect(estate.copies.held()).toEqual([value, value])
  expect(readFileSync(estate.copies.file, 'utf8')).toBe(`# mine\nOTHER=1\nFEED_PAT=${value}\n`)
  expect(statSync(estate.copies.file).mode & 0o777).toBe(0o640)
  // Another instance may have made a first value, too, and be late with it.
  estate.emulator.travel(2 * hour)
  const again = await estate.run('apply --json')
  expect(kinds(again.json)).toEqual(['deliver unsettled done variables', 'deliver unsettled done program'])
  estate.emulator.travel(2 * hour)
  expect(kinds((await estate.run('apply --json')).json)).toEqual([])

  estate.emulator.travel(21 * day)
  await estate.run('apply')
  const next = await estate.value('package-feed')
  expect(next).not.toBe(value)
  expect(estate.copies.held()).toEqual([next, next])
  estate.emulator.travel(2 * hour)
  const settled = await estate.run('apply --json')
  expect(kinds(settled.json)).toEqual(['deliver unsettled done variables', 'deliver unsettled done program'])
  estate.emulator.travel(2 * day + hour)
  expect(kinds((await estate.run('apply --json')).json)).toEqual(['revoke superseded done'])
  expect(estate.active()).toHaveLength(1)
})

test('a target that fails holds back its group and the revocation; status tells of it', async () => {
  estate = await Estate.open({ targets: true })
  await estate.run('apply')
  estate.emulator.travel(2 * hour)
  await estate.run('apply')
  estate.copies.breakProgram(true)
  estate.emulator.travel(21 * day)
  const failing = await estate.run('apply --json')
  expect(failing.code).toBe(1)
  expect(kinds(failing.json)).toEqual(['mint due done', 'deliver asked done variables', 'deliver asked failed program'])
  expect(failing.json.results[2].error).toMatchObject({
    code: 'delivery-failed',
    message: expect.stringMatching(/^delivering to program: .*ended with 1/),
  })
  expect(failing.stderr).toContain('package-feed: delivering to program: ')
  const passing = await estate.run('apply')
  expect(passing.code).toBe(0)
  expect(passing.stderr).toMatch(
    /package-feed: the delivery to program failed before and is not tried again before \d{4}-.*Z \(in [^;]*\); the next run after that delivers, or `patrol rotate package-feed`, with a new value/,
  )
  expect(passing.stdout).toMatch(/^nothing to do now; 1 delivery that failed waits for the next try, in /)
  expect((await estate.run('plan')).stdout).toContain('nothing to do now; 1 delivery that failed waits for')
  const status = await estate.run('status --json --check')
  expect(status.json.tokens[0].state).toBe('healthy')
  expect(status.code).toBe(3)
  expect((await estate.run('status')).code).toBe(0)
  for (const [name, { json }] of Object.entries({ apply: failing, status, plan: await estate.run('plan --json') }))
    expect(documents[name as 'apply' | 'status' | 'plan'].safeParse(json).error?.issues ?? []).toEqual([])
  expect(status.json.tokens[0].deliveries).toMatchObject([
    {
      target: 'variables',
      group: 1,
      state: 'delivered',
      declared: true,
      generation: expect.stringMatching(/^\w{12}$/),
    },
    {
      target: 'program',
      group: 2,
      state: 'failing',
      failures: 1,
      code: 'delivery-failed',
      nextAttemptAt: expect.any(String),
      lackingSince: expect.any(String),
    },
  ])
  expect((await estate.run('status')).stdout).toMatch(
    /package-feed +program +failing +never +failed once \[delivery-failed\], next try /,
  )
  expect(status.json.problems).toMatchObject([
    {
      token: 'package-feed',
      code: 'delivery-failed',
      message: expect.stringContaining('the last delivery to program failed'),
    },
  ])
  estate.emulator.travel(6 * day)
  await estate.run('apply')
  expect(estate.active()).toHaveLength(2)
  estate.copies.breakProgram(false)
  estate.emulator.travel(hour)
  expect(kinds((await estate.run('apply --json')).json)).toContain('deliver failed-before done program')
  const value = await estate.value('package-feed')
  expect(estate.copies.held()).toEqual([value, value])
})

test('a copy that was overwritten or deleted is seen and delivered again', async () => {
  estate = await Estate.open({ targets: true })
  await estate.run('apply')
  const value = await estate.value('package-feed')
  writeFileSync(estate.copies.file, 'FEED_PAT=mine\n')
  rmSync(estate.copies.program)
  const status = await estate.run('status --json')
  expect(status.json.tokens[0].deliveries).toMatchObject([
    { target: 'variables', state: 'overwritten', message: expect.stringContaining('another value') },
    { target: 'program', state: 'gone' },
  ])
  expect((await estate.run('plan --check')).code).toBe(3)
  const healed = await estate.run('apply --json')
  expect(kinds(healed.json)).toEqual(['deliver drifted done variables', 'deliver drifted done program'])
  expect(estate.copies.held()).toEqual([value, value])
  const mark = estate.emulator.requests().length
  expect(kinds((await estate.run('apply --json')).json)).toEqual([])
  expect(estate.mutations(mark)).toEqual([])
})

test('a copy is unknown, not missing, while the sign-in fails and nothing can be looked at', async () => {
  estate = await Estate.open({ targets: true })
  await estate.run('apply')
  const environment = { USER_PASSWORD: `wrong ${crypto.randomUUID()}` }
  const { code, json } = await estate.run('status --json', { environment })
  expect(code).toBe(4)
  expect(documents.status.safeParse(json).error?.issues ?? []).toEqual([])
  expect(json.tokens[0].deliveries).toEqual([
    { target: 'variables', group: 1, state: 'unknown', declared: true },
    { target: 'program', group: 2, state: 'unknown', declared: true },
  ])
  const remedy = 'The password is ${USER_PASSWORD}, from signIn.password of account ci-bot.'
  expect(json.tokens[0].error.remedy).toContain(remedy)
  const { stdout } = await estate.run('status', { environment })
  expect(stdout).toMatch(/package-feed +variables +unknown +unknown *\n/)
  expect(stdout).not.toMatch(/waiting|never/)
})

test('a symbolic link goes on to point where it did', async () => {
  estate = await Estate.open({ targets: true })
  const real = join(estate.copies.directory, 'real.env')
  writeFileSync(real, 'OTHER=1\n')
  symlinkSync('real.env', estate.copies.file)
  await estate.run('apply')
  expect(readFileSync(real, 'utf8')).toBe(`OTHER=1\nFEED_PAT=${await estate.value('package-feed')}\n`)
})

/** The estate's token with one target in a file, which asks for this proof. */
const proven = (scope: string, verify: string): Promise<Estate> =>
  Estate.open({
    targets: true,
    rewrite: (text) =>
      text
        .replace('vso.packaging_write', scope)
        .replace('    variable: FEED_PAT\n', `    variable: FEED_PAT\n${verify}`),
  })
const called = (): readonly string[] =>
  estate.emulator
    .requests()
    .filter(({ url }) => /_apis\/(?:git|packaging|wit)\//.test(url))
    .map(({ url, status }) => `${url.replace(/^.*_apis\//, '').replace(/\?.*$/, '')} ${status}`)

test.each([
  ['git', 'vso.code', 'vso.work', 'git/repositories'],
  ['feeds', 'vso.packaging_write', 'vso.code', 'packaging/feeds'],
  ['work-items', 'vso.work_write', 'vso.build', 'wit/artifactlinktypes'],
])(
  'verify: %s lets a value with %s through, and not one with %s, whose predecessor lives on',
  async (probe, scope, other, path) => {
    estate = await proven(scope, `    verify: ${probe}\n`)
    expect(kinds((await estate.run('apply --json')).json)).toContain('deliver asked done variables')
    expect(called()).toEqual([`${path} 200`])
    await estate.stop()

    estate = await proven(other, `    verify: ${probe}\n`)
    const first = await estate.run('apply --json')
    expect(first.json.results[1]).toMatchObject({
      target: 'variables',
      status: 'failed',
      error: {
        code: 'proof-failed',
        message: expect.stringMatching(/^delivering to variables: .*did not prove itself/),
      },
    })
    const status = await estate.run('status --json')
    expect(status.json.tokens[0].deliveries[0]).toMatchObject({ state: 'failing', code: 'proof-failed' })
    await estate.run('rotate package-feed')
    estate.emulator.travel(9 * day)
    await estate.run('apply')
    expect(estate.active()).toHaveLength(2)
  },
)

test('verify with an address and what it must answer', async () => {
  const verify = (contains: string): string =>
    [
      '    verify:',
      '      url: {base}/{organization}/_apis/wit/artifactlinktypes?api-version=7.1',
      '      expect:',
      '        status: 200',
      `        contains: ${contains}`,
      '',
    ].join('\n')
  const openWith = (contains: string): Promise<Estate> =>
    Estate.open({
      targets: true,
      rewrite: (text) => {
        const base = /^ {2}azureDevOps: (.*)$/m.exec(text)?.[1] ?? ''
        return text
          .replace('vso.packaging_write', 'vso.work')
          .replace('    variable: FEED_PAT\n', `    variable: FEED_PAT\n${verify(contains).replace('{base}', base)}`)
      },
    })
  estate = await openWith('toolType')
  expect(kinds((await estate.run('apply --json')).json)).toContain('deliver asked done variables')
  await estate.stop()
  estate = await openWith('somethingElse')
  const { json } = await estate.run('apply --json')
  expect(json.results[1].error).toMatchObject({
    code: 'proof-failed',
    remedy: expect.stringContaining('`verify` of the target'),
  })
})

test('a proof that fails after the delivery keeps the old PAT, and is told', async () => {
  estate = await Estate.open({
    targets: true,
    rewrite: (text) => text.replace('    variable: FEED_PAT\n', `    variable: FEED_PAT\n    verify: work-items\n`),
  })
  const { code, json } = await estate.run('apply --json')
  expect(code).toBe(1)
  expect(kinds(json)).toEqual(['mint absent done', 'deliver asked failed variables', 'deliver asked skipped program'])
  expect(json.results[1].error).toMatchObject({ code: 'proof-failed' })
  expect(estate.copies.held()).toEqual([await estate.value('package-feed'), undefined])
})
