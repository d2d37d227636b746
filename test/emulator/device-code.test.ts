import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { type Person, ScriptedBrowser } from '../support/scripted-browser.ts'
import { AZURE_CLI, AZURE_DEVOPS, type Caller, call, type Heard, OWN_CLIENT, TENANT, UPN } from './caller.ts'
import { publicClient } from './msal.ts'

let caller: Caller
let emulator: Emulator
let browser: ScriptedBrowser
beforeEach(async () => {
  caller = await call()
  emulator = caller.emulator
  emulator.set({ devicePollSeconds: 0 })
  browser = new ScriptedBrowser(emulator)
})
afterEach(async () => {
  await browser.close()
  await caller.stop()
})

const scopes = [`${AZURE_DEVOPS}/.default`]

async function ask(more: Record<string, string> = {}, authority = TENANT): Promise<Heard> {
  return caller.say(`${emulator.endpoints.entra}/${authority}/oauth2/v2.0/devicecode`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: OWN_CLIENT, scope: `${scopes[0]} offline_access`, ...more }).toString(),
  })
}

const poll = (deviceCode: string, more: Record<string, string> = {}) =>
  caller.token({
    client_id: OWN_CLIENT,
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: deviceCode,
    ...more,
  })

const visit = (device: { verification_uri: string; user_code: string }, person: Partial<Person> = {}) =>
  browser.signIn(device.verification_uri, { upn: UPN, deviceCode: device.user_code, ...person })

test('MSAL signs in with a device code, over a second factor, and its token opens the PAT API', async () => {
  emulator.changeUser(UPN, { mfa: 'required' })
  const application = publicClient(emulator)
  const result = await application.acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ verificationUri, userCode, message }) => {
      expect(message).toContain(userCode)
      void browser.signIn(verificationUri, { upn: UPN, deviceCode: userCode })
    },
  })
  expect(result?.account?.username).toBe(UPN)
  expect((await caller.pats(result?.accessToken ?? '', 'GET')).status).toBe(200)
  const again = await application.acquireTokenSilent({ account: result!.account!, scopes, forceRefresh: true })
  expect(again.accessToken).not.toBe(result?.accessToken)
  expect(browser.seen).toEqual([
    'Enter code to allow access',
    'Sign in',
    'Enter password',
    'Enter code',
    expect.stringContaining('Are you trying to sign in to Patrol?'),
    'You have signed in to Patrol',
  ])
})

test('MSAL is told when the person declines', async () => {
  const request = publicClient(emulator).acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ verificationUri, userCode }) =>
      void browser.signIn(verificationUri, { upn: UPN, deviceCode: userCode, agrees: false }),
  })
  await expect(request).rejects.toThrow('authorization_declined')
})

describe('a poll', () => {
  test('waits for the person, gives the tokens once, and is then refused', async () => {
    const { status, json } = await ask()
    expect(status).toBe(200)
    expect(json).toMatchObject({ expires_in: 900, interval: 0, user_code: expect.stringMatching(/^[B-Z2-9]{9}$/) })
    const pending = await poll(json.device_code)
    expect([pending.status, pending.json.error, pending.json.error_codes]).toEqual([
      400,
      'authorization_pending',
      [70016],
    ])
    const page = await visit(json, {
      deviceCode: `${json.user_code.slice(0, 4)} ${json.user_code.slice(4).toLowerCase()}`,
    })
    expect(page.title).toBe('You have signed in to Patrol')
    const tokens = await poll(json.device_code)
    expect(tokens.json.refresh_token).toBeTypeOf('string')
    expect((await poll(json.device_code)).json.error_codes).toEqual([54005])
    expect(emulator.secrets()).toContain(json.device_code)
  })

  test('of an expired code is refused, and so is the person', async () => {
    const { json } = await ask()
    emulator.travel(900_000)
    expect((await poll(json.device_code)).json).toMatchObject({ error: 'expired_token', error_codes: [70020] })
    const page = await browser.press(await browser.open(json.verification_uri), { otc: json.user_code })
    expect(page.alert).toContain("didn't work")
  })

  test('of a code that expires while the person signs in never ends well', async () => {
    const { json } = await ask()
    let page = await browser.press(await browser.open(json.verification_uri), { otc: json.user_code })
    page = await browser.press(page, { loginfmt: UPN })
    page = await browser.press(page, { passwd: emulator.password(UPN) })
    emulator.travel(900_000)
    expect((await browser.press(page, {}, 'accept')).text).toContain('AADSTS70020')
  })

  test('after the person declined is told so', async () => {
    const { json } = await ask()
    await visit(json, { agrees: false })
    expect((await poll(json.device_code)).json.error).toBe('authorization_declined')
  })

  test('too often is no matter, or is told to slow down', async () => {
    emulator.set({ devicePollSeconds: 5 })
    const { json } = await ask()
    const twice = async () => {
      await poll(json.device_code)
      return (await poll(json.device_code)).json.error
    }
    expect(await twice()).toBe('authorization_pending')
    emulator.set({ devicePolledTooFast: 'slow_down' })
    expect(await twice()).toBe('slow_down')
    emulator.travel(5000)
    expect((await poll(json.device_code)).json.error).toBe('authorization_pending')
  })

  test('of nonsense, or by another client, is refused', async () => {
    const { json } = await ask()
    expect((await poll('nonsense')).json).toMatchObject({ error: 'bad_verification_code', error_codes: [70018] })
    expect((await poll(json.device_code, { client_id: AZURE_CLI })).json.error_codes).toEqual([70018])
  })

  test('where public flows are switched off is refused', async () => {
    emulator.changeClient(OWN_CLIENT, { allowPublicFlows: false })
    const { json } = await ask()
    expect((await poll(json.device_code)).json.error_codes).toEqual([7000218])
  })
})

test('Conditional Access may block the flow: the person sees it, the device waits in vain', async () => {
  emulator.changeUser(UPN, { deviceCodeFlow: 'block' })
  const { json } = await ask()
  expect((await visit(json)).text).toContain('AADSTS53003')
  expect((await poll(json.device_code)).json.error).toBe('authorization_pending')
})

test.each<[string, Record<string, string>, string, number]>([
  ['at the common authority', { client_id: AZURE_CLI }, 'common', 90133],
  ['by an application of one tenant at the address of all', {}, 'organizations', 50194],
  ['by an unknown client', { client_id: 'c11e0000-0000-4000-8000-000000000099' }, TENANT, 700016],
  ['for an unknown resource', { scope: 'https://example.org/.default' }, TENANT, 500011],
  ['for nothing', { scope: '' }, TENANT, 900144],
])('a device code %s is refused', async (_, change, authority, code) => {
  expect((await ask(change, authority)).json.error_codes).toEqual([code])
})

test('a wrong code is told on the page', async () => {
  const page = await browser.press(await browser.open(`${emulator.endpoints.entra}/common/oauth2/deviceauth`), {
    otc: 'WRONGCODE',
  })
  expect([page.title, page.alert]).toEqual(['Enter code to allow access', expect.stringContaining("didn't work")])
})
