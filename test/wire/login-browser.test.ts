import { existsSync } from 'node:fs'
import { generateIdentity } from 'age-encryption'
import { chromium } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'
import { keptIn, upn } from '../support/kept-sign-in.ts'

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const executablePath = candidates.find((path) => path !== '' && existsSync(path))

let estate: Estate | undefined
afterEach(() => estate?.stop())

test('a real browser goes through patrol login, with a second factor', { timeout: 120_000 }, async (context) => {
  if (executablePath === undefined && process.env['CI'] === 'true')
    throw new Error('no Chromium on a machine that tests')
  context.skip(executablePath === undefined, 'no Chromium here: install one, or name it in CHROMIUM')
  estate = await Estate.open(keptIn('file'))
  estate.emulator.changeUser(upn, { mfa: 'required' })
  const environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
  const { child, ended } = estate.start('login ci-bot --browser', { environment })
  const address = await new Promise<string>((resolve, reject) => {
    let heard = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      heard += chunk.toString()
      const found = /\n(https:\S+)\n/.exec(heard)?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)))
  })
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
  try {
    const page = await browser.newPage({ ignoreHTTPSErrors: true })
    await page.goto(address)
    // The user is filled in already, or asked for.
    const user = page.locator('input[name=loginfmt]')
    if ((await user.count()) > 0) {
      await user.fill(upn)
      await page.locator('button').first().click()
    }
    await page.locator('input[name=passwd]').fill(estate.emulator.password(upn))
    await page.locator('button').first().click()
    await page.locator('input[name=otc]').fill(estate.emulator.mfaCode(upn))
    await page.locator('button').first().click()
    await page.waitForURL(/^http:\/\/localhost:/)
    expect(await page.title()).toBe('You are signed in - Patrol')
    expect(await page.locator('body').innerText()).toContain('goes on in the terminal')
  } finally {
    await browser.close()
  }
  const { code, stdout } = await ended
  expect(code).toBe(0)
  expect(stdout).toContain(`${upn} is signed in for ci-bot, who can list the PATs in contoso`)
  expect((await estate.run('apply', { environment })).code).toBe(0)
})
