import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeEstate } from '../../src/cli/emulated-estate.ts'
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts'
import {
  environmentOf,
  jobsOf,
  patrolSteps,
  type Pipeline,
  pipelineText,
  readPipeline,
  type Step,
  stepsOf,
} from './pipeline-steps.ts'
import { openPublicHosts, type PublicHosts } from './public-hosts.ts'
import { patrolCalls } from './shell-words.ts'
import { faultOf, readUsages } from './usage.ts'
import { type Ended, type Running, Workshop } from './workshop.ts'

const names = ['simple.yml', 'advanced.yml', 'split.yml']
const usages = await readUsages()
const tenant = '11111111-2222-3333-4444-555555555555'
const hour = 3_600_000
const owner = 'ci-bot@contoso.example'
const packageFeed = 'tokens:\n  - name: package-feed\n    scopes:\n      - vso.packaging\n'

function changes(script: string): boolean {
  return patrolCalls(script).some(([command]) => command === 'apply')
}

/** A shell passes a signal on only when it says so and waits for a child in the background; npx passes none on. */
function passesSignalsOn(script: string): boolean {
  const traps = ['INT', 'TERM'].every((signal) =>
    script.includes(`trap 'kill -${signal} "$run" 2> /dev/null' ${signal}`),
  )
  return traps && /\.bin\/patrol"? apply [^\n]*&\n\s*run=\$!\n/.test(script) && !/\bnpx\b/.test(script)
}

/** What a pipeline lacks that each must have. */
function shortcomings(pipeline: Pipeline): readonly string[] {
  const jobs = jobsOf(pipeline)
  const steps = jobs.flatMap(stepsOf)
  const calls = patrolSteps(pipeline)
  const mapped = { USER_NAME: '$(sa_username)', USER_PASSWORD: '$(sa_password)', TENANT_ID: '$(tenantid)' }
  const demands: Readonly<Record<string, boolean>> = {
    'is triggered by the schedule alone': pipeline.trigger === 'none' && pipeline.pr === 'none',
    'runs without commits': pipeline.schedules.length > 0 && pipeline.schedules.every(({ always }) => always),
    'has a cron of five fields': pipeline.schedules.every(({ cron }) => /^\S+ \S+ \S+ \S+ \S+$/.test(cron)),
    'takes secrets from a group': pipeline.variables.some(({ group }) => group === 'patrol'),
    'has no secret of its own': !pipeline.variables.some(({ name }) => /password|secret/i.test(name ?? '')),
    'limits its time': jobs.every(
      (job) => job.timeoutInMinutes !== undefined && job.cancelTimeoutInMinutes !== undefined,
    ),
    'brings Node.js 24': jobs.every((job) =>
      stepsOf(job).some(({ task, inputs }) => task === 'UseNode@1' && inputs?.['version'] === '24.x'),
    ),
    'gives a cancelled run time': ['PROCESS_SIGINT_TIMEOUT', 'PROCESS_SIGTERM_TIMEOUT'].every((timeout) =>
      pipeline.variables.some(({ name, value }) => name === timeout && Number(value) >= 10_000),
    ),
    'calls Patrol in bash': calls.length > 0 && calls.every(({ bash }) => bash !== undefined),
    'passes signals on to what changes something': calls.every(
      ({ bash = '' }) => !changes(bash) || passesSignalsOn(bash),
    ),
    'hands secrets over': calls.every(({ env }) =>
      Object.entries(mapped).every(([name, value]) => env?.[name] === value),
    ),
    'keeps secrets out of scripts': !steps.some(({ bash = '' }) => bash.includes('$(')),
    'calls Patrol as it wants to be called': calls.every(({ bash = '' }) => {
      const found = patrolCalls(bash)
      return found.length === 1 && found.every((call) => faultOf(call, usages) === undefined)
    }),
    'uploads a summary': calls.every(({ bash = '' }) => bash.includes('##vso[task.uploadsummary]')),
  }
  return Object.entries(demands)
    .filter(([, met]) => !met)
    .map(([demand]) => demand)
}

