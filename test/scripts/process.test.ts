import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Estate, program, tenant } from '../support/estate.ts'

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open()
})

afterEach(async () => {
  await estate.stop()
})

/** Runs a line in a shell in which `patrol` is the program. */
async function shell(
  line: string,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn('bash', ['-c', `patrol() { "${process.execPath}" "${program}" "$@"; }\n${line}`], {
    cwd: estate.directory,
    env: { PATH: process.env['PATH'], HOME: estate.directory, ...estate.variables, PATROL_CONFIG: estate.configFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr }
}

/**
 * Runs a line as a person at a terminal would who types `typed` when asked, and `early` at once; gives all that the
 * terminal shows.
 *
 * @param secret what is typed when something is asked for that is not shown
 */
async function terminal(
  line: string,
  typed: string,
  early = '',
  secret?: string,
): Promise<{ readonly code: number; readonly shown: string }> {
  const command = `exec script -qec '"${process.execPath}" "${program}" ${line}' /dev/null`
  const child = spawn('bash', ['-c', command], {
    cwd: estate.directory,
    env: { PATH: process.env['PATH'], HOME: estate.directory, ...estate.variables, PATROL_CONFIG: estate.configFile },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let shown = ''
  const answers = new Map([
    ['[y/N] ', typed],
    ...(secret === undefined ? [] : [['(it is not shown): ', secret] as const]),
  ])
  child.stdin.write(early)
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    for (const [question, answer] of answers) {
      if (!shown.includes(question)) continue
      answers.delete(question)
      child.stdin.write(answer)
    }
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, shown }
}

describe('a shell', () => {
  test('gets a value without a line end, and can hand it on', async () => {
    await estate.run('apply')
    const [pat] = estate.active()
    const { code, stdout } = await shell('printf "<%s>" "$(patrol get package-feed)"; patrol get package-feed | wc -c')
    expect(code).toBe(0)
    expect(stdout).toBe(`<${pat?.value}>${pat?.value.length}\n`)
    const json = await shell('patrol get package-feed --json')
    expect(JSON.parse(json.stdout)).toEqual({
      version: 1,
      token: 'package-feed',
      organization: 'contoso',
      value: pat?.value,
      validTo: new Date(pat?.validTo ?? 0).toISOString(),
    })
  })

  test('whose reader goes away sees no stack trace', async () => {
    await estate.run('apply')
    for (const line of [
      'patrol list | head -1',
      'patrol schema | head -1',
      'patrol --help | true',
      'patrol list | true',
    ]) {
      const { stderr } = await shell(`set -o pipefail; ${line}`)
      expect(stderr, line).not.toMatch(/EPIPE|at .*\.js|Error/)
    }
  })

  test('whose reader goes away, of both streams, does not stop a run half-way', async () => {
    await shell('set -o pipefail; patrol apply --log-level debug 2>&1 | head -1')
    expect(await estate.hands('package-feed')).toBe(true)
    expect(estate.active()).toHaveLength(1)
    const quiet = await shell('set -o pipefail; patrol rotate package-feed --log-level debug 2>&1 | true')
    expect(quiet.code).toBe(0)
    expect(estate.active()).toHaveLength(2)
    expect(await estate.hands('package-feed')).toBe(true)
  })

  test('whose disk is full is told in one line, and what was begun is done', async () => {
    const { code, stderr } = await shell('patrol apply --json > /dev/full')
    expect(code).toBe(1)
    expect(stderr).toContain('error the result could not be written (ENOSPC)\n')
    expect(stderr).not.toMatch(/at .*\.js/)
    expect(await estate.hands('package-feed')).toBe(true)
    const log = await shell('patrol rotate package-feed 2> /dev/full')
    expect(log).toMatchObject({ code: 0, stdout: expect.stringContaining('1 done') })
  })

  test('sees nothing on stderr but speech, and nothing on stdout but the result', async () => {
    const { stdout, stderr } = await shell('patrol plan --json')
    expect(JSON.parse(stdout)).toMatchObject({ version: 1 })
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('warning '))).toEqual([])
  })

  test('makes a configuration that is valid once its variables are set', async () => {
    const made = await shell(
      `patrol init --organization fabrikam --tenant ${tenant} --store https://fabrikam.vault.azure.net > new.yaml && patrol validate -c new.yaml`,
    )
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('is valid') })
    const plain = await shell(
      'patrol init --output plain.yaml --new-identity key.txt && PATROL_AGE_IDENTITY="$(cat key.txt)" patrol validate -c plain.yaml',
    )
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringContaining('is valid') })
    const key = join(estate.directory, 'key.txt')
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const alone = await shell('patrol init --new-identity alone.txt')
    expect(alone).toMatchObject({ code: 0, stdout: `${join(estate.directory, 'alone.txt')}\n` })
    expect(readFileSync(join(estate.directory, 'alone.txt'), 'utf8')).toMatch(/^AGE-SECRET-KEY-1\w+\n$/)
    const again = await shell('patrol init --new-identity key.txt')
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') })
    expect(plain.stdout + made.stdout + again.stderr).not.toContain(readFileSync(key, 'utf8').trim())
  })

  test('has init write a new file, never over one that is there', async () => {
    const args = '--output new.yaml --new-identity key.txt'
    expect(await shell(`patrol init ${args}`)).toMatchObject({ code: 0, stdout: '' })
    const first = readFileSync(join(estate.directory, 'new.yaml'), 'utf8')
    expect((await shell('PATROL_AGE_IDENTITY="$(cat key.txt)" patrol validate -c new.yaml')).code).toBe(0)
    expect((await shell('patrol init --output new.yaml')).code).toBe(2)
    expect(readFileSync(join(estate.directory, 'new.yaml'), 'utf8')).toBe(first)
    expect(await shell(`patrol init ${args.replace('new.yaml', 'other.yaml')}`)).toMatchObject({ code: 2 })
    expect(existsSync(join(estate.directory, 'other.yaml'))).toBe(false)
  })

  test('prints the schema that editors use', async () => {
    const { code, stdout } = await shell('patrol schema')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['version', 'accounts']),
    })
    expect(stdout).toBe(readFileSync(resolve(import.meta.dirname, '../../patrol.schema.json'), 'utf8'))
  })

  test('runs the demo to its end without a secret in what it prints', async () => {
    const { code, stdout, stderr } = await shell('patrol demo')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/collect-orphan +done/)
    expect(stdout).toMatch(/revoked it/)
    expect(stdout).toMatch(/package-feed +deliver +done +to pipelines[^]*package-feed +deliver +done +to npm/)
    // The second act: from the audit that finds it to the one that misses it.
    expect(stdout).toMatch(
      /audit\n[^]*PATROL001 global[^]*wrote 2 entries[^]*to pipelines[^]*to mirror[^]*revoke +done[^]*audit --since[^]*gone +Old laptop[^]*\nno PATs for all organizations\n/,
    )
    expect(stdout).not.toMatch(/exit code|failed +|problems|before it could be killed/)
    // Values of PATs, new and old, and passwords are long and without blanks.
    expect(stdout).not.toMatch(/AZDO|[A-Za-z0-9]{44,}/)
  })
})

