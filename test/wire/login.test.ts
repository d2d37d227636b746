import { generateIdentity } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Estate, tenant } from '../support/estate.ts'
import { keptIn, loginByCode, ownClient, upn, vaultEnvironment } from '../support/kept-sign-in.ts'
import { ScriptedBrowser } from '../support/scripted-browser.ts'

let estate: Estate
let environment: Record<string, string>

async function open(where: 'file' | 'vault'): Promise<void> {
  estate = await Estate.open(keptIn(where))
  environment = where === 'file' ? { PATROL_AGE_IDENTITY: await generateIdentity() } : {}
  // The Azure SDK reads the environment of the process itself.
  if (where === 'vault') for (const [name, value] of Object.entries(vaultEnvironment(estate))) vi.stubEnv(name, value)
}

afterEach(async () => {
  vi.unstubAllEnvs()
  await estate.stop()
})

describe.each(['file', 'vault'] as const)('with the sign-in in a %s', (where) => {
  beforeEach(() => open(where))

  test('nobody is signed in: apply says which command helps', async () => {
    const { code, stderr } = await estate.run('apply', { environment })
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-missing]')
    expect(stderr).toContain('nobody is signed in')
  })

  test('a person signs in once, and every later run does its work with that', async () => {
    estate.emulator.changeUser(upn, { mfa: 'required' })
    const login = await loginByCode(estate, {}, { environment })
    expect(login.stderr).toContain('type the code')
    expect({ code: login.code, stdout: login.stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`${upn} is signed in for ci-bot, who can list the PATs in contoso`),
    })
    expect(login.stdout).toMatch(/dies in 90d/)
    for (let run = 0; run < 3; run++) {
      const { code, stderr } = await estate.run('apply', { environment })
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('error') })
      estate.emulator.travel(3 * 86_400_000)
    }
    expect(estate.active()).toHaveLength(1)
  })

  test('--check renews the sign-in and tells its dates', async () => {
    await loginByCode(estate, {}, { environment })
    estate.emulator.travel(5 * 86_400_000)
    const checked = await estate.run('login ci-bot --check --json', { environment })
    expect(checked.code).toBe(0)
    const { signedInAt, redeemedAt, diesAt } = checked.json
    expect(Date.parse(redeemedAt) - Date.parse(signedInAt)).toBeGreaterThan(4.9 * 86_400_000)
    expect(Date.parse(diesAt) - Date.parse(redeemedAt)).toBe(90 * 86_400_000)
    expect((await estate.run('login ci-bot --check', { environment })).stdout).toContain('is signed in for ci-bot')
  })

  test('after logout nobody is signed in, and a new login works', async () => {
    await loginByCode(estate, {}, { environment })
    const out = await estate.run('logout ci-bot', { environment })
    expect(out.stdout).toContain('is no longer kept')
    expect(out.stdout).toContain('revokeSignInSessions')
    expect((await estate.run('login ci-bot --check', { environment })).code).toBe(4)
    expect((await estate.run('logout ci-bot --json', { environment })).json).toMatchObject({ removed: false })
    expect((await loginByCode(estate, {}, { environment })).code).toBe(0)
    expect((await estate.run('login ci-bot --check', { environment })).code).toBe(0)
  })
})

describe('on the computer of a person, who has none of the secrets of the runs', () => {
  beforeEach(() => open('file'))

  test('login, its check and logout ask for nothing of other accounts and of targets', async () => {
    const other = `  other:
    tenant: ${tenant}
    signIn:
      method: password
      username: \${OTHER_USER}
      password: \${OTHER_PASSWORD}
`
    const targets = `targets:
  actions:
    type: github-secret
    repository: contoso/tokens
    secret: PACKAGE_FEED
    token: \${GITHUB_TARGET_TOKEN}
`
    estate.writeFile('shared.yaml', (text) => text.replace('stores:\n', `${other}${targets}stores:\n`))
    const flags = '-c shared.yaml'
    const refused = await estate.run(`apply ${flags}`, { environment })
    expect(refused.code).toBe(2)
    for (const name of ['OTHER_PASSWORD', 'GITHUB_TARGET_TOKEN']) expect(refused.stderr).toContain(name)
    expect(await loginByCode(estate, {}, { environment, flags })).toMatchObject({ code: 0 })
    expect((await estate.run(`login ci-bot --check ${flags}`, { environment })).code).toBe(0)
    expect((await estate.run(`logout ci-bot ${flags}`, { environment })).code).toBe(0)
  })

  test('what the account itself needs must be there', async () => {
    estate.writeFile('shared.yaml', (text) => text.replace(`user: ${upn}`, 'user: ${BOT_NAME}'))
    const { code, stderr } = await estate.run('login ci-bot -c shared.yaml', { environment })
    expect(code).toBe(2)
    expect(stderr).toContain('BOT_NAME')
  })
})