describe('the shape of the pipelines', () => {
  it.each(names)('%s has all that it must have', (name) => {
    expect(shortcomings(readPipeline(name))).toEqual([])
  })

  it('is found out when something is missing', () => {
    const good = readPipeline('simple.yml')
    const [job] = jobsOf(good)
    const spoilt = (change: (step: Step) => Step): Pipeline => ({
      ...good,
      jobs: [{ ...job, steps: stepsOf(job ?? {}).map(change) }],
    })
    expect(shortcomings({ ...good, trigger: 'main' })).toEqual(['is triggered by the schedule alone'])
    expect(shortcomings({ ...good, schedules: good.schedules.map((one) => ({ ...one, always: false })) })).toEqual([
      'runs without commits',
    ])
    const own = good.variables.map((one) => (one.group === undefined ? one : { name: 'sa_password', value: '' }))
    expect(shortcomings({ ...good, variables: own })).toEqual([
      'takes secrets from a group',
      'has no secret of its own',
    ])
    expect(shortcomings({ ...good, jobs: [{ steps: job?.steps ?? [] }] })).toEqual(['limits its time'])
    const hasty = good.variables.map((one) => (one.name === 'PROCESS_SIGINT_TIMEOUT' ? { ...one, value: 7500 } : one))
    expect(shortcomings({ ...good, variables: hasty })).toEqual(['gives a cancelled run time'])
    for (const [from, to] of [
      ['> "$report" &', '> "$report"'],
      ['trap', 'echo'],
      [/"\S*\/patrol"/, 'npx --yes azdo-patrol@0.1.0'],
    ] as const) {
      const change = (step: Step): Step => (step.bash ? { ...step, bash: step.bash.replace(from, to) } : step)
      expect(shortcomings(spoilt(change))).toEqual(['passes signals on to what changes something'])
    }
    expect(shortcomings(spoilt((step) => ({ ...step, env: {} })))).toEqual(['hands secrets over'])
    expect(shortcomings(spoilt((step) => ({ ...step, inputs: { version: '20.x' } })))).toEqual(['brings Node.js 24'])
    expect(
      shortcomings(
        spoilt((step) =>
          patrolCalls(step.bash ?? '').length > 0 ? { ...step, bash: 'patrol aply "$(sa_password)"' } : step,
        ),
      ),
    ).toEqual(['keeps secrets out of scripts', 'calls Patrol as it wants to be called', 'uploads a summary'])
  })

  it.each(['simple.yml', 'advanced.yml'])('%s runs weekly and has the daily line ready', (name) => {
    expect(readPipeline(name).schedules.map(({ cron }) => cron)).toEqual(['0 5 * * 1'])
    const daily = pipelineText(name)
      .replace(/^ {2}- cron: '0 5 \* \* 1'\n {4}displayName: Every Monday\n/m, '')
      .replace(/^ {4}# (- cron: '0 5 \* \* \*')\n {4}# {3}(displayName)/m, '  $1\n    $2')
    expect(daily).not.toBe(pipelineText(name))
    expect(daily).toContain("  - cron: '0 5 * * *'\n    displayName: Every day\n    branches:")
  })

  it('split.yml applies only after a plan that has something to do', () => {
    const [plan, apply] = readPipeline('split.yml').stages ?? []
    expect(plan?.stage).toBe('plan')
    expect(apply?.condition).toContain("eq(dependencies.plan.outputs['plan.look.pending'], 'yes')")
    expect(apply?.jobs[0]?.environment).toBe('patrol')
  })
})

describe('the steps of the pipelines, run', () => {
  let workshop: Workshop
  let emulator: Emulator
  let hosts: PublicHosts | undefined

  beforeEach(async () => {
    workshop = new Workshop()
    const pats = [
      { displayName: 'Nightly build', validFrom: '-57d', validTo: '+3d' },
      { displayName: 'Release notes', validFrom: '-5d', validTo: '+55d' },
    ].map((pat) => ({ ...pat, owner, organization: 'contoso', scope: 'vso.build' }))
    emulator = await startEmulator({ certificateDir: workshop.directory, fixture: { pats } })
    hosts = undefined
  })

  afterEach(async () => {
    await hosts?.close()
    await emulator.stop()
    workshop.close()
  })

  /** The variable group, and what the agent sets by itself. */
  function group(): Record<string, string> {
    return { sa_username: owner, sa_password: emulator.password(owner), tenantid: tenant, organization: 'contoso' }
  }

  function start(
    step: Step | undefined,
    variables: Record<string, string>,
    { onFailure = 'warn', more = {} }: { onFailure?: string; more?: Readonly<Record<string, string>> } = {},
  ): Running {
    const environment = environmentOf(step ?? {}, variables, { onFailure })
    return workshop.start(step?.bash ?? '', { AGENT_TEMPDIRECTORY: workshop.directory, ...more, ...environment })
  }

  function summary(): string {
    return readFileSync(join(workshop.directory, 'patrol.md'), 'utf8')
  }

  function expectNoSecret(...ended: readonly Ended[]): void {
    const said = ended.map(({ stdout, stderr }) => stdout + stderr).join('') + summary()
    for (const secret of emulator.secrets()) expect(said).not.toContain(secret)
  }

  describe('simple.yml', () => {
    const pipeline = readPipeline('simple.yml')
    const [step] = patrolSteps(pipeline)
    const install = jobsOf(pipeline)
      .flatMap(stepsOf)
      .find(({ displayName }) => displayName === 'Install azdo-patrol')

    async function begin(variables: Record<string, string>, onFailure?: string): Promise<Running> {
      hosts ??= await openPublicHosts(emulator, workshop.directory)
      expect(await start(install, {}).ended).toMatchObject({ code: 0 })
      const options = { more: hosts.variables, ...(onFailure === undefined ? {} : { onFailure }) }
      return start(step, variables, options)
    }

    async function run(variables: Record<string, string>, onFailure?: string): Promise<Ended> {
      return (await begin(variables, onFailure)).ended
    }

    it('extends what is due, and nothing else, without a configuration', async () => {
      const before = new Map(emulator.pats().map(({ displayName, validTo }) => [displayName, validTo]))
      const ended = await run(group())
      expect(ended.stderr).not.toContain('error')
      expect(ended.code).toBe(0)
      const after = new Map(emulator.pats().map(({ displayName, validTo }) => [displayName, validTo]))
      expect(after.get('Nightly build')).toBeGreaterThan(before.get('Nightly build')! + 50 * 24 * hour)
      expect(after.get('Release notes')).toBe(before.get('Release notes'))
      expect(emulator.pats()).toHaveLength(2)
      expect(ended.stdout).toContain('##vso[task.uploadsummary]')
      expect(summary()).toContain('1 done, 0 failed, 0 skipped')
      expectNoSecret(ended)
    })

    it('changes nothing when it runs again', async () => {
      await run(group())
      const changing = (): number => emulator.requests().filter(({ method }) => method === 'PUT').length
      const before = changing()
      expect(await run(group())).toMatchObject({ code: 0 })
      expect(changing()).toBe(before)
    })

    it('explains a variable that is not defined, and tries nothing', async () => {
      const { sa_password: _, ...rest } = group()
      const ended = await run(rest)
      expect(ended.code).toBe(2)
      expect(ended.stderr).toContain('sa_password')
      expect(ended.stdout).toContain('##vso[task.logissue type=error]')
      expect(emulator.requests()).toEqual([])
    })

    it('finishes what it began when it is cancelled', async () => {
      const held = emulator.fault({ service: 'pats', method: 'PUT', effect: 'block-after' })
      const running = await begin(group())
      await held.whenFired()
      process.kill(running.pid, 'SIGINT')
      await running.heard('stopping')
      held.release()
      const ended = await running.ended
      expect(ended.code).toBe(130)
      expect(summary()).toContain('1 done, 0 failed, 0 skipped')
    })

    it('says that a person must look at it', async () => {
      emulator.changeUser(owner, { mfa: 'required' })
      const ended = await run(group())
      expect(ended.code).toBe(4)
      expect(ended.stdout).toContain('##vso[task.logissue type=error]Patrol: a person must look at the sign-in')
      expectNoSecret(ended)
    })

    it.each([
      ['warn', 0, '##vso[task.complete result=SucceededWithIssues;]'],
      ['fail', 1, '##vso[task.logissue type=error]'],
    ])('a token that fails is a matter of choice: %s', async (onFailure, code, said) => {
      emulator.set({ policies: { maxLifespanDays: 60 } })
      const ended = await run(group(), onFailure)
      expect(ended.stdout).toContain(said)
      expect(ended.stdout).toContain('cannot-extend')
      expect(ended.code).toBe(code)
    })
  })

  describe('advanced.yml', () => {
    const [step] = patrolSteps(readPipeline('advanced.yml'))

    function configured(tokens = packageFeed): Record<string, string> {
      mkdirSync(workshop.directory, { recursive: true })
      writeEstate(emulator, workshop.directory, tenant, 'contoso', tokens)
      return group()
    }

    it('creates, stores and reports', async () => {
      const ended = await start(step, configured()).ended
      expect(ended).toMatchObject({ code: 0 })
      expect(summary()).toContain('1 done, 0 failed, 0 skipped')
      expect(summary()).toMatch(/^\| package-feed \| mint \| done \| \d{4}-\d\d-\d\dT/m)
      expect(Object.keys(emulator.vault('contoso').secrets)).toEqual(['package-feed'])
      expectNoSecret(ended)
    })

    it('needs no second pipeline: a run after the overlap revokes', async () => {
      // Half a day behind the program's clock now, and half a day ahead of it later: more would be no clock to go by.
      await emulator.stop()
      emulator = await startEmulator({ certificateDir: workshop.directory, startAt: Date.now() - 12 * hour })
      const variables = configured(`${packageFeed}    overlap: 22h\n`)
      await start(step, variables).ended
      await workshop.run('patrol rotate package-feed', {
        USER_NAME: owner,
        USER_PASSWORD: variables['sa_password'] ?? '',
      })
      const active = (): number =>
        emulator.pats().filter((pat) => pat.displayName.startsWith('package-feed') && pat.state === 'active').length
      expect(active()).toBe(2)
      emulator.travel(24 * hour)
      expect(await start(step, variables).ended).toMatchObject({ code: 0 })
      expect(summary()).toContain('| package-feed | revoke | done |')
      expect(active()).toBe(1)
    })

    it('shows a failed token with its remedy in the summary', async () => {
      emulator.set({ policies: { disablePatCreation: 'all' } })
      const ended = await start(step, configured(), { onFailure: 'fail' }).ended
      expect(ended.code).toBe(1)
      expect(summary()).toMatch(/\| failed \|.*policy-creation-disabled.*Project Collection Administrator/)
    })

    it('shows a fault of the configuration where people look', async () => {
      const ended = await start(step, configured('tokens:\n  - name: package-feed\n    scope: x\n')).ended
      expect(ended.code).toBe(2)
      expect(ended.stderr).toMatch(/patrol\.yaml:\d+:\d+/)
      expect(summary()).toContain('patrol validate')
    })

    it('shows no text of others that its agent could take for a command', async () => {
      const variables = configured('tokens:\n  - match: "*"\n    method: rotate\n')
      // Two of one name are a problem, which quotes it.
      const validTo = Date.now() + 24 * hour
      const pat = { displayName: '##vso[task.complete]a', scope: 'vso.code', organization: 'contoso', validTo }
      for (const twin of [pat, pat]) emulator.createPat(owner, twin)
      const ended = await start(step, variables).ended
      expect(summary()).toContain('# #vso[task.complete]a')
      const said = (ended.stdout + ended.stderr + summary()).replaceAll(/^##vso\[task\.\w+[ \]].*$/gm, '')
      expect(said).not.toContain('##')
    })

    it('makes safe what it began when it is cancelled', async () => {
      // The first call asks who is signed in, the second one tries the new PAT.
      const held = emulator.fault({ service: 'connection-data', skip: 1, effect: 'block' })
      const running = start(step, configured())
      await held.whenFired()
      process.kill(running.pid, 'SIGINT')
      await running.heard('stopping')
      held.release()
      const ended = await running.ended
      expect(ended.code).toBe(130)
      const live = emulator.pats().filter((pat) => pat.displayName.startsWith('package-feed') && pat.state === 'active')
      expect(live).toHaveLength(1)
      expect(Object.keys(emulator.vault('contoso').secrets)).toEqual(['package-feed'])
      expect(summary()).toContain('| package-feed | mint | done |')
    })
  })

  describe('split.yml', () => {
    const [plan, apply] = patrolSteps(readPipeline('split.yml'))
    const pending = '##vso[task.setvariable variable=pending;isOutput=true]'

    it('plans, applies, and then has nothing to plan', async () => {
      writeEstate(emulator, workshop.directory, tenant, 'contoso', packageFeed)
      const first = await start(plan, group()).ended
      expect(first.code).toBe(0)
      expect(first.stdout).toContain(`${pending}yes`)
      expect(Object.keys(emulator.vault('contoso').secrets)).toEqual([])
      const second = await start(apply, group()).ended
      expect(second).toMatchObject({ code: 0 })
      const third = await start(plan, group()).ended
      expect(third.stdout).toContain(`${pending}no`)
      expectNoSecret(first, second, third)
    })

    it('makes safe what it began when it is cancelled', async () => {
      writeEstate(emulator, workshop.directory, tenant, 'contoso', packageFeed)
      const held = emulator.fault({ service: 'connection-data', skip: 1, effect: 'block' })
      const running = start(apply, group())
      await held.whenFired()
      process.kill(running.pid, 'SIGINT')
      await running.heard('stopping')
      held.release()
      expect(await running.ended).toMatchObject({ code: 130 })
      expect(Object.keys(emulator.vault('contoso').secrets)).toEqual(['package-feed'])
    })
  })
})