test('the demo shows the way out of PATs for all organizations also when they have ended', async () => {
  const { code, stdout } = await estate.run('demo', { clockAhead: 400 * 86_400_000 })
  expect(code).toBe(0)
  expect(stdout).toMatch(/they stop on 1 December 2026, in 14 days[^]*\nno PATs for all organizations\n/)
})

describe('an emulator of its own', () => {
  test('is up for another process until Ctrl-C, and leaves nothing behind', async () => {
    const started = estate.start('emulator')
    const shown = await new Promise<string>((seen) => {
      let text = ''
      started.child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes('patrol plan')) seen(text)
      })
    })
    const file = /\. (\S+environment)/.exec(shown)?.[1] ?? ''
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const both = await shell(`. ${file} && patrol apply --json && patrol status`)
    expect(both.code).toBe(0)
    expect(both.stdout).toContain('healthy')
    started.child.kill('SIGINT')
    expect((await started.ended).code).toBe(0)
    expect(existsSync(file)).toBe(false)
  })

  test('is left by the demo until Ctrl-C, which is no interruption', async () => {
    const started = estate.start('demo --keep')
    await new Promise<void>((kept) => {
      let text = ''
      started.child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes('stays up until Ctrl-C')) kept()
      })
    })
    started.child.kill('SIGINT')
    expect((await started.ended).code).toBe(0)
  })

  test('on a port that is taken says so, and ends', async () => {
    const { port } = new URL(estate.emulator.endpoints.control)
    const { code, stderr } = await shell(`patrol emulator --port ${Number(port) - 3}`)
    expect(code).toBe(2)
    expect(stderr).toMatch(/port \d+ cannot be listened on \(EADDRINUSE\) \[usage\]/)
  })

  test('that is given a fixture with faults names them all', async () => {
    writeFileSync(
      join(estate.directory, 'fixture.yaml'),
      'users:\n  - upn: somebody\n    tenant: nowhere\nvaults:\n  - name: "1"\n',
    )
    const { code, stderr } = await shell('patrol emulator --fixture fixture.yaml')
    expect(code).toBe(2)
    expect(stderr).toContain('fixture.yaml')
    expect(stderr).not.toMatch(/at .*\.js/)
  })
})

