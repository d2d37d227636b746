import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { writeEstate } from '../../src/cli/emulated-estate.ts'
import type { Io } from '../../src/cli/io.ts'
import { runCommandLine } from '../../src/cli/program.ts'
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts'
import type { Fixture } from '../../src/emulator/fixture.ts'
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
  /** Milliseconds by which the emulator's clock is ahead of the real one at the start. */
  readonly ahead?: number
}

export interface CallOptions {
  readonly terminal?: boolean
  readonly answer?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds by which the caller's clock is ahead of the emulator's. */
  readonly clockAhead?: number
  readonly stop?: AbortSignal
  readonly columns?: number
}

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
  readonly printed: string[] = []
  readonly #children = new Set<ChildProcess>()

  private constructor(
    emulator: Emulator,
    directory: string,
    configFile: string,
    variables: Readonly<Record<string, string>>,
  ) {
    this.emulator = emulator
    this.directory = directory
    this.configFile = configFile
    this.variables = variables
  }

  static async open(options: EstateOptions = {}): Promise<Estate> {
    const directory = mkdtempSync(join(tmpdir(), 'patrol-estate-'))
    const certificateDir = join(directory, 'certificate')
    mkdirSync(certificateDir)
    const emulator = await startEmulator({
      certificateDir,
      startAt: Date.now() + (options.ahead ?? 0),
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
    if (options.rewrite !== undefined) writeFileSync(configFile, options.rewrite(readFileSync(configFile, 'utf8')))
    return new Estate(emulator, directory, configFile, variables)
  }

  /** Runs a command line in this process, with the emulator's clock. */
  async run(words: string, options: CallOptions = {}): Promise<Ended> {
    let stdout = ''
    let stderr = ''
    const terminal = options.terminal ?? false
    const io: Io = {
      environment: { ...this.variables, PATROL_CONFIG: this.configFile, ...options.environment },
      workingDirectory: this.directory,
      stdout: (text) => void (stdout += text),
      stderr: (text) => void (stderr += text),
      stdoutIsTerminal: terminal,
      stderrIsTerminal: terminal,
      canAsk: terminal,
      columns: options.columns,
      ask: async (question) => {
        stderr += question
        return options.answer ?? ''
      },
      wall: () => this.emulator.now() + (options.clockAhead ?? 0),
      monotonic: () => performance.now(),
      wait: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
      stop: options.stop ?? new AbortController().signal,
    }
    const code = await runCommandLine(
      words.split(' ').filter((word) => word !== ''),
      io,
      '0.0.0',
    )
    return this.#ended(words, code, stdout, stderr)
  }

  /** Starts the built program as a process of its own, with the real clock. */
  start(words: string): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const child = spawn(process.execPath, ['bin/patrol.js', ...words.split(' ')], {
      env: { PATH: process.env['PATH'], HOME: this.directory, ...this.variables, PATROL_CONFIG: this.configFile },
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

  #ended(words: string, code: number, stdout: string, stderr: string): Ended {
    // `get` prints a secret on purpose; everything else must not.
    this.printed.push(...(words.startsWith('get ') ? [] : [stdout]), stderr)
    let json: unknown
    try {
      json = JSON.parse(stdout)
    } catch {
      json = undefined
    }
    return { code, stdout, stderr, json }
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

  /** Requests that change something, since a mark. */
  mutations(since = 0) {
    return this.emulator
      .requests()
      .slice(since)
      .filter((request) => (request.service === 'pats' || request.service === 'vault') && request.method !== 'GET')
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    const urls = this.emulator.requests().map((request) => request.url)
    const secrets = this.emulator.secrets()
    await this.emulator.stop()
    const files = readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    rmSync(this.directory, { recursive: true, force: true })
    const leaks = findLeaks(secrets, { printed: this.printed, urls, files })
    if (leaks.length > 0) throw new Error(`secrets leaked: ${leaks.join('; ')}`)
  }
}
