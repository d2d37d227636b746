import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { ScriptedBrowser } from '../support/scripted-browser.ts'
import { AZURE_CLI, AZURE_DEVOPS, type Caller, call, OWN_CLIENT, TENANT, UPN, VAULT } from './caller.ts'
import { publicClient } from './msal.ts'

let caller: Caller
let emulator: Emulator
let browser: ScriptedBrowser
beforeEach(async () => {
  caller = await call()
  emulator = caller.emulator
  browser = new ScriptedBrowser(emulator)
})
afterEach(async () => {
  await browser.close()
  await caller.stop()
})

const scopes = [`${AZURE_DEVOPS}/.default`]

/** A program that waits on the loopback interface for what the browser brings. */
async function loopback(): Promise<{ url: string; heard: () => Promise<URLSearchParams>; close: () => void }> {
  let tell: (answer: URLSearchParams) => void
  const heard = new Promise<URLSearchParams>((resolve) => (tell = resolve))
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      tell(request.method === 'POST' ? new URLSearchParams(body) : new URL(request.url ?? '', 'http://x').searchParams)
      response.setHeader('connection', 'close')
      response.end('<title>Back at the program</title>')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    heard: () => heard,
    close: () => void server.close(),
  }
}

function authorizeUrl(redirectUri: string, more: Record<string, string | undefined> = {}, authority = TENANT): string {
  const parameters = {
    client_id: OWN_CLIENT,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: `${AZURE_DEVOPS}/.default offline_access openid`,
    state: 'the state',
    ...more,
  }
  const query = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return `${emulator.endpoints.entra}/${authority}/oauth2/v2.0/authorize?${new URLSearchParams(query).toString()}`
}

describe('MSAL signs a person in with a browser', () => {
  test('over user name and password, and its token opens the PAT API', async () => {
    const result = await publicClient(emulator).acquireTokenInteractive({
      scopes,
      openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
    })
    expect(result.account?.username).toBe(UPN)
    expect(browser.seen.slice(0, 3)).toEqual(['Sign in', 'Enter password', 'Signed in'])
    expect((await caller.pats(result.accessToken, 'GET')).status).toBe(200)
  })

  test('with a second factor, which later refreshes carry along', async () => {
    emulator.changeUser(UPN, { mfa: 'required' })
    const application = publicClient(emulator)
    const result = await application.acquireTokenInteractive({
      scopes,
      openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
    })
    expect(browser.seen).toContain('Enter code')
    const again = await application.acquireTokenSilent({ account: result.account!, scopes, forceRefresh: true })
    expect((await caller.pats(again.accessToken, 'GET')).status).toBe(200)
  })

  test('with a hint, which spares the page for the user name', async () => {
    await publicClient(emulator).acquireTokenInteractive({
      scopes,
      loginHint: UPN,
      openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
    })
    expect(browser.seen[0]).toBe('Enter password')
  })

  test('who must enrol: they set up the factor, and have it from then on', async () => {
    emulator.changeUser(UPN, { mfa: 'enrol' })
    const signIn = async () =>
      publicClient(emulator).acquireTokenInteractive({
        scopes,
        openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
      })
    await signIn()
    await signIn()
    expect(browser.seen.filter((title) => /information|code/.test(title))).toEqual([
      'More information required',
      'Enter code',
    ])
  })

  test('who asks for consent on the way, and never again', async () => {
    emulator.changeClient(OWN_CLIENT, { consent: false })
    const signIn = async () =>
      publicClient(emulator).acquireTokenInteractive({
        scopes,
        openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
      })
    await signIn()
    await signIn()
    expect(browser.seen.filter((title) => title === 'Permissions requested')).toHaveLength(1)
    emulator.changeClient(OWN_CLIENT, { consent: false })
    expect((await caller.token(caller.passwordForm())).json.error_codes).toEqual([65001])
  })

  test('who declines to consent: the program is told so', async () => {
    emulator.changeClient(OWN_CLIENT, { consent: false })
    const request = publicClient(emulator).acquireTokenInteractive({
      scopes,
      openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN, agrees: false })),
    })
    await expect(request).rejects.toMatchObject({
      errorCode: 'access_denied',
      errorMessage: expect.stringContaining('AADSTS65004'),
    })
  })

  test('where only an administrator may consent, the person can only go back', async () => {
    emulator.changeClient(OWN_CLIENT, { consent: false, userConsent: 'administrator-only' })
    const request = publicClient(emulator).acquireTokenInteractive({
      scopes,
      openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
    })
    await expect(request).rejects.toMatchObject({ errorMessage: expect.stringContaining('AADSTS90094') })
    expect(browser.seen).toContain('Need admin approval')
  })
})

