// What an audit of everybody costs: 5,000 users with 20,000 PATs against the emulator, at one go, interrupted, and compared with an earlier one. Prints the requests beside the
// fewest that could do, the largest memory and the time: npm run bench:audit. Two numbers choose another size, and the
// program ends with 1 when a limit is not kept.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { configurationHead } from './run/configuration.ts'
import { measure, program } from './run/program.ts'
import { RemoteEmulator } from './run/remote-emulator.ts'

const [users = 5_000, pats = 20_000] = process.argv.slice(2).map(Number)
const owner = 'ci-bot@contoso.example'
const tenant = '11111111-2222-3333-4444-555555555555'
const limits = { memoryMiB: 200, requestsOverFloor: 1.2 } as const
/** What the emulator puts on a page of users, and on a page of PATs. */
const [usersOnPage, patsOnPage] = [500, 100] as const

const directory = mkdtempSync(join(tmpdir(), 'patrol-bench-audit-'))
const emulator = await RemoteEmulator.start(directory, {
  organizations: [{ name: 'contoso', tenant, members: [owner], administrators: [owner] }],
  crowds: [
    {
      organization: 'contoso',
      users,
      pats,
      upn: 'user-{n}@contoso.example',
      displayName: 'Token {n} of a developer',
      scopes: ['vso.code', 'vso.packaging vso.build', 'app_token', 'vso.work_write vso.code_write'],
      ageDays: [1, 10, 40, 200],
      leftDays: [3, 20, 60, 150],
    },
  ],
})
const words = ['audit', '--organization-wide', '--resume', 'audit.progress']
// One request for each page of users, and for each user at least one.
const floor = Math.ceil((users + 1) / usersOnPage) + users * Math.ceil(Math.max(1, pats / users) / patsOnPage) + 1
try {
  writeFileSync(join(directory, 'patrol.yaml'), configuration(emulator))
  const variables = { USER_NAME: owner, USER_PASSWORD: await emulator.password(owner) }
  console.log('| users | PATs | run | requests | floor | over floor | largest memory | time |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  await audit('at one go', variables)
  const before = await emulator.requests()
  await killedAt(0.8, variables)
  const lost = (await emulator.requests()) - before
  const earlier = await audit('killed at 80 %, and resumed', variables, lost)
  writeFileSync(join(directory, 'earlier.json'), earlier)
  await audit('compared with an earlier one', variables, 0, ['--since', 'earlier.json'])
} finally {
  await emulator.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** Measures one run, and gives what it printed. @param already requests of the run that this one goes on with */
async function audit(
  run: string,
  variables: Readonly<Record<string, string>>,
  already = 0,
  more: readonly string[] = [],
): Promise<string> {
  const before = await emulator.requests()
  const { tookMs, peakKiB, document, text } = await measure([...words, ...more], directory, variables)
  const sent = already + (await emulator.requests()) - before
  const seen = (document as { summary: { pats: number } }).summary.pats
  const memoryMiB = peakKiB / 1_024
  console.log(
    `| ${users} | ${seen} | ${run} | ${sent} | ${floor} | ${(sent / floor).toFixed(3)} | ${memoryMiB.toFixed(0)} MiB | ${(tookMs / 1_000).toFixed(1)} s |`,
  )
  if (seen !== pats) fail(`${pats - seen} PATs are missing`)
  if (memoryMiB > limits.memoryMiB) fail(`more than ${limits.memoryMiB} MiB`)
  if (sent / floor > limits.requestsOverFloor) fail(`more than ${limits.requestsOverFloor} times the floor`)
  return text
}

/** Starts an audit and kills it as a power cut would, when so large a part of the users is in its progress. */
async function killedAt(part: number, variables: Readonly<Record<string, string>>): Promise<void> {
  const progress = join(directory, 'audit.progress')
  const child = spawn(process.execPath, [program, ...words, '--json'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, ...variables },
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const lines = (): number => (existsSync(progress) ? readFileSync(progress, 'utf8').split('\n').length : 0)
  while (child.exitCode === null && lines() < users * part) await wait(20)
  child.kill('SIGKILL')
  await ended
  if (lines() < users * part) throw new Error('the audit ended before it could be killed')
}

function fail(why: string): void {
  console.error(why)
  process.exitCode = 1
}

function configuration({ endpoints, caFile }: RemoteEmulator): string {
  return `${configurationHead({ endpoints, caFile, tenant })}defaults:
  account: ci-bot
  organization: contoso
tokens:
  - match: "*"
    method: renew
`
}
