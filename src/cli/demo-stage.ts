import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Emulator } from '../emulator/emulator.ts'
import type { Fixture } from '../emulator/fixture-schema.ts'
import { writeEstate } from './emulated-estate.ts'
import type { Io } from './io.ts'
import { runCommandLine } from './program.ts'
import type { Pen } from './terminal.ts'
import { textDifference } from './text-difference.ts'
import { wrapped } from './text-table.ts'

/** What an act of the demo needs: an emulator, and the real commands with the emulator's clock. */
export interface Stage {
  readonly io: Io
  readonly pen: Pen
  readonly emulator: Emulator
  /** Where the configuration stands, as `patrol.yaml`. The commands run here. */
  readonly directory: string
  /** For a shell that wants to look around. */
  readonly environmentFile: string
  readonly variables: Readonly<Record<string, string>>
}

/** What there is when the curtain rises. */
export interface Scenery {
  readonly fixture: Fixture
  /** Milliseconds since the epoch at which the emulator's clock starts. */
  readonly startAt: number
  /** What `patrol.yaml` declares, as YAML. */
  readonly tokens: string
}

const tenant = '11111111-2222-3333-4444-555555555555'
const configName = 'patrol.yaml'
export const owner = 'ci-bot@contoso.example'
export const organization = 'contoso'

/** Plays an act with an emulator and a directory of its own, which are gone afterwards. */
export async function withStage(
  { io, pen }: Pick<Stage, 'io' | 'pen'>,
  { fixture, startAt, tokens }: Scenery,
  act: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { startEmulator } = await import('../emulator/emulator.ts')
  const directory = mkdtempSync(join(tmpdir(), 'patrol-demo-'))
  const emulator = await startEmulator({ certificateDir: directory, startAt, fixture })
  try {
    const { environmentFile, variables } = writeEstate(emulator, directory, tenant, organization, tokens)
    await act({ io, pen, emulator, directory, environmentFile, variables })
  } finally {
    await emulator.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

export function announce({ io, pen }: Stage, title: string): void {
  io.stdout(`\n${pen.colour('bold', title)}\n${'='.repeat(title.length)}\n`)
}

/** The narrator's words. */
export function narrate({ io, pen }: Stage, text: string): void {
  io.stdout(`\n${pen.colour('cyan', wrapped(text, io.columns).join('\n'))}\n`)
}

/** A text that is read from, such as a part of `patrol.yaml`. */
export function recite({ io, pen }: Stage, text: string): void {
  io.stdout(`\n${pen.colour('dim', text.trimEnd().replaceAll(/^/gm, '  '))}\n`)
}

/** Runs a command line as a person would, in this process, and shows it with what it prints. */
export async function play(stage: Stage, ...words: readonly string[]): Promise<void> {
  const { io, pen, directory } = stage
  io.stdout(`\n${pen.colour('bold', `$ patrol ${words.join(' ')}`)}\n`)
  const actor: Io = {
    ...io,
    environment: { ...io.environment, ...stage.variables, PATROL_CONFIG: configName },
    workingDirectory: directory,
    // Progress and notes would come between the narrator and what a command tells; the exit code shows a failure.
    stderr: () => undefined,
    stderrIsTerminal: false,
    stdinIsTerminal: false,
    canAsk: false,
    wall: () => stage.emulator.now(),
  }
  const code = await runCommandLine([...words], actor, '')
  if (code !== 0) io.stdout(pen.colour('dim', `exit code ${code}\n`))
}

/**
 * Runs a command in a process of its own and kills it, as a power cut would, when a new value is on its way into the
 * vault.
 */
export async function playAndKill(stage: Stage, ...words: readonly string[]): Promise<void> {
  const { io, pen, emulator, directory } = stage
  io.stdout(`\n${pen.colour('bold', `$ patrol ${words.join(' ')}`)}\n`)
  const fault = emulator.fault({ service: 'vault', method: 'PUT', effect: 'block' })
  const program = fileURLToPath(new URL('../../bin/patrol.js', import.meta.url))
  const child = spawn(process.execPath, [program, ...words], {
    cwd: directory,
    env: { ...process.env, ...stage.variables, PATROL_CONFIG: configName },
    stdio: 'ignore',
  })
  const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')))
  const first = await Promise.race([fault.whenFired(), ended])
  child.kill('SIGKILL')
  await ended
  fault.cancel()
  const what =
    first === 'ended' ? 'it ended before it could be killed' : 'killed, with the new PAT created and not yet stored'
  io.stdout(`${pen.colour('red', what)}\n`)
}

/** Somebody edits `patrol.yaml`; what they change is shown. */
export function edit({ io, directory }: Stage, change: (text: string) => string): void {
  const file = join(directory, configName)
  const before = readFileSync(file, 'utf8')
  const after = change(before)
  writeFileSync(file, after)
  io.stdout(`\n${textDifference(configName, before, after)}`)
}