describe('a terminal', () => {
  test('is asked, shows colours, and takes no for an answer', async () => {
    const no = await terminal('apply', 'n\r')
    expect(no.code).toBe(1)
    expect(no.shown).toContain('\u001B[32mmint')
    expect(no.shown).toContain('Go ahead? [y/N]')
    expect(no.shown).toContain('nothing was changed')
    expect(estate.mutations()).toEqual([])
    const yes = await terminal('apply', 'y\r')
    expect(yes.code).toBe(0)
    expect(yes.shown).toContain('1 done')
    expect(estate.active()).toHaveLength(1)
  })

  test('whose keys are Ctrl-C, Ctrl-D or an early yes says no', async () => {
    const interrupted = await terminal('apply', '\u0003')
    // Nothing was begun, so nothing is said to be made safe.
    expect(interrupted.code).toBe(130)
    expect(interrupted.shown).toMatch(/\[y\/N\] [^a-z]{0,20}nothing was changed\r\n$/)
    expect((await terminal('apply', '\u0004')).code).toBe(1)
    expect((await terminal('apply', 'n\r', 'y\r')).code).toBe(1)
    expect(estate.mutations()).toEqual([])
  })

  test('does not show a secret that is typed, and a yes ends what leaked', async () => {
    await estate.run('apply')
    const value = estate.active()[0]?.value ?? ''
    const no = await terminal('whose', 'n\r', '', `${value}\r`)
    expect(no.code).toBe(0)
    expect(no.shown).toMatch(/\(it is not shown\): \r\n/)
    expect(no.shown).toContain('nothing was changed')
    const yes = await terminal('whose', 'y\r', '', `${value.slice(0, 9)}x\u007f${value.slice(9)}\r`)
    expect(yes).toMatchObject({ code: 0, shown: expect.stringContaining('2 done') })
    expect(estate.active()[0]?.value).not.toBe(value)
    for (const part of [value, value.slice(0, 9), value.slice(-20)]) expect(no.shown + yes.shown).not.toContain(part)
  })

  test('whose keys are Ctrl-C or Ctrl-D when a secret is asked for gives none', async () => {
    expect(await terminal('whose', '', '', 'abc\u0003')).toMatchObject({
      code: 130,
      shown: expect.not.stringContaining('abc'),
    })
    expect(await terminal('whose', '', '', '\u0004')).toMatchObject({
      code: 2,
      shown: expect.stringContaining('nothing was given'),
    })
  })

  test('is not shown a secret unless it insists', async () => {
    await estate.run('apply')
    const value = estate.active()[0]?.value ?? ''
    const refused = await terminal('get package-feed', '')
    expect(refused.code).toBe(2)
    expect(refused.shown).not.toContain(value)
    expect((await terminal('get package-feed --show', '')).shown).toContain(`${value}\r\n`)
  })
})
