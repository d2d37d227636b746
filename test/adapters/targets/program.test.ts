import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { assertRunnable, run, withoutSecrets } from '../../../src/adapters/targets/program.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, minute } from '../../../src/core/time.ts'

const common = { directory: tmpdir(), variables: { PATH: process.env['PATH'] ?? '' }, input: '', timeout: minute }
const shell = (text: string): { readonly shell: string } => ({ shell: text })

test('a program that takes too long is ended, with what it began', async () => {
  const ending = await run({ ...common, command: shell('sleep 100 & echo began; wait'), timeout: duration(300) })
  expect(ending).toMatchObject({ code: undefined, timedOut: true, said: 'began' })
})

test('one that ignores that it is to end is killed', async () => {
  const ending = await run({
    ...common,
    command: shell('trap "" TERM; while :; do sleep 1; done'),
    timeout: duration(200),
  })
  expect(ending).toMatchObject({ code: undefined, timedOut: true })
}, 15_000)

test('one that does not read its input has ended as its exit code says', async () => {
  const input = 'x'.repeat(1_000_000)
  expect(await run({ ...common, command: shell('exit 0'), input })).toMatchObject({ code: 0, timedOut: false })
})

test('what it says is one line, its end, and without secrets', async () => {
  const secret = new Secret('hush-hush-hush-hush')
  const ending = await run({ ...common, command: shell('printf "a\\n  b: "; cat; exit 3'), input: secret.reveal() })
  expect(ending).toEqual({ code: 3, timedOut: false, said: 'a b: [secret]' })
})

test('something in the background that keeps the outputs open does not keep the program from having ended', async () => {
  const ending = await run({ ...common, command: shell('sleep 20 & exit 0') })
  expect(ending.code).toBe(0)
})

test('arguments go as they are, and no shell looks at them', async () => {
  const ending = await run({ ...common, command: ['printf', '%s', '$HOME `id` "x'] })
  expect(ending.said).toBe('$HOME `id` "x')
})

test('of the environment comes all that holds no secret, in whatever form', () => {
  const secret = new Secret('another-hush-value')
  const base64 = Buffer.from(`:${secret.reveal()}`).toString('base64')
  const variables = { A: '1', B: secret.reveal(), C: `Basic ${base64}`, D: undefined }
  expect(withoutSecrets(variables)).toEqual({ A: '1' })
})

test.each([
  ['no program', ['patrol-no-such-program'], tmpdir(), 'target-not-found'],
  ['no directory', ['true'], '/no/such/directory', 'target-not-found'],
  ['a program that must not be run', ['/etc/passwd'], tmpdir(), 'target-denied'],
])('%s is told, before and when it is run', async (_name, command, directory, code) => {
  await expect(run({ ...common, command, directory })).rejects.toMatchObject({ code })
  await expect(assertRunnable(command[0], directory, common.variables)).rejects.toMatchObject({ code })
})
