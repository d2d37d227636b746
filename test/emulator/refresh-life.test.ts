import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { ScriptedBrowser } from '../support/scripted-browser.ts'
import { AZURE_DEVOPS, type Caller, call, DAY, OWN_CLIENT, UPN } from './caller.ts'
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
const WEEK = 7 * DAY

/** A refresh token of a person in a browser, as MSAL keeps it. */
async function signInOnce() {
  const application = publicClient(emulator)
  const { account } = await application.acquireTokenInteractive({
    scopes,
    openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
  })
  const [entry] = Object.values(
    (JSON.parse(application.getTokenCache().serialize()) as { RefreshToken: Record<string, { secret: string }> })
      .RefreshToken,
  )
  return { application, account: account!, refreshToken: entry!.secret }
}

const redeem = (refreshToken: string, more: Record<string, string> = {}) =>
  caller.token({ client_id: OWN_CLIENT, grant_type: 'refresh_token', refresh_token: refreshToken, ...more })
const refusalOf = async (refreshToken: string, more: Record<string, string> = {}) =>
  (await redeem(refreshToken, more)).json.error_codes?.[0]

test('MSAL lives on one sign-in with a second factor for a year of weekly refreshes', async () => {
  emulator.changeUser(UPN, { mfa: 'required' })
  const { application, account } = await signInOnce()
  for (let week = 0; week < 52; week += 1) {
    emulator.travel(WEEK)
    const result = await application.acquireTokenSilent({ account, scopes, forceRefresh: true })
    expect((await caller.pats(result.accessToken, 'GET')).status).toBe(200)
  }
  expect(browser.seen.filter((title) => title === 'Enter code')).toHaveLength(1)
})

test('another MSAL goes on with the cache of the first one, and both live', async () => {
  const { application, account } = await signInOnce()
  const other = publicClient(emulator, {}, application.getTokenCache().serialize())
  emulator.travel(60 * DAY)
  const silently = async (client: typeof application) =>
    (await client.acquireTokenSilent({ account, scopes, forceRefresh: true })).accessToken
  const tokens = [await silently(other), await silently(application), await silently(other)]
  for (const token of tokens) expect((await caller.pats(token, 'GET')).status).toBe(200)
})

test('MSAL is refused after ninety days of nothing', async () => {
  const { application, account } = await signInOnce()
  emulator.travel(90 * DAY)
  await expect(application.acquireTokenSilent({ account, scopes, forceRefresh: true })).rejects.toMatchObject({
    errorMessage: expect.stringContaining('AADSTS700082'),
  })
})

describe('a refresh token', () => {
  test('stays after its redemption, or dies of it', async () => {
    const { refreshToken } = await signInOnce()
    await redeem(refreshToken)
    expect((await redeem(refreshToken)).status).toBe(200)
    emulator.set({ refreshTokenAtUse: 'revoked' })
    const { json } = await redeem(refreshToken)
    expect(await refusalOf(refreshToken)).toBe(70000)
    expect((await redeem(json.refresh_token)).status).toBe(200)
  })

  test('that is refused is not used up', async () => {
    emulator.set({ refreshTokenAtUse: 'revoked' })
    const { refreshToken } = await signInOnce()
    emulator.changeUser(UPN, { enabled: false })
    expect(await refusalOf(refreshToken)).toBe(50057)
    emulator.changeUser(UPN, { enabled: true })
    expect((await redeem(refreshToken)).status).toBe(200)
  })

  test('dies with all that came of it when an administrator revokes the sign-ins', async () => {
    const { refreshToken } = await signInOnce()
    const { json } = await redeem(refreshToken)
    emulator.revokeSessions(UPN)
    expect([await refusalOf(refreshToken), await refusalOf(json.refresh_token)]).toEqual([50173, 50173])
    const { refreshToken: anew } = await signInOnce()
    expect((await redeem(anew)).status).toBe(200)
    expect(() => emulator.revokeSessions('nobody')).toThrow('nobody')
  })

  test('dies by a new password, also at the end of a chain', async () => {
    let { refreshToken } = await signInOnce()
    for (let step = 0; step < 3; step += 1) refreshToken = (await redeem(refreshToken)).json.refresh_token
    emulator.changeUser(UPN, { password: `new ${Math.random()}` })
    expect(await refusalOf(refreshToken)).toBe(50173)
  })

  test('is refused when the sign-in is longer ago than its frequency allows, however often it was used', async () => {
    emulator.changeUser(UPN, { signInFrequencyHours: 24 * 30 })
    let { refreshToken } = await signInOnce()
    for (let week = 0; week < 4; week += 1) {
      emulator.travel(WEEK)
      refreshToken = (await redeem(refreshToken)).json.refresh_token
    }
    emulator.travel(WEEK)
    const refused = await redeem(refreshToken)
    expect(refused.json).toMatchObject({ error: 'invalid_grant', error_codes: [70043] })
    emulator.changeUser(UPN, { signInFrequencyHours: null })
    expect((await redeem(refreshToken)).status).toBe(200)
  })

  test('of a sign-in without a second factor does not get around one that comes later', async () => {
    const { refreshToken } = await signInOnce()
    emulator.changeUser(UPN, { mfa: 'required' })
    expect(await refusalOf(refreshToken)).toBe(50076)
    const { refreshToken: withFactor } = await signInOnce()
    expect((await redeem(withFactor)).status).toBe(200)
  })

  test('meets claims that ask for more only when the sign-in had a second factor', async () => {
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
    const capabilities = JSON.stringify({ access_token: { xms_cc: { values: ['CP1'] } } })
    const { refreshToken } = await signInOnce()
    expect((await redeem(refreshToken, { claims: capabilities })).status).toBe(200)
    expect(await refusalOf(refreshToken, { claims })).toBe(50076)
    emulator.changeUser(UPN, { mfa: 'required' })
    const { refreshToken: withFactor } = await signInOnce()
    expect((await redeem(withFactor, { claims })).status).toBe(200)
  })

  test('needs the consent still to be there', async () => {
    const { refreshToken } = await signInOnce()
    emulator.changeClient(OWN_CLIENT, { consent: false })
    expect((await redeem(refreshToken)).json).toMatchObject({ error_codes: [65001], suberror: 'consent_required' })
  })

  test('needs the permission still to be registered', async () => {
    const { refreshToken } = await signInOnce()
    emulator.changeClient(OWN_CLIENT, { azureDevOps: [] })
    expect(await refusalOf(refreshToken)).toBe(650057)
  })
})
