import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { generateIdentity } from 'age-encryption'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { initTemplate } from '../../src/app/config/template.ts'
import { openSoundings, type Soundings } from '../../src/app/init/soundings.ts'
import { GivenUp, openDialogue } from '../../src/cli/dialogue.ts'
import type { Io } from '../../src/cli/io.ts'
import { runCommandLine } from '../../src/cli/program.ts'
import { askForWishes, nextSteps } from '../../src/cli/wizard.ts'
import { PatrolError } from '../../src/core/errors.ts'
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts'
import { closedPort } from '../adapters/support/servers.ts'
import { load, told } from '../config/load-text.ts'
import { program } from '../support/estate.ts'

const tenant = '11111111-2222-3333-4444-555555555555'
const never = new AbortController().signal

let emulator: Emulator
let directory: string

beforeAll(async () => {
  emulator = await startEmulator()
})

afterAll(() => emulator.stop())

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patrol-wizard-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** A person who answers what is listed, in this order, and then gives up. */
function personWho(
  answers: readonly string[],
  changes: Partial<Io> = {},
): { readonly io: Io; readonly seen: () => string } {
  const left = [...answers]
  let seen = ''
  const io: Io = {
    environment: {},
    workingDirectory: directory,
    stdout: (text) => void (seen += text),
    stderr: (text) => void (seen += text),
    stdoutIsTerminal: true,
    stderrIsTerminal: true,
    stdinIsTerminal: true,
    canAsk: true,
    columns: 100,
    readInput: () => '',
    ask: async (question) => {
      const answer = left.shift()
      seen += `${question}${answer ?? '^D'}\n`
      return answer
    },
    askHidden: async () => undefined,
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    wait: async () => undefined,
    stop: never,
    ...changes,
  }
  return { io, seen: () => seen }
}

const pen = { colour: (_: string, text: string): string => text }

async function conversation(answers: readonly string[], { hasIdentity = false, azureDevOpsAlone = false } = {}) {
  const { io, seen } = personWho(answers)
  const { azureDevOps } = emulator.endpoints
  const soundings: Soundings = await openSoundings(
    { ...io, reporter: { report: () => undefined } },
    { azureDevOps, caFile: emulator.caFile },
  )
  const nowhere = (): Promise<never> =>
    Promise.reject(new PatrolError('store-unreachable', 'there is no such vault here'))
  const heard = azureDevOpsAlone ? { ...soundings, tenantOfVault: nowhere } : soundings
  try {
    const wishes = await askForWishes(openDialogue(io, pen), heard, hasIdentity)
    return { ...wishes, seen: seen() }
  } finally {
    await soundings.close()
  }
}

