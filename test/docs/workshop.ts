import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a script said and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Resolves when stderr has had this text. */
  heard(text: string): Promise<void>
}

/**
 * A directory to run scripts of the pages in. `patrol`, `npx azdo-patrol@VERSION` and `node_modules/.bin/patrol` are
 * the built program there, and so is what `npm install --prefix DIR azdo-patrol@VERSION` installs. `node` is the Node of
 * the project. Whatever else `npm` is asked for, it notes and does not do.
 */
export class Workshop {
  readonly directory: string
  readonly #path: string

  constructor() {
    if (!existsSync(join(root, 'dist/main.js'))) throw new Error('there is no build: run `npm run build` first')
    this.directory = mkdtempSync(join(tmpdir(), 'patrol-docs-'))
    const tools = join(this.directory, 'tools')
    const node = join(root, 'node_modules/.bin/node')
    const program = `exec '${node}' '${join(root, 'bin/patrol.js')}'`
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    tool(tools, 'patrol', `${program} "$@"`)
    tool(tools, 'node', `exec '${node}' "$@"`)
    const bin = '"$3/node_modules/.bin"'
    const installs = `case "$1 $2 $*" in "install --prefix "*" azdo-patrol@${version}") mkdir -p ${bin}; cp node_modules/.bin/patrol ${bin} ;; esac`
    tool(tools, 'npm', `echo "npm $*"\n${installs}`)
    tool(tools, 'npx', `[ "$1 $2" = '--yes azdo-patrol@${version}' ] || exit 99\nshift 2\n${program} "$@"`)
    tool(join(this.directory, 'node_modules/.bin'), 'patrol', `${program} "$@"`)
    this.#path = [tools, process.env['PATH']].join(delimiter)
  }

  /** Starts a bash script in this directory, with these variables and no others but `PATH` and `HOME`. */
  start(script: string, variables: Readonly<Record<string, string>>): Running {
    const child = spawn('bash', ['--noprofile', '--norc', '-c', script], {
      cwd: this.directory,
      env: { PATH: this.#path, HOME: this.directory, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, stdout: stdout.text, stderr: stderr.text }))
    })
    return {
      pid: child.pid ?? 0,
      ended,
      heard: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => void (stderr.text.includes(text) && resolve())
          child.stderr.on('data', look)
          child.on('close', () => reject(new Error(`it ended without saying ${text}: ${stderr.text}`)))
          look()
        }),
    }
  }

  run(script: string, variables: Readonly<Record<string, string>>): Promise<Ended> {
    return this.start(script, variables).ended
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function tool(directory: string, name: string, script: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, name), 0o755)
}

function gather(stream: NodeJS.ReadableStream): { text: string } {
  const gathered = { text: '' }
  stream.on('data', (chunk: Buffer) => (gathered.text += chunk.toString('utf8')))
  return gathered
}