describe('on the pages', () => {
  test.each([
    ['an unknown user', { upn: 'nobody@contoso.example', password: 'x' }, {}, 'AADSTS50034'],
    ['a wrong password', { upn: UPN, password: 'guess' }, {}, 'AADSTS50126'],
    ['a wrong code', { upn: UPN, code: '000000' }, { mfa: 'required' }, 'That code did not work'],
    ['a locked account', { upn: UPN }, { locked: true }, 'AADSTS50053'],
  ] as const)('%s is told where it was written, and nothing goes to the program', async (_, person, state, text) => {
    emulator.changeUser(UPN, state)
    const program = await loopback()
    const page = await browser.signIn(authorizeUrl(program.url), person)
    expect(page.alert).toContain(text)
    expect(page.form).toBeDefined()
    program.close()
  })

  test.each([
    ['a disabled account', { enabled: false }, 'AADSTS50057'],
    ['an expired password', { passwordExpired: true }, 'AADSTS50055'],
    ['Conditional Access', { conditionalAccess: 'block' }, 'AADSTS53003'],
  ] as const)('%s ends the sign-in', async (_, state, text) => {
    emulator.changeUser(UPN, state)
    const program = await loopback()
    const page = await browser.signIn(authorizeUrl(program.url), { upn: UPN })
    expect(page.text).toContain(text)
    expect(page.form).toBeUndefined()
    program.close()
  })

  test('ten wrong passwords lock the account', async () => {
    let page = await browser.open(authorizeUrl('http://localhost:1', { login_hint: UPN }))
    for (let attempt = 0; attempt < 10; attempt += 1) page = await browser.press(page, { passwd: 'guess' })
    page = await browser.press(page, { passwd: emulator.password(UPN) })
    expect(page.alert).toContain('AADSTS50053')
  })

  test('a code of the authenticator is good for a step before and after, and no longer', async () => {
    emulator.changeUser(UPN, { mfa: 'required' })
    const early = emulator.mfaCode(UPN)
    emulator.travel(90_000)
    const late = await browser.signIn(authorizeUrl('http://localhost:1'), { upn: UPN, code: early })
    expect(late.alert).toBeDefined()
    const program = await loopback()
    const code = emulator.mfaCode(UPN)
    emulator.travel(30_000)
    const good = await browser.signIn(authorizeUrl(program.url), {
      upn: UPN,
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
    })
    expect(good.title).toBe('Back at the program')
    program.close()
  })

  test('no step can be left out', async () => {
    emulator.changeUser(UPN, { mfa: 'required' })
    const start = await browser.open(authorizeUrl('http://localhost:1', { login_hint: UPN }))
    const jump = (step: string) => ({
      ...start,
      form: { ...start.form!, hidden: { ...start.form!.hidden, step }, fields: { otc: '' } },
    })
    const beforePassword = await browser.press(jump('code'), { otc: emulator.mfaCode(UPN) })
    expect(beforePassword.title).toBe('Enter password')
    await browser.press(start, { passwd: emulator.password(UPN) })
    const beforeCode = await browser.press(jump('consent'), {})
    expect(beforeCode.title).toBe('Enter code')
  })

  test('another account may be used', async () => {
    const start = await browser.open(authorizeUrl('http://localhost:1', { login_hint: 'other@contoso.example' }))
    expect(start.alert).toContain('AADSTS50034')
    const password = await browser.press(start, { loginfmt: UPN })
    expect((await browser.press(password, {}, 'back')).title).toBe('Sign in')
  })

  test('a sign-in that takes half an hour is over', async () => {
    const page = await browser.open(authorizeUrl('http://localhost:1'))
    emulator.travel(1_800_000)
    expect((await browser.press(page, { loginfmt: UPN })).text).toContain('AADSTS50089')
  })

  test('what was written stands in the page as text', async () => {
    const page = await browser.signIn(authorizeUrl('http://localhost:1'), {
      upn: '"><script>alert(1)</script>@contoso.example',
      password: 'x',
    })
    expect(page.form?.fields['loginfmt']).toBe('"><script>alert(1)</script>@contoso.example')
  })
})