describe('the wizard', () => {
  test('finds the tenant of the organization and the vault, and what it writes is valid', async () => {
    const vault = emulator.endpoints.vaults['contoso'] ?? ''
    const answers = [
      'https://dev.azure.com/contoso',
      'ci-bot@contoso.example',
      '2',
      '1',
      vault,
      'feed',
      'vso.packaging_write',
    ]
    const { parts, makesIdentity, seen } = await conversation(answers)
    expect(seen).toContain(`found: contoso belongs to the tenant ${tenant}`)
    expect(seen).toContain(`found: ${vault} is a Key Vault`)
    expect(makesIdentity).toBe(false)
    expect(parts).toEqual({
      organization: 'contoso',
      tenant,
      user: 'ci-bot@contoso.example',
      method: 'password',
      store: vault,
      token: { name: 'feed', scopes: ['vso.packaging_write'] },
    })
    // Only that this vault is not in a domain of Microsoft's is worth a word.
    expect(told(load(initTemplate(parts)))).toEqual([expect.stringContaining('is not under')])
  })

  test('of encrypted files makes a key, unless there is one', async () => {
    const answers = ['contoso', 'ci-bot@contoso.example', '4', '2', '', '', '']
    const { parts, makesIdentity } = await conversation(answers)
    expect(makesIdentity).toBe(true)
    expect(parts).toMatchObject({
      method: 'access-token',
      store: './secrets',
      identityFile: './patrol-age-identity.txt',
    })
    const files = { '/etc/patrol/patrol-age-identity.txt': await generateIdentity() }
    expect(told(load(initTemplate(parts), { files, variables: { AZURE_DEVOPS_TOKEN: 'of-somebody' } }))).toEqual([])
    expect((await conversation(answers, { hasIdentity: true })).makesIdentity).toBe(false)
  })

  test.each([
    ['1', 'refresh-token', 'patrol login ci-bot'],
    ['2', 'password', 'export USER_PASSWORD'],
    ['3', 'azure-cli', 'az login'],
    ['4', 'access-token', 'export AZURE_DEVOPS_TOKEN='],
  ] as const)('at %s writes a valid sign-in by %s, and says what it takes', async (number, method, step) => {
    for (const store of [
      ['1', 'contoso', 'y'],
      ['2', ''],
    ]) {
      const answers = ['contoso', 'ci-bot@contoso.example', number, ...store, '', '']
      const { parts } = await conversation(answers, { azureDevOpsAlone: true })
      const files = { '/etc/patrol/patrol-age-identity.txt': await generateIdentity() }
      const variables = { AZURE_DEVOPS_TOKEN: 'of-somebody' }
      const loaded = load(initTemplate(parts), { files, variables })
      expect(told(loaded)).toEqual([])
      const account = loaded.kind === 'ok' ? loaded.wanted.accounts.get('ci-bot') : undefined
      expect(account).toMatchObject({ user: 'ci-bot@contoso.example', tenant, signIn: { method } })
      expect(nextSteps(parts)[0]).toContain(step)
    }
  })

  test('tells what cannot be right and asks again, or goes on when told to', async () => {
    const { parts, seen } = await conversation([
      'not an organization',
      'contosso',
      'n',
      'contosso',
      'y',
      'ci-bot',
      'ci-bot@contoso.example',
      '',
      'three',
      '1',
      '1',
      'http://contoso.vault.azure.net',
      'https://localhost:1',
      'y',
      'Feed',
      'feed',
      'vso.packagin',
      'vso.quantum',
      'n',
      'vso.packaging',
    ])
    expect(parts).toMatchObject({ organization: 'contosso', tenant: 'contoso.example', store: 'https://localhost:1' })
    for (const told of [
      'is not the name of an organization',
      'the tenant of the organization contosso could not be found',
      'a user name looks like',
      'a number from 1 to 4',
      'is not an address',
      'refused',
      'is not a name of lower-case letters',
      'did you mean vso.packaging?',
    ]) {
      expect(seen).toContain(told)
    }
  })

  test.each([0, 1, 2, 3, 4, 5, 6])('gives up at Ctrl-D after %i answers', async (count) => {
    const vault = emulator.endpoints.vaults['contoso'] ?? ''
    const answers = ['contoso', 'ci-bot@contoso.example', '1', '1', vault, 'feed', 'vso.packaging'].slice(0, count)
    await expect(conversation(answers)).rejects.toBeInstanceOf(GivenUp)
  })
})

