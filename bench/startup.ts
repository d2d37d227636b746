// How long the program takes to begin, as a ratio to a Node that does nothing. The runs are interleaved, because the
// machine is not alone; a ratio of medians is what can be compared. Prints a Markdown table: npm run bench:startup
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity } from 'age-encryption'
import { fillFileStore } from './run/file-store.ts'

const rounds = Number(process.argv[2] ?? 21)
const directory = mkdtempSync(join(tmpdir(), 'patrol-bench-'))
const program = new URL('../bin/patrol.js', import.meta.url).pathname
/** Where values may be kept between two calls: only in memory, which not every system shows as a directory. */
const memory =
  process.platform === 'linux' && existsSync('/dev/shm') ? mkdtempSync('/dev/shm/patrol-bench-') : undefined
const config = join(directory, 'patrol.yaml')

writeFileSync(
  config,
  `version: 1
accounts:
  ci-bot:
    tenant: 11111111-2222-3333-4444-555555555555
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
stores:
  local:
    type: file
    path: ./secrets
    identity: \${PATROL_AGE_IDENTITY}
tokens:
  - name: package-feed
    account: ci-bot
    organization: contoso
    store: local
    scopes:
      - vso.packaging_write
      - vso.code
`,
)

const identity = await generateIdentity()
const env = {
  ...process.env,
  USER_NAME: 'ci-bot@contoso.example',
  USER_PASSWORD: 'not sent to anybody',
  PATROL_AGE_IDENTITY: identity,
  ...(memory === undefined ? {} : { XDG_RUNTIME_DIR: memory }),
}
await fillFileStore(join(directory, 'secrets'), identity, 'package-feed')

/** What git says to a credential helper. */
const request = 'protocol=https\nhost=dev.azure.com\npath=contoso/site/_git/site\n\n'
const forGit = [program, 'git-credential', '--config', config, 'get']

const cases: readonly (readonly [name: string, words: readonly string[], input?: string])[] = [
  ['`node -e 0`', ['-e', '0']],
  ['`patrol --version`', [program, '--version']],
  ['`patrol --help`', [program, '--help']],
  ['`patrol validate`', [program, 'validate', '-c', config]],
  ['`patrol get` from a file', [program, 'get', 'package-feed', '-c', config]],
  ...(memory === undefined ? [] : [['`patrol git-credential get` with a kept value', forGit, request] as const]),
]

const times = new Map(cases.map(([name]) => [name, [] as number[]]))
for (let round = 0; round < rounds; round++) {
  for (const [name, words, input = ''] of cases) {
    const began = performance.now()
    const { status, stderr } = spawnSync(process.execPath, [...words], { env, input, encoding: 'utf8' })
    const took = performance.now() - began
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
    // The first round fills the caches of the operating system.
    if (round > 0) times.get(name)?.push(took)
  }
}
rmSync(directory, { recursive: true })
if (memory !== undefined) rmSync(memory, { recursive: true })

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN
const bare = median(times.get('`node -e 0`') ?? [])
console.log(`| command | median of ${rounds - 1} | times bare node |`)
console.log('| --- | ---: | ---: |')
for (const [name, list] of times)
  console.log(`| ${name} | ${median(list).toFixed(0)} ms | ${(median(list) / bare).toFixed(2)} |`)
