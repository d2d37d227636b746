import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { generateIdentity } from 'age-encryption'
import { Agent, request } from 'undici'
import { writeEstate } from '../../src/cli/emulated-estate.ts'
import type { Io } from '../../src/cli/io.ts'
import { runCommandLine } from '../../src/cli/program.ts'
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { Copies } from './copies.ts'
import { findLeaks } from './leaks.ts'

export const tenant = '11111111-2222-3333-4444-555555555555'
export const owner = 'ci-bot@contoso.example'

/** One ended call of the program. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** stdout, where it is the one JSON document that `--json` promises. */
  readonly json: any
}

export interface EstateOptions {
  readonly fixture?: Fixture
  /** The `tokens:` part of the configuration. */
  readonly tokens?: string
  /** Changes the whole text of the configuration. */
  readonly rewrite?: (text: string) => string
  /** What the emulator's clock shows at the start, milliseconds since the epoch; the real time when left out. */
  readonly at?: number
  /** The store that the tokens use; a key vault when left out. */
  readonly store?: 'vault' | 'file'
  /** Whether the first token has two targets, `Estate.copies`. */
  readonly targets?: boolean
}

export interface CallOptions {
  /** Whether stdin, stdout and stderr are terminals; `in`, `out` and `err`: only that stream is one. */
  readonly terminal?: boolean | 'in' | 'out' | 'err'
  /** What comes on stdin. */
  readonly input?: string
  /** What the person types when asked, or what does it; by default nothing. */
  readonly answer?: string | (() => string)
  /** What the person types when asked for a secret; by default Ctrl-D. */
  readonly hidden?: () => string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds by which the caller's clock is ahead of the emulator's. */
  readonly clockAhead?: number
  readonly stop?: AbortSignal
  readonly columns?: number
  /** Told of what is written to stderr, as it is written. */
  readonly hears?: (text: string) => void
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds by which the process's clock is ahead of the emulator's. */
  readonly clockAhead?: number
  /** Where it is started, within the estate's directory; there is no configuration in any other one. */
  readonly directory?: string
}

/** A process of the program. */
export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

const clockModule = new URL('process-clock.ts', import.meta.url).href
/** Another one than that of the checkout: the package as it would be installed, for one. */
export const program = resolve(process.env['PATROL_PROGRAM'] ?? join(import.meta.dirname, '../../bin/patrol.js'))

export const packageFeed = `tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
`

/**
 * An emulator with a configuration, and the program run against it: in this process with the emulator's clock, or as a
 * process of its own. When it stops, everything that was printed, sent in URLs and written to disk is searched for
 * every secret that existed.
 */
export class Estate {
  readonly emulator: Emulator
  readonly directory: string
  readonly configFile: string
  readonly variables: Readonly<Record<string, string>>
  /** Where copies go. */
  readonly copies: Copies
  readonly printed: string[] = []
  readonly #children = new Set<ChildProcess>()

  private constructor(
    emulator: Emulator,
    directory: string,
    configFile: string,
    variables: Readonly<Record<string, string>>,
    copies: Copies,
  ) {
    this.copies = copies
    this.emulator = emulator
    this.directory = directory
    this.configFile = configFile
    this.variables = variables
  }

  static async open(options: EstateOptions = {}): Promise<Estate> {
    const startAt = options.at ?? Date.now()
    const directory = mkdtempSync(join(tmpdir(), 'patrol-estate-'))
    const certificateDir = join(directory, 'certificate')
    mkdirSync(certificateDir)
    const emulator = await startEmulator({
      certificateDir,
      startAt,
      ...(options.fixture === undefined ? {} : { fixture: options.fixture }),
    })
    const { configFile, environmentFile, variables } = writeEstate(
      emulator,
      directory,
      tenant,
      'contoso',
      options.tokens ?? packageFeed,
    )
    // It is there for shells, and holds a password on purpose.
    rmSync(environmentFile)
    const rewrite = options.rewrite ?? ((text: string) => text)
    const text = readFileSync(configFile, 'utf8')
    const copies = new Copies()
    const stored = options.store === 'file' ? withFileStore(text) : text
    writeFileSync(configFile, rewrite(options.targets === true ? copies.into(stored) : stored))
    const identity = options.store === 'file' ? { PATROL_AGE_IDENTITY: await generateIdentity() } : {}
    return new Estate(emulator, directory, configFile, { ...variables, ...identity }, copies)
  }