describe('init at a terminal', () => {
  // Nobody is reached: what cannot be found out is told, and passed over.
  const answers = ['contoso', 'y', 'ci-bot@contoso.com', 'contoso.com', '2', '2', '', '', '']

  async function init(given: readonly string[], words: readonly string[] = [], changes: Partial<Io> = {}) {
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` }
    const { io, seen } = personWho(given, { environment, ...changes })
    const code = await runCommandLine(['init', ...words], io, '0.0.0')
    return { code, seen: seen() }
  }

  test('writes a configuration and a key after the last yes, and says what comes next', async () => {
    const { code, seen } = await init([...answers, 'y'])
    expect(code).toBe(0)
    expect(readdirSync(directory).toSorted()).toEqual(['patrol-age-identity.txt', 'patrol.yaml'])
    expect(statSync(join(directory, 'patrol-age-identity.txt')).mode & 0o777).toBe(0o600)
    expect(seen).toMatch(/Next:\n.*USER_PASSWORD\n {2}patrol doctor\n/)
    expect(seen).not.toContain(readFileSync(join(directory, 'patrol-age-identity.txt'), 'utf8').trim())
    const { io, seen: said } = personWho([], { environment: { USER_PASSWORD: 'of-somebody' } })
    expect([await runCommandLine(['validate', '--strict'], io, '0.0.0'), said()]).toEqual([
      0,
      expect.stringContaining('patrol.yaml is valid'),
    ])
  })

  test.each([
    ['no to the last question', [...answers, 'n'], 1],
    ['Ctrl-D at the last question', answers, 1],
    ['Ctrl-D at the first', [], 1],
  ])('%s writes nothing', async (_, given, expected) => {
    const { code, seen } = await init(given)
    expect(code).toBe(expected)
    expect(seen).toContain('nothing was written')
    expect(readdirSync(directory)).toEqual([])
  })

  test('a signal in the middle writes nothing', async () => {
    const stop = new AbortController()
    stop.abort('SIGINT')
    const { code } = await init([...answers, 'y'], [], { stop: stop.signal })
    expect(code).toBe(130)
    expect(readdirSync(directory)).toEqual([])
  })

  test('asks nothing where there is a configuration already', async () => {
    writeFileSync(join(directory, 'patrol.yaml'), 'version: 1\n')
    const { code, seen } = await init(answers)
    expect(code).toBe(2)
    expect(seen).toContain('exists already')
    expect(seen).not.toContain('Organization')
  })

  test.each([
    ['an option', ['--organization', 'contoso'], {}],
    ['--json', ['--json'], {}],
    ['stdout elsewhere', [], { stdoutIsTerminal: false }],
    ['nobody to ask', [], { canAsk: false }],
  ])('with %s it prints as in a script', async (_, words, changes) => {
    const { code, seen } = await init([], words, changes)
    expect(code).toBe(0)
    expect(seen).toContain('accounts:')
    expect(existsSync(join(directory, 'patrol.yaml'))).toBe(false)
  })
})

describe('a terminal', () => {
  /** Runs init at a terminal of its own; each answer is typed when the next question stands there. */
  async function atTerminal(answers: readonly string[]): Promise<{ readonly code: number; readonly shown: string }> {
    const child = spawn('bash', ['-c', `exec script -qec '"${process.execPath}" "${program}" init' /dev/null`], {
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        TERM: 'xterm',
        HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}`,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let shown = ''
    let answered = 0
    const left = [...answers]
    child.stdout.on('data', (chunk: Buffer) => {
      shown += stripVTControlCharacters(chunk.toString())
      const question = shown.slice(answered)
      if (left.length === 0 || !/(?:: |\] )$/.test(question)) return
      answered = shown.length
      child.stdin.write(left.shift() ?? '')
    })
    const [code] = (await once(child, 'close')) as [number]
    return { code, shown }
  }

  const answers = ['contoso', 'y', 'ci-bot@contoso.com', 'contoso.com', '2', '2', '', '', '', 'y'].map(
    (text) => `${text}\n`,
  )

  test('on which everything is answered has a configuration in the end', async () => {
    const { code, shown } = await atTerminal(answers)
    expect([code, shown]).toEqual([0, expect.stringContaining('patrol doctor')])
    expect(readdirSync(directory).toSorted()).toEqual(['patrol-age-identity.txt', 'patrol.yaml'])
  })

  test.each([
    ['Ctrl-D', '\u0004', 1],
    ['Ctrl-C', '\u0003', 130],
  ])('on which %s is typed in the middle has none', async (_, key, expected) => {
    const { code, shown } = await atTerminal([...answers.slice(0, 5), key])
    expect([code, shown]).toEqual([expected, expect.stringContaining('nothing was written')])
    expect(readdirSync(directory)).toEqual([])
  })
})
