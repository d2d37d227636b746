import { setTimeout as wait } from 'node:timers/promises'
import { generateIdentity } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { defaultFixture } from '../../src/emulator/default-fixture.ts'
import { Estate } from '../support/estate.ts'
import { keptIn, loginByCode, upn, vaultEnvironment } from '../support/kept-sign-in.ts'

const day = 86_400_000
const spare = 'spare@contoso.example'

let estate: Estate
let environment: Record<string, string>

afterEach(async () => {
  vi.unstubAllEnvs()
  await estate.stop()
})

describe('a sign-in that is kept in a vault', () => {
  beforeEach(async () => {
    estate = await Estate.open(keptIn('vault'))
    environment = { ...vaultEnvironment(estate) }
    // The Azure SDK reads the environment of the process itself.
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    estate.emulator.changeUser(upn, { mfa: 'required' })
    expect((await loginByCode(estate)).code).toBe(0)
  })

  test('lives through a year of weekly runs, with a second factor demanded all the time', {
    timeout: 120_000,
  }, async () => {
    for (let week = 1; week <= 53; week++) {
      estate.emulator.travel(7 * day)
      const { code, stderr } = await estate.run('apply')
      expect({ week, code, stderr }).toEqual({ week, code: 0, stderr: '' })
    }
    expect(await estate.hands('package-feed')).toBe(true)
    const { json } = await estate.run('status --json')
    expect(json.accounts).toEqual([
      {
        account: 'ci-bot',
        method: 'refresh-token',
        state: 'healthy',
        signedInAt: expect.stringMatching(/Z$/),
        redeemedAt: expect.stringMatching(/Z$/),
        diesAt: expect.stringMatching(/Z$/),
      },
    ])
    expect(Date.parse(json.accounts[0].redeemedAt) - Date.parse(json.accounts[0].signedInAt)).toBeGreaterThan(370 * day)
  })

  test('dies after 91 days in which nothing ran, and every command says what to do', async () => {
    estate.emulator.travel(91 * day)
    for (const line of ['apply', 'status', 'login ci-bot --check']) {
      const { code, stderr, stdout } = await estate.run(line)
      expect({ line, code }).toEqual({ line, code: 4 })
      expect(stdout + stderr).toContain('sign-in-expired')
      expect(stdout + stderr).toContain('patrol login ci-bot')
    }
    const { json } = await estate.run('status --json')
    expect(json.accounts[0]).toMatchObject({ state: 'expired', error: { code: 'sign-in-expired' } })
    expect((await loginByCode(estate)).code).toBe(0)
    expect((await estate.run('apply')).code).toBe(0)
  })

  test.each([
    ['a new password', () => estate.emulator.changeUser(upn, { password: `new ${crypto.randomUUID()}` })],
    ['an administrator who revokes the sessions', () => estate.emulator.revokeSessions(upn)],
  ])('ends by %s, and a new login mends that', async (_, end) => {
    expect((await estate.run('apply')).code).toBe(0)
    end()
    const { code, stderr } = await estate.run('apply')
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-expired]')
    const status = await estate.run('status')
    expect(status.stdout).toMatch(/ci-bot +refused +refresh-token +\S.* -\n/)
    expect(status.stdout).not.toContain('in 90d')
    const [account] = (await estate.run('status --json')).json.accounts
    expect(account).toMatchObject({ state: 'refused', redeemedAt: expect.stringMatching(/Z$/) })
    expect(account).not.toHaveProperty('diesAt')
    expect((await loginByCode(estate)).code).toBe(0)
    expect((await estate.run('apply')).code).toBe(0)
  })

  test('survives a kill at every request, before and after it takes effect', { timeout: 120_000 }, async () => {
    const line = 'login ci-bot --check'
    const mark = estate.emulator.requests().length
    expect((await estate.start(line, { environment }).ended).code).toBe(0)
    const requests = estate.emulator.requests().slice(mark)
    const changing = requests.filter(({ method }) => method !== 'GET')
    expect(changing.map(({ service, method }) => `${service} ${method}`)).toEqual(
      expect.arrayContaining(['entra POST', 'vault PUT', 'vault PATCH']),
    )
    for (const [index, { service, method }] of requests.entries()) {
      if (method === 'GET') continue
      const skip = requests.slice(0, index).filter((request) => request.service === service).length
      for (const effect of ['block', 'block-after'] as const) {
        const fault = estate.emulator.fault({ service, skip, effect })
        const { child, ended } = estate.start(line, { environment })
        await Promise.race([fault.whenFired(), ended])
        if (effect === 'block-after') await wait(5)
        child.kill('SIGKILL')
        expect((await ended).code).toBe(137)
        fault.cancel()
        const next = await estate.run(line)
        expect({ effect, service, method, code: next.code }).toEqual({ effect, service, method, code: 0 })
      }
    }
  })

  test('is not used where it cannot be written back, and is as good as before', async () => {
    const effect = { kind: 'status', status: 403, body: '{"error":{"code":"Forbidden","message":"no"}}' } as const
    const fault = estate.emulator.fault({ service: 'vault', method: 'PUT', times: Number.POSITIVE_INFINITY, effect })
    const { code, stderr } = await estate.run('apply')
    expect(code).toBe(1)
    expect(stderr).toContain('[store-denied]')
    expect(estate.active()).toEqual([])
    fault.cancel()
    expect((await estate.run('apply')).code).toBe(0)
  })

  test('is kept once for two runs at the same time', async () => {
    const both = await Promise.all([estate.run('login ci-bot --check'), estate.run('login ci-bot --check')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect((await estate.run('login ci-bot --check')).code).toBe(0)
  })
})

describe('the sign-in of an account that has nothing to do', () => {
  beforeEach(async () => {
    const [user] = defaultFixture.users
    const objectId = '0b7e0000-0000-4000-8000-00000000000a'
    const identityId = '1de00000-0000-6000-a000-00000000000a'
    const users = [user!, { ...user!, upn: spare, displayName: 'Spare', objectId, identityId }]
    estate = await Estate.open({
      fixture: { ...defaultFixture, users },
      rewrite: (text) =>
        text.replace(
          'stores:\n',
          `  spare:
    tenant: 11111111-2222-3333-4444-555555555555
    user: ${spare}
    signIn:
      method: refresh-token
      cache:
        store: local
        secret: spare-sign-in
stores:
  local:
    type: file
    path: ./sign-in-store
    identity: \${PATROL_AGE_IDENTITY}
`,
        ),
    })
    environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
    const login = await loginByCode(estate, { upn: spare }, { environment, account: 'spare' })
    expect(login.code).toBe(0)
  })

  const spareOf = async () => {
    const { json } = await estate.run('status --json', { environment })
    return json.accounts.find(({ account }: { account: string }) => account === 'spare')
  }

  test('is renewed by apply once it is old enough, and so outlives any number of idle days', async () => {
    const first = await spareOf()
    estate.emulator.travel(6 * day)
    await estate.run('apply', { environment })
    expect((await spareOf()).redeemedAt).toBe(first.redeemedAt)
    for (let month = 0; month < 6; month++) {
      estate.emulator.travel(30 * day)
      const { code, json } = await estate.run('apply --json', { environment })
      expect(code).toBe(0)
      expect(json.accounts).toContainEqual(expect.objectContaining({ account: 'spare', state: 'healthy' }))
    }
    expect(Date.parse((await spareOf()).redeemedAt) - Date.parse(first.redeemedAt)).toBeGreaterThan(180 * day)
  })

  test('is warned of in time, and ends in exit code 4 when it is dead', async () => {
    estate.emulator.travel(70 * day)
    const soon = await estate.run('status --no-color', { environment, columns: 200, terminal: 'out' })
    expect(soon.code).toBe(0)
    expect(soon.stderr).toContain('the sign-in of account spare dies in 20d')
    expect(soon.stdout).toMatch(/spare +expiring +refresh-token/)
    expect((await estate.run('status --check', { environment })).code).toBe(3)
    estate.emulator.travel(21 * day)
    const dead = await estate.run('apply', { environment })
    expect(dead.code).toBe(4)
    expect(dead.stderr).toContain('[sign-in-expired]')
    expect(dead.stderr).toContain('patrol login spare')
  })

  test('that was never made ends in exit code 4, while all tokens are looked after', async () => {
    await estate.run('logout spare', { environment })
    const { code, stderr } = await estate.run('apply', { environment })
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-missing]')
    expect(estate.currentWorks('package-feed')).toBe(true)
  })
})