  /** Runs a command line in this process, with the emulator's clock. */
  async run(line: string | readonly string[], options: CallOptions = {}): Promise<Ended> {
    let stdout = ''
    let stderr = ''
    const { terminal = false } = options
    const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
    const io: Io = {
      environment: { ...this.variables, PATROL_CONFIG: this.configFile, ...options.environment },
      workingDirectory: this.directory,
      stdout: (text) => void (stdout += text),
      stderr: (text) => {
        stderr += text
        options.hears?.(text)
      },
      stdoutIsTerminal: terminal === true || terminal === 'out',
      stderrIsTerminal: terminal === true || terminal === 'err',
      stdinIsTerminal: terminal === true || terminal === 'in',
      canAsk: terminal === true || terminal === 'err',
      columns: options.columns,
      readInput: () => options.input ?? '',
      ask: async (question) => {
        const answer = typeof options.answer === 'function' ? options.answer() : (options.answer ?? '')
        stderr += `${question}${answer}\n`
        return answer
      },
      askHidden: async (question) => {
        stderr += `${question}\n`
        return options.hidden?.()
      },
      wall: () => this.emulator.now() + (options.clockAhead ?? 0),
      monotonic: () => performance.now(),
      // Nobody waits in a test: the emulator's clock moves on, and with it the program's.
      wait: async (ms, signal) => {
        signal?.throwIfAborted()
        await wait(Math.min(ms, 1), undefined, signal === undefined ? {} : { signal })
        this.emulator.travel(ms)
      },
      stop: options.stop ?? new AbortController().signal,
    }
    const code = await runCommandLine(words, io, '0.0.0')
    return this.#ended(words, code, stdout, stderr)
  }

  /** Starts the built program as a process of its own, whose clock is set by the emulator's. */
  start(line: string | readonly string[], options: StartOptions = {}): Started {
    const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
    const cwd = join(this.directory, options.directory ?? '')
    mkdirSync(cwd, { recursive: true })
    const child = spawn(process.execPath, ['--import', clockModule, program, ...words], {
      cwd,
      env: {
        PATH: process.env['PATH'],
        HOME: this.directory,
        ...this.variables,
        PATROL_CONFIG: this.configFile,
        TEST_CLOCK_AHEAD_MS: String(this.emulator.now() - Date.now() + (options.clockAhead ?? 0)),
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => void (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => void (stderr += chunk.toString()))
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code, signal) => {
        this.#children.delete(child)
        resolve(this.#ended(words, code ?? (signal === 'SIGKILL' ? 137 : -1), stdout, stderr))
      })
    })
    return { child, ended }
  }