describe('a login that does not come about', () => {
  beforeEach(() => open('file'))

  test('because the person declined', async () => {
    const { code, stderr } = await loginByCode(estate, { agrees: false }, { environment })
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-declined]')
    expect(stderr).toContain('patrol login ci-bot')
  })

  test('because the code expired', async () => {
    estate.emulator.set({ devicePollSeconds: 0, deviceCodeSeconds: 60 })
    const { code, stderr } = await estate.run('login ci-bot --device-code', {
      environment,
      hears: (text) => {
        if (text.includes('type the code')) estate.emulator.travel(61_000)
      },
    })
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-timed-out]')
  })

  test('because another user signed in; nothing is kept', async () => {
    estate.writeFile('other.yaml', (text) => text.replace(`user: ${upn}`, 'user: other@contoso.example'))
    const { code, stderr } = await loginByCode(estate, {}, { environment, flags: '-c other.yaml' })
    expect(code).toBe(4)
    expect(stderr).toContain('[wrong-account]')
    expect(stderr).toContain('sign in as other@contoso.example')
    expect((await estate.run('login ci-bot --check', { environment })).stderr).toContain('[sign-in-missing]')
  })

  test('because only an administrator may consent: the address of the consent is told', async () => {
    estate.emulator.changeClient(ownClient, { consent: false, userConsent: 'administrator-only' })
    const ended = await loginByCode(estate, { agrees: false }, { environment, flags: '--timeout 5s' })
    expect(ended.code).toBe(4)
    expect(ended.stderr).toContain(`${tenant}/adminconsent?client_id=${ownClient}`)
  })

  test('because somebody stopped it', async () => {
    const stop = new AbortController()
    const { code, stderr } = await estate.run('login ci-bot --device-code', {
      environment,
      stop: stop.signal,
      hears: (text) => {
        if (text.includes('type the code')) stop.abort('SIGINT')
      },
    })
    expect(code).toBe(130)
    expect(stderr).toContain('[interrupted]')
  })

  test('because a policy blocks device codes, where nobody can tell but the page', async () => {
    estate.emulator.changeUser(upn, { deviceCodeFlow: 'block' })
    const { code, stderr } = await loginByCode(estate, {}, { environment, flags: '--timeout 1s' })
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-timed-out]')
  })

  test.each([
    ['login nobody', 'there is no account named nobody'],
    ['login ci-bot --device-code --browser', '--device-code and --browser exclude each other'],
    ['login ci-bot --timeout soon', '--timeout soon is no duration'],
  ])('because of a slip: %s', async (line, text) => {
    const { code, stderr } = await estate.run(line, { environment })
    expect(code).toBe(2)
    expect(stderr).toContain(text)
  })
})

describe('in a browser', () => {
  beforeEach(() => open('file'))

  const byBrowser = async (visit: (address: string, browser: ScriptedBrowser) => Promise<unknown>, flags = '') => {
    const browser = new ScriptedBrowser(estate.emulator)
    let gone: Promise<unknown> = Promise.resolve()
    const ended = await estate.run(`login ci-bot --browser ${flags}`, {
      environment,
      hears: (text) => {
        const address = /\n(https:\S+)\n/.exec(text)?.[1]
        if (address !== undefined) gone = visit(address, browser)
      },
    })
    await gone
    await browser.close()
    return { ...ended, seen: browser.seen }
  }

  test('the answer comes back to this computer, and the page says to go back to the terminal', async () => {
    estate.emulator.changeUser(upn, { mfa: 'required' })
    const { code, seen } = await byBrowser((address, browser) => browser.signIn(address, { upn }))
    expect(code).toBe(0)
    expect(seen.at(-1)).toBe('You are signed in - Patrol')
    expect((await estate.run('login ci-bot --check', { environment })).code).toBe(0)
  })

  test('nobody comes back, until the time is over', async () => {
    const { code, stderr } = await byBrowser(async () => undefined, '--timeout 1s')
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-timed-out]')
  })

  test('consent is declined', async () => {
    estate.emulator.changeClient(ownClient, { consent: false })
    const { code, stderr, seen } = await byBrowser((address, browser) =>
      browser.signIn(address, { upn, agrees: false }),
    )
    expect(code).toBe(4)
    expect(stderr).toContain('[sign-in-declined]')
    expect(seen.at(-1)).toBe('You are not signed in - Patrol')
  })

  test('only an administrator may consent', async () => {
    estate.emulator.changeClient(ownClient, { consent: false, userConsent: 'administrator-only' })
    const { code, stderr } = await byBrowser((address, browser) => browser.signIn(address, { upn, agrees: false }))
    expect(code).toBe(4)
    expect(stderr).toContain(`${tenant}/adminconsent?client_id=${ownClient}`)
  })
})

describe('with two organizations', () => {
  const two = `tokens:
  - name: elsewhere
    organization: fabrikam
    scopes:
      - vso.code
  - name: package-feed
    scopes:
      - vso.packaging_write
`
  async function openTwo(members: Readonly<Record<'contoso' | 'fabrikam', readonly string[]>>): Promise<void> {
    const organizations = (['contoso', 'fabrikam'] as const).map((name) => ({
      name,
      tenant: 'contoso.example',
      members: [...members[name]],
    }))
    estate = await Estate.open({ ...keptIn('file'), tokens: two, fixture: { organizations } })
    environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
  }

  test('one that does not let the user in is no reason to throw the sign-in away', async () => {
    await openTwo({ contoso: [upn], fabrikam: [] })
    const { code, stdout } = await loginByCode(estate, {}, { environment })
    expect(code).toBe(0)
    expect(stdout).toContain('who can list the PATs in contoso')
  })

  test('it is thrown away when none lets the user in', async () => {
    await openTwo({ contoso: [], fabrikam: [] })
    const { code, stderr } = await loginByCode(estate, {}, { environment })
    expect(code).not.toBe(0)
    expect(stderr).toContain('of no use')
    expect((await estate.run('apply', { environment })).stderr).toContain('[sign-in-missing]')
  })
})
