import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { program } from './program.ts'

/** As the control API tells of a PAT when asked to reveal it. Instants are milliseconds since the epoch. */
export interface CreatedPat {
  readonly authorizationId: string
  readonly validFrom: number
  readonly validTo: number
  readonly value: string
}

export interface HandmadePat {
  readonly owner: string
  readonly displayName: string
  readonly scope: string
  readonly organization: string
  readonly validFrom: number
  readonly validTo: number
}

interface Announcement {
  readonly endpoints: {
    readonly entra: string
    readonly azureDevOps: string
    readonly vssps: string
    readonly control: string
    readonly vaults: Readonly<Record<string, string>>
  }
  readonly caFile: string
}

/** The emulator as a process of its own, so that it and the program each have a core, and its control API. */
export class RemoteEmulator {
  readonly endpoints: Announcement['endpoints']
  readonly caFile: string
  readonly agent: Agent
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, { endpoints, caFile }: Announcement) {
    this.#child = child
    this.endpoints = endpoints
    this.caFile = caFile
    this.agent = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } })
  }

  static async start(directory: string, fixture: unknown): Promise<RemoteEmulator> {
    const file = join(directory, 'fixture.json')
    writeFileSync(file, JSON.stringify(fixture))
    const child = spawn(process.execPath, [program, 'emulator', '--fixture', file, '--json'], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const announced = await new Promise<string>((resolve, reject) => {
      let [text, said] = ['', '']
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk))
      child.once('close', (code) => reject(new Error(`the emulator ended with ${code}: ${said}`)))
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text.endsWith('\n')) resolve(text)
      })
    })
    return new RemoteEmulator(child, JSON.parse(announced) as Announcement)
  }

  async set(switches: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#control('POST', '/switches', switches)
  }

  async createPat(pat: HandmadePat): Promise<CreatedPat> {
    return (await this.#control('POST', '/pats?reveal=1', pat)) as CreatedPat
  }

  /** How many requests have come in so far. */
  async requests(): Promise<number> {
    const all = (await this.#control('GET', '/requests?reveal=1')) as readonly unknown[]
    return all.length
  }

  async password(upn: string): Promise<string> {
    const users = (await this.#control('GET', '/users?reveal=1')) as readonly {
      readonly upn: string
      readonly password: string
    }[]
    return users.find((user) => user.upn === upn)?.password ?? ''
  }

  /** Milliseconds of processor time that the emulator has used so far; undefined where the system does not tell. */
  cpuMs(): number | undefined {
    try {
      // Fields 14 and 15 of proc_pid_stat(5), counted behind the name, in ticks of a hundredth of a second.
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10
    } catch {
      return undefined
    }
  }

  async stop(): Promise<void> {
    await this.agent.destroy()
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }

  async #control(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const answer = await request(`${this.endpoints.control}${path}`, {
      dispatcher: this.agent,
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const value = await answer.body.json()
    if (answer.statusCode !== 200) throw new Error(`the emulator refused ${path}: ${JSON.stringify(value)}`)
    return value
  }
}