  #ended(words: readonly string[], code: number, stdout: string, stderr: string): Ended {
    // `get` prints a secret on purpose; everything else must not.
    this.printed.push(...(words.includes('get') ? [] : [stdout]), stderr)
    let json: unknown
    try {
      json = JSON.parse(stdout)
    } catch {
      json = undefined
    }
    return { code, stdout, stderr, json }
  }

  /** Puts a secret into the vault as its owner would by hand, without anything of Patrol's, and gives its value. */
  async foreignSecret(name: string): Promise<string> {
    const value = randomUUID()
    await this.#asOwner('PUT', name, { value })
    return value
  }

  async #asOwner(method: 'PUT' | 'DELETE', name: string, body: object): Promise<void> {
    const { endpoints, caFile } = this.emulator
    const agent = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } })
    const [user = ''] = this.emulator.users()
    const form = {
      grant_type: 'password',
      client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
      scope: 'https://vault.azure.net/.default',
      username: user,
      password: this.emulator.password(user),
    }
    try {
      const token = await request(`${endpoints.entra}/${tenant}/oauth2/v2.0/token`, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      })
      const { access_token: bearer } = (await token.body.json()) as { readonly access_token: string }
      const answer = await request(`${endpoints.vaults['contoso']}/secrets/${name}?api-version=7.4`, {
        dispatcher: agent,
        method,
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        ...(method === 'PUT' ? { body: JSON.stringify(body) } : {}),
      })
      if (answer.statusCode !== 200) throw new Error(`the vault said ${answer.statusCode}: ${await answer.body.text()}`)
      await answer.body.dump()
    } finally {
      await agent.destroy()
    }
  }

  /** Deletes a secret of the vault as its owner would by hand, so that soft delete keeps it. */
  async softDelete(name: string): Promise<void> {
    await this.#asOwner('DELETE', name, {})
  }

  /** The text of a file in the estate's directory, which is gone afterwards. */
  take(name: string): string {
    const path = join(this.directory, name)
    const text = readFileSync(path, 'utf8')
    rmSync(path)
    return text
  }

  /** Writes a variant of the configuration beside it. */
  writeFile(name: string, change: (configuration: string) => string): void {
    writeFileSync(join(this.directory, name), change(readFileSync(this.configFile, 'utf8')))
  }

  /** The PATs that work now. */
  active() {
    return this.emulator.pats().filter((pat) => pat.state === 'active')
  }

  /** What the vault hands out, and whether it is the value of a PAT that works. */
  currentWorks(secretName: string): boolean {
    const current = this.emulator.vault('contoso').secrets[secretName]?.versions.at(-1)
    return current?.enabled === true && this.active().some((pat) => pat.value === current.value)
  }

  /**
   * Runs `apply` until a run changes nothing and as many PATs are active as `wanted` says.
   *
   * @returns how many runs it took
   */
  async converge(wanted = 1, stepMs = 13 * 3_600_000): Promise<number> {
    for (let runs = 1; runs <= 12; runs++) {
      const mark = this.emulator.requests().length
      const { code, stderr } = await this.run('apply')
      if (code !== 0) throw new Error(`a run on the way to convergence failed: ${stderr}`)
      if (this.mutations(mark).length === 0 && this.active().length === wanted) return runs
      this.emulator.travel(stepMs)
    }
    throw new Error(
      `not converged; active are: ${this.active()
        .map((pat) => pat.displayName)
        .join(', ')}`,
    )
  }

  /** The value that the store hands out for a token, as a consumer gets it; undefined when it has none. */
  async value(token: string): Promise<string | undefined> {
    const { code, stdout } = await this.run(['get', token])
    return code === 0 ? stdout : undefined
  }

  /** Whether that value is the one of a PAT that works. */
  async hands(token: string): Promise<boolean> {
    const value = await this.value(token)
    return this.active().some((pat) => pat.value === value)
  }

  /**
   * Values that the vault handed out and whose PAT was revoked by its owner before the overlap after the next value
   * had passed: nobody may be cut off like that.
   */
  cutOff(overlapMs: number): readonly string[] {
    const pats = new Map(this.emulator.pats().map((pat) => [pat.value, pat]))
    return Object.entries(this.emulator.vault('contoso').secrets).flatMap(([name, { versions }]) =>
      versions.flatMap(({ value, id }, index) => {
        const pat = pats.get(value)
        if (pat?.revokedAt === undefined || pat.revokedBy !== 'owner') return []
        const next = versions.slice(index + 1).find((version) => version.value !== value)
        const until = next === undefined ? Number.POSITIVE_INFINITY : next.created * 1_000 + overlapMs
        return pat.revokedAt < until ? [`${name} ${id}`] : []
      }),
    )
  }

  /** Requests that change something, since a mark. */
  mutations(since = 0) {
    return this.emulator
      .requests()
      .slice(since)
      .filter(
        (request) =>
          (request.service === 'pats' || request.service === 'vault') && !/^(?:GET|HEAD)$/.test(request.method),
      )
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    const urls = this.emulator.requests().map((request) => request.url)
    const { PATROL_AGE_IDENTITY } = this.variables
    const secrets = [...this.emulator.secrets(), ...(PATROL_AGE_IDENTITY === undefined ? [] : [PATROL_AGE_IDENTITY])]
    await this.emulator.stop()
    this.copies.stop()
    const files = readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    rmSync(this.directory, { recursive: true, force: true })
    const leaks = findLeaks(secrets, { printed: this.printed, urls, files })
    if (leaks.length > 0) throw new Error(`secrets leaked: ${leaks.join('; ')}`)
  }
}

/** The configuration with encrypted files in place of the key vault. */
function withFileStore(text: string): string {
  const lines = ['type: file', 'path: ./secrets', 'identity: ${PATROL_AGE_IDENTITY}']
  return text.replace(/^stores:\n(?: .*\n)+/m, `stores:\n  vault:\n${lines.map((line) => `    ${line}\n`).join('')}`)
}
