import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { generateIdentity } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Estate, type Started } from '../support/estate.ts'
import { keptIn, upn } from '../support/kept-sign-in.ts'
import { ScriptedBrowser } from '../support/scripted-browser.ts'

let estate: Estate
let environment: Record<string, string>

beforeEach(async () => {
  estate = await Estate.open(keptIn('file'))
  environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
})
afterEach(() => estate.stop())

/** Resolves with the first match in what the program says. */
function said({ child, ended }: Started, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      heard += chunk.toString()
      const found = pattern.exec(heard)
      if (found !== null) resolve(found[1] ?? found[0])
    })
    void ended.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)))
  })
}

describe.skipIf(process.platform !== 'linux')('patrol login on a desktop of Linux', () => {
  test('opens the browser of the person, and prints the address all the same', { timeout: 30_000 }, async () => {
    const tools = join(estate.directory, 'tools')
    const opened = join(estate.directory, 'opened')
    mkdirSync(tools)
    writeFileSync(join(tools, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > ${opened}\n`, { mode: 0o755 })
    const desktop = { ...environment, DISPLAY: ':0', PATH: [tools, process.env['PATH']].join(delimiter) }
    const started = estate.start('login ci-bot --json', { environment: desktop })
    const address = await said(started, /\n(https:\S+)\n/)
    while (!existsSync(opened) || readFileSync(opened, 'utf8') === '') await wait(20)
    expect(readFileSync(opened, 'utf8')).toBe(address)
    const browser = new ScriptedBrowser(estate.emulator)
    await browser.signIn(address, { upn })
    await browser.close()
    const { code, json, stderr } = await started.ended
    expect(code).toBe(0)
    expect(stderr).toContain('A browser opens.')
    expect(json).toMatchObject({ account: 'ci-bot', user: upn, method: 'browser', organization: 'contoso' })
  })
})

describe('patrol login that is interrupted', () => {
  test.each(['--browser', '--device-code'])(
    'while it waits (%s) ends at once and keeps nothing',
    { timeout: 30_000 },
    async (flag) => {
      const started = estate.start(`login ci-bot ${flag}`, { environment })
      await said(started, /waiting until you have signed in/)
      started.child.kill('SIGINT')
      const { code, stderr } = await started.ended
      expect(code).toBe(130)
      expect(stderr).toContain('[interrupted]')
      expect((await estate.run('login ci-bot --check', { environment })).stderr).toContain('[sign-in-missing]')
    },
  )

  test('by nobody who comes, where there is no browser: a code is shown unasked', { timeout: 30_000 }, async () => {
    const started = estate.start('login ci-bot --timeout 1s', {
      environment: { ...environment, SSH_TTY: '/dev/pts/0' },
    })
    expect(await said(started, /type the code (\w+)/)).toMatch(/^[A-Z0-9]+$/)
    const { code, stderr } = await started.ended
    expect(code).toBe(4)
    expect(stderr).toContain('waiting until you have signed in, 1s at most')
    expect(stderr).toContain('[sign-in-timed-out]')
  })
})
