import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { type Ended, Estate, program, type Started } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open()
})

afterEach(async () => {
  await estate.stop()
})

/** Starts a command, sends signals while one of its requests waits for its answer, and lets that request go on. */
async function signalled(words: string, request: FaultRule, ...signals: NodeJS.Signals[]): Promise<Ended> {
  const fault = estate.emulator.fault(request)
  const started = estate.start(words)
  await Promise.race([fault.whenFired(), started.ended])
  const stopping = told(started)
  for (const [index, signal] of signals.entries()) {
    started.child.kill(signal)
    if (index === 0 && signals.length > 1) await stopping
  }
  if (signals.length === 1) {
    await Promise.race([stopping, started.ended])
    fault.release()
  }
  return started.ended
}

/** Resolves when the program has said that it is stopping: only then has it seen the signal. */
function told({ child }: Started): Promise<void> {
  let said = ''
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('stopping')) resolve()
    })
  })
}

describe('SIGINT', () => {
  test('while the world is looked at: nothing is minted', async () => {
    const ended = await signalled('apply --json', { service: 'pats', method: 'GET', effect: 'block' }, 'SIGINT')
    expect(ended.code).toBe(130)
    expect(estate.mutations()).toEqual([])
    expect(ended.json.results).toMatchObject([{ status: 'skipped', error: { code: 'interrupted' } }])
    expect(ended.stderr).toContain('stopping')
  })

  test('while a PAT is being minted: it is verified and stored, and no consumer waits for the next run', async () => {
    const ended = await signalled('apply --json', { service: 'pats', method: 'POST', effect: 'block-after' }, 'SIGINT')
    expect(ended).toMatchObject({ code: 130, json: { results: [{ kind: 'mint', status: 'done' }] } })
    expect(estate.active()).toHaveLength(1)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('while a new PAT is being tried: it is stored', async () => {
    const ended = await signalled('apply', { service: 'connection-data', skip: 1, effect: 'block' }, 'SIGINT')
    expect(ended.code).toBe(130)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('while a value is being stored: the answer is waited for', async () => {
    const ended = await signalled('apply', { service: 'vault', method: 'PUT', effect: 'block' }, 'SIGINT')
    expect(ended.code).toBe(130)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('while the first of many tokens is being made: the others are not begun', async () => {
    await estate.stop()
    const names = Array.from({ length: 6 }, (_, index) => `feed-${index}`)
    estate = await Estate.open({
      tokens: `tokens:\n${names.map((name) => `  - name: ${name}\n    scopes:\n      - vso.code\n`).join('')}`,
    })
    const mint: FaultRule = { service: 'pats', method: 'POST', effect: 'block-after' }
    const ended = await signalled('apply --concurrency 1 --json', mint, 'SIGINT')
    expect(ended).toMatchObject({ code: 130, json: { summary: { done: 1, failed: 0, skipped: 5 } } })
    expect(estate.active()).toHaveLength(1)
    await estate.converge(6)
  })

  test('before a superseded PAT is revoked: it is left to the next run', async () => {
    await estate.run('apply')
    await estate.run('rotate package-feed')
    estate.emulator.travel(3 * day)
    const ended = await signalled('apply', { service: 'vault', method: 'PATCH', effect: 'block' }, 'SIGINT')
    expect(ended.code).toBe(130)
    expect(await estate.hands('package-feed')).toBe(true)
    await estate.converge()
  })

  test('a second time: the program ends at once, whatever it waits for', async () => {
    const ended = await signalled(
      'apply',
      { service: 'pats', method: 'POST', effect: 'block-after' },
      'SIGINT',
      'SIGINT',
    )
    expect(ended.code).toBe(130)
    expect(estate.emulator.vault('contoso').secrets).toEqual({})
    await estate.converge()
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('while the service asks to wait: nobody sits out the wait', async () => {
    estate.emulator.fault({ service: 'pats', times: 9, effect: { kind: 'throttle-429', retryAfter: 200 } })
    const fault = estate.emulator.fault({ service: 'vault', effect: 'block-after' })
    const started = estate.start('apply')
    const seen = new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (!estate.emulator.requests().some(({ status }) => status === 429)) return
        clearInterval(look)
        resolve()
      }, 10)
    })
    await seen
    started.child.kill('SIGINT')
    fault.release()
    expect((await started.ended).code).toBe(130)
    expect(estate.mutations()).toEqual([])
  })
})

describe('SIGTERM or SIGHUP', () => {
  test('ends with 143, and what was minted is stored', async () => {
    const fault = estate.emulator.fault({ service: 'pats', method: 'POST', effect: 'block-after' })
    const started = estate.start('apply')
    await Promise.race([fault.whenFired(), started.ended])
    const stopping = told(started)
    started.child.kill('SIGTERM')
    await stopping
    fault.release()
    expect((await started.ended).code).toBe(143)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('of a terminal that is gone ends with 129, and what was minted is stored', async () => {
    const mint: FaultRule = { service: 'pats', method: 'POST', effect: 'block-after' }
    expect((await signalled('apply', mint, 'SIGHUP')).code).toBe(129)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('after SIGINT, as the agent of Azure Pipelines sends it, changes nothing', async () => {
    const fault = estate.emulator.fault({ service: 'pats', method: 'POST', effect: 'block-after' })
    const started = estate.start('apply')
    await Promise.race([fault.whenFired(), started.ended])
    const stopping = told(started)
    started.child.kill('SIGINT')
    await stopping
    started.child.kill('SIGTERM')
    fault.release()
    expect((await started.ended).code).toBe(130)
    expect(await estate.hands('package-feed')).toBe(true)
  })
  test('before a first SIGINT, as it may come from a service that is being stopped, changes nothing', async () => {
    const fault = estate.emulator.fault({ service: 'pats', method: 'POST', effect: 'block-after' })
    const started = estate.start('apply')
    await Promise.race([fault.whenFired(), started.ended])
    const stopping = told(started)
    started.child.kill('SIGTERM')
    await stopping
    started.child.kill('SIGINT')
    // A round through the other process: it has had the second signal by then, or has ended.
    const held = estate.emulator.fault({ service: 'connection-data', effect: 'block' })
    fault.release()
    await Promise.race([held.whenFired(), started.ended])
    held.release()
    expect((await started.ended).code).toBe(143)
    expect(await estate.hands('package-feed')).toBe(true)
  })
})

test('Ctrl-C at a question says that nothing was changed, and not that something is made safe', async () => {
  const child = spawn('bash', ['-c', `exec script -qec '"${process.execPath}" "${program}" apply' /dev/null`], {
    cwd: estate.directory,
    env: { PATH: process.env['PATH'], HOME: estate.directory, TERM: 'xterm', ...estate.variables },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let shown = ''
  let answered = false
  child.stdout.on('data', (chunk: Buffer) => {
    shown += stripVTControlCharacters(chunk.toString())
    if (answered || !shown.endsWith('[y/N] ')) return
    answered = true
    child.stdin.write('\u0003')
  })
  const [code] = (await once(child, 'close')) as [number]
  expect(answered).toBe(true)
  expect(code).toBe(130)
  expect(shown).toContain('nothing was changed')
  expect(shown).not.toContain('stopping')
  expect(estate.mutations()).toEqual([])
})