test('the journal tells who was on the pages, and no secret', async () => {
  emulator.changeUser(UPN, { mfa: 'required' })
  await publicClient(emulator).acquireTokenInteractive({
    scopes,
    openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
  })
  const visits = emulator.requests().filter(({ url }) => url === `/${TENANT}/login`)
  expect(visits.map(({ principal }) => principal)).toEqual([UPN, UPN, UPN])
  const urls = emulator.requests().map(({ url }) => url)
  for (const secret of emulator.secrets()) expect(urls.join('\n')).not.toContain(secret)
})

describe('a request for a code', () => {
  test.each([
    ['an unknown client', { client_id: 'c11e0000-0000-4000-8000-000000000099' }, TENANT, '700016'],
    ['no client', { client_id: undefined }, TENANT, '900144'],
    ['a foreign address', { redirect_uri: 'https://attacker.example/' }, TENANT, '50011'],
    ['another path', { redirect_uri: 'http://localhost:1234/other' }, TENANT, '50011'],
    ['an unknown tenant', {}, 'nowhere.example', '90002'],
    ['a tenant left open by an application of one tenant', {}, 'organizations', '50194'],
    ['an unknown resource', { scope: 'https://example.org/.default' }, TENANT, '500011'],
    ['no scope', { scope: undefined }, TENANT, '900144'],
  ])('with %s is refused on a page', async (_, change, authority, code) => {
    const page = await browser.open(authorizeUrl('http://localhost:1', change, authority))
    expect([page.status, page.text]).toEqual([400, expect.stringContaining(`AADSTS${code}`)])
  })

  test('for a resource the application is not registered for is refused on a page', async () => {
    emulator.changeClient(OWN_CLIENT, { azureDevOps: [] })
    expect((await browser.open(authorizeUrl('http://localhost:1'))).text).toContain('AADSTS650057')
  })

  test.each([
    ['another response type', { response_type: 'token' }, 'unsupported_response_type', '9002313'],
    ['no response type', { response_type: undefined }, 'invalid_request', '900144'],
    ['prompt=none, since nobody is signed in', { prompt: 'none' }, 'login_required', '50058'],
    ['an unknown prompt', { prompt: 'please' }, 'invalid_request', '9002313'],
    ['claims that are no JSON', { claims: '{' }, 'invalid_request', '9002313'],
    ['a short challenge', { code_challenge: 'short' }, 'invalid_request', '9002313'],
    [
      'an unknown challenge',
      { code_challenge: 'x'.repeat(43), code_challenge_method: 'MD5' },
      'invalid_request',
      '9002313',
    ],
    ['an unknown response mode', { response_mode: 'jwt' }, 'invalid_request', '9002313'],
  ])('with %s is refused to the program', async (_, change, error, code) => {
    const program = await loopback()
    await browser.open(authorizeUrl(program.url, change))
    const heard = await program.heard()
    expect([heard.get('error'), heard.get('state')]).toEqual([error, 'the state'])
    expect(heard.get('error_description')).toContain(`AADSTS${code}`)
    program.close()
  })

  test('may be cancelled on the first page', async () => {
    const program = await loopback()
    const page = await browser.open(authorizeUrl(program.url, { response_mode: 'form_post' }))
    await browser.press(page, {}, 'cancel')
    expect((await program.heard()).get('error')).toBe('access_denied')
    program.close()
  })

  test('may demand a second factor by its claims, of a user who otherwise needs none', async () => {
    const program = await loopback()
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
    await browser.signIn(authorizeUrl(program.url, { claims }), { upn: UPN })
    expect(browser.seen).toContain('Enter code')
    program.close()
  })

  test('may ask for consent although it is there', async () => {
    const program = await loopback()
    await browser.signIn(authorizeUrl(program.url, { prompt: 'consent' }), { upn: UPN })
    expect(browser.seen).toContain('Permissions requested')
    expect((await program.heard()).get('code')).not.toBeNull()
    program.close()
  })

  test('of a client of Microsoft may leave the tenant open', async () => {
    const program = await loopback()
    await browser.signIn(authorizeUrl(program.url, { client_id: AZURE_CLI }, 'organizations'), { upn: UPN })
    expect((await program.heard()).get('code')).not.toBeNull()
    program.close()
  })
})

