import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a real browser is installed; undefined where none is. */
export const chromiumPath = places.find((place): place is string => place !== undefined && existsSync(place))

/** Starts it without a screen. As root it has no sandbox, which is no loss: it sees pages of the emulator alone. */
export async function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('there is no Chromium on this machine')
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
}
