import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { AZURE_DEVOPS, type Caller, call, OWN_CLIENT, UPN } from './caller.ts'
import { publicClient } from './msal.ts'

const scopes = [`${AZURE_DEVOPS}/.default`]

if (chromiumPath === undefined)
  process.stderr.write('SKIPPED: no Chromium here, the pages are not tried in a browser\n')

describe.skipIf(chromiumPath === undefined)('a real browser', () => {
  let chromium: Browser
  let caller: Caller
  let emulator: Emulator
  let page: Page

  beforeAll(async () => {
    chromium = await launchChromium()
  }, 60_000)
  afterAll(() => chromium.close())
  beforeEach(async () => {
    caller = await call()
    emulator = caller.emulator
    emulator.changeUser(UPN, { mfa: 'required' })
  })
  afterEach(() => caller.stop())

  /** Everything is found as a person finds it: by what stands beside the field and on the button. */
  async function signIn(): Promise<void> {
    await page.getByLabel('User name').fill(UPN)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Password').fill('guess')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('AADSTS50126').waitFor()
    await page.getByLabel('Password').fill(emulator.password(UPN))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('Authenticator code').fill(emulator.mfaCode(UPN))
    await page.getByRole('button', { name: 'Verify' }).click()
  }

  test.each([true, false])(
    'signs in to MSAL over password, second factor and consent; scripts run: %s',
    async (javaScriptEnabled) => {
      emulator.changeClient(OWN_CLIENT, { consent: false })
      page = await chromium.newPage({ ignoreHTTPSErrors: true, javaScriptEnabled })
      const result = await publicClient(emulator).acquireTokenInteractive({
        scopes,
        successTemplate: '<h1>Back at the program</h1>',
        openBrowser: async (url) => {
          await page.goto(url)
          await signIn()
          await page.getByText('vso.pats_manage').waitFor()
          await page.getByRole('button', { name: 'Accept' }).click()
          if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click()
          await page.getByText('Back at the program').waitFor()
        },
      })
      expect(result.account?.username).toBe(UPN)
      await page.close()
    },
    60_000,
  )

  test('ends the sign-in of a device', async () => {
    emulator.set({ devicePollSeconds: 1 })
    page = await chromium.newPage({ ignoreHTTPSErrors: true, javaScriptEnabled: false })
    let visit: Promise<void> | undefined
    const result = await publicClient(emulator).acquireTokenByDeviceCode({
      scopes,
      deviceCodeCallback: ({ verificationUri, userCode }) => {
        visit = (async () => {
          await page.goto(verificationUri)
          await page.getByLabel('Code').fill(userCode.toLowerCase())
          await page.getByRole('button', { name: 'Next' }).click()
          await signIn()
          await page.getByRole('button', { name: 'Continue' }).click()
          await page.getByRole('heading', { name: 'You have signed in to Patrol' }).waitFor()
        })()
      },
    })
    await visit
    expect((await caller.pats(result?.accessToken ?? '', 'GET')).status).toBe(200)
    await page.close()
  }, 60_000)
})
