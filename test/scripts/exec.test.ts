import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Estate, program, type Started } from '../support/estate.ts'

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open()
  await estate.run('apply')
})

afterEach(async () => {
  await estate.stop()
})

const shell = (script: string, ...options: readonly string[]): readonly string[] => [
  'exec',
  'package-feed',
  ...options,
  '--',
  'sh',
  '-c',
  script,
]

const fingerprint = (value = ''): string => createHash('sha256').update(value).digest('hex')
const printFingerprint = 'printf %s "$PACKAGE_FEED" | sha256sum | cut -c1-64'

/** Resolves when the program has printed the text. */
async function printed({ child }: Started, text: string): Promise<void> {
  let seen = ''
  while (!seen.includes(text)) {
    const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
    seen += chunk.toString()
  }
}

describe('a command', () => {
  test('finds the value, speaks through the same streams and passes its exit code on', async () => {
    const { code, stdout, stderr } = await estate.start(shell(`${printFingerprint}; echo said >&2; exit 7`)).ended
    expect(stdout).toBe(`${fingerprint(estate.active()[0]?.value)}\n`)
    expect(stderr.split('\n').at(-2)).toBe('said')
    expect(code).toBe(7)
  })

  test('gets nothing that opens the store or signs Patrol in, unless that is passed on or set for it', async () => {
    const look = 'echo "${PATROL_AGE_IDENTITY:+key}/${USER_PASSWORD:+password}/${NEUTRAL}"'
    const run = (...options: readonly string[]) =>
      estate.start(shell(look, ...options), { environment: { NEUTRAL: 'stays' } }).ended
    expect(await run()).toMatchObject({ code: 0, stdout: '//stays\n' })
    expect(await run('--pass', 'USER_PASSWORD')).toMatchObject({ stdout: '/password/stays\n' })
    expect(await run('--as', 'PATROL_AGE_IDENTITY')).toMatchObject({ stdout: 'key//stays\n' })
  })

  test('that is another patrol is told which variable the outer one keeps, and how to pass it on', async () => {
    const patrol = `"${process.execPath}" "${program}"`
    const inner = (...options: readonly string[]) => estate.start(shell(`${patrol} plan`, ...options)).ended
    const refused = await inner()
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('USER_PASSWORD is not set, because patrol exec keeps it')
    expect(refused.stderr).toContain('patrol exec --pass USER_PASSWORD')
    expect((await inner('--pass', 'USER_PASSWORD')).stderr).not.toContain('--pass')
  })

  test('gets its words as they stand, and none of them holds the value', async () => {
    const words = ['--json', '$HOME', 'a b', '"', '--', '-h', '*', '']
    const { stdout } = await estate.start([
      'exec',
      'package-feed',
      '--',
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...words,
    ]).ended
    expect(JSON.parse(stdout)).toEqual(words)
  })

  test('that a signal ends gives the code that a shell gives', async () => {
    expect((await estate.start(shell('kill -TERM $$')).ended).code).toBe(143)
  })

  test('that does not exist, or is none, ends as in a shell, and says so', async () => {
    const missing = await estate.start('exec package-feed -- no-such-program-here').ended
    expect(missing).toMatchObject({ code: 127, stderr: expect.stringContaining('could not be started') })
    const denied = await estate.start(['exec', 'package-feed', '--', estate.configFile]).ended
    expect(denied).toMatchObject({ code: 126, stderr: expect.stringContaining('you may not run it') })
  })

  test('gets signals and decides what they mean', async () => {
    const started = estate.start(shell('trap "exit 5" TERM; echo up; while :; do sleep 0.05; done'))
    await printed(started, 'up')
    started.child.kill('SIGTERM')
    expect((await started.ended).code).toBe(5)
    const twice = estate.start(
      shell('n=0; trap "n=\\$((n+1)); [ \\$n = 2 ] && exit 6" INT; echo up; while :; do sleep 0.05; done'),
    )
    await printed(twice, 'up')
    twice.child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 200))
    twice.child.kill('SIGINT')
    expect((await twice.ended).code).toBe(6)
  })

  test('on a terminal gets Ctrl-C once', async () => {
    const trap = "trap 'echo got >> counts' INT; echo up; sleep 1; sleep 0.3; exit 9"
    const line = `exec "${process.execPath}" "${program}" exec package-feed -- sh -c "${trap}"`
    const child = spawn('bash', ['-c', 'exec script -qec "$LINE" /dev/null'], {
      cwd: estate.directory,
      env: {
        PATH: process.env['PATH'],
        HOME: estate.directory,
        ...estate.variables,
        PATROL_CONFIG: estate.configFile,
        LINE: line,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let shown = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (!shown.includes('up') && chunk.toString().includes('up')) child.stdin.write('\u0003')
      shown += chunk.toString()
    })
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(9)
    expect(readFileSync(join(estate.directory, 'counts'), 'utf8')).toBe('got\n')
  })
})

describe('nothing is started', () => {
  test.each([
    ['exec nobody -- touch started', 2, 'there is no token named nobody'],
    ['exec package-feed,nobody -- touch started', 2, 'there is no token named nobody'],
    ['exec package-feed --as 1 -- touch started', 2, '--as needs the name of a variable'],
    ['exec package-feed', 2, "missing required argument 'command'"],
    ['exec package-feed --every 5 -- touch started', 2, 'It must be a length of time'],
  ])('by %s', async (line, code, message) => {
    expect(await estate.run(line)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
    expect(existsSync(join(estate.directory, 'started'))).toBe(false)
  })

  test('without a value in the store', async () => {
    const empty = await Estate.open()
    const { code, stderr } = await empty.run('exec package-feed -- touch started')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('the store has no value') })
    await empty.stop()
  })
})

describe('with --watch a command', () => {
  const loop = `trap 'echo bye; exit 0' TERM; ${printFingerprint}; echo up; while :; do sleep 0.05; done`

  test('is started anew after a rotation, and ends with the program', async () => {
    const started = estate.start(shell(loop, '--watch', '--every', '1s', '--grace', '5s'))
    await printed(started, 'up')
    const [before] = estate.active()
    await estate.run('rotate package-feed')
    await printed(started, 'up')
    started.child.kill('SIGTERM')
    const { code, stdout, stderr } = await started.ended
    const after = estate.active().find(({ value }) => value !== before?.value)
    const lines = [fingerprint(before?.value), 'up', 'bye', fingerprint(after?.value), 'up', 'bye', '']
    expect(stdout.split('\n')).toEqual(lines)
    expect(stderr).toContain('package-feed: there is a new value\nsh: is ended and started anew\n')
    expect(code).toBe(0)
  })

  test('goes on while the store cannot be read', async () => {
    const started = estate.start(shell(loop, '--watch', '--every', '1s'))
    await printed(started, 'up')
    const fault = estate.emulator.fault({
      service: 'vault',
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'status', status: 403 },
    })
    const [said] = (await once(started.child.stderr!, 'data')) as [Buffer]
    expect(said.toString()).toContain('sh goes on with what it has')
    fault.cancel()
    started.child.kill('SIGTERM')
    const { code, stdout } = await started.ended
    expect({ code, lines: stdout.split('\n').slice(1) }).toEqual({ code: 0, lines: ['up', 'bye', ''] })
  })
})