describe('an authorization code', () => {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  let redirectUri: string

  async function obtain(more: Record<string, string | undefined> = {}): Promise<string> {
    const program = await loopback()
    redirectUri = program.url
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
    await browser.signIn(authorizeUrl(program.url, { ...pkce, ...more }), { upn: UPN })
    const heard = await program.heard()
    program.close()
    expect(heard.get('state')).toBe('the state')
    return heard.get('code') ?? ''
  }
  const redeem = (code: string, more: Record<string, string> = {}, authority = TENANT) =>
    caller.token(
      {
        client_id: OWN_CLIENT,
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...more,
      },
      authority,
    )
  const codeOf = (answer: { json: { error_codes?: number[] } }) => answer.json.error_codes?.[0]

  test('gives tokens once, with the nonce in the id token', async () => {
    const code = await obtain({ nonce: 'the nonce', response_mode: 'query' })
    const { status, json } = await redeem(code)
    expect(status).toBe(200)
    const claims = JSON.parse(Buffer.from(json.id_token.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ nonce: 'the nonce', preferred_username: UPN })
    expect(json.refresh_token).toBeTypeOf('string')
    expect(codeOf(await redeem(code))).toBe(54005)
    expect(emulator.secrets()).toContain(code)
  })

  test('may open another resource that there is consent for', async () => {
    const { json } = await redeem(await obtain(), { scope: `${VAULT}/.default` })
    expect(json.scope).toContain(VAULT)
  })

  test('lives ten minutes', async () => {
    const code = await obtain()
    emulator.travel(600_000)
    expect(codeOf(await redeem(code))).toBe(70008)
  })

  test.each<[string, Record<string, string>, number]>([
    ['a wrong verifier', { code_verifier: 'x'.repeat(43) }, 501481],
    ['no verifier', { code_verifier: '' }, 501481],
    ['another address', { redirect_uri: 'http://localhost:9' }, 500112],
    ['another client', { client_id: AZURE_CLI }, 9002313],
    ['nonsense', { code: 'nonsense' }, 9002313],
    ['a secret of a public client', { client_secret: 'x' }, 700025],
  ])('with %s is refused', async (_, change, code) => {
    expect(codeOf(await redeem(await obtain(), change))).toBe(code)
  })

  test('without a challenge takes no verifier', async () => {
    const code = await obtain({ code_challenge: undefined, code_challenge_method: undefined })
    expect(codeOf(await redeem(code))).toBe(501481)
  })

  test('with a plain challenge takes the challenge itself', async () => {
    const code = await obtain({ code_challenge: verifier, code_challenge_method: undefined })
    expect((await redeem(code)).status).toBe(200)
  })
})
