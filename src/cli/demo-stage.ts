import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Emulator } from '../emulator/emulator.ts'
import type { Io } from './io.ts'
import { runCommandLine } from './program.ts'
import type { Pen } from './terminal.ts'

/** What the demo needs to play its scenes: an emulator, and the real commands with the emulator's clock. */
export interface Stage {
  readonly io: Io
  readonly pen: Pen
  readonly emulator: Emulator
  readonly configFile: string
  readonly variables: Readonly<Record<string, string>>
}

/** The narrator's words. */
export function narrate(stage: Stage, text: string): void {
  stage.io.stdout(`\n${stage.pen.colour('cyan', text)}\n`)
}

/** Runs a command line as a person would, in this process, and shows it with what it prints. */
export async function play(stage: Stage, ...words: readonly string[]): Promise<void> {
  const { io, pen } = stage
  io.stdout(`\n${pen.colour('bold', `$ patrol ${words.join(' ')}`)}\n`)
  const actor: Io = {
    ...io,
    environment: { ...io.environment, ...stage.variables, PATROL_CONFIG: stage.configFile },
    // What goes on meanwhile belongs to the scene, but the warning of the sign-in would open every one of them.
    stderr: () => undefined,
    stderrIsTerminal: false,
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
  const { io, pen, emulator } = stage
  io.stdout(`\n${pen.colour('bold', `$ patrol ${words.join(' ')}`)}\n`)
  const fault = emulator.fault({ service: 'vault', method: 'PUT', effect: 'block' })
  const program = fileURLToPath(new URL('../../bin/patrol.js', import.meta.url))
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...stage.variables, PATROL_CONFIG: stage.configFile },
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await Promise.race([fault.whenFired(), ended])
  child.kill('SIGKILL')
  await ended
  fault.cancel()
  io.stdout(pen.colour('red', 'killed, with the new PAT created and not yet stored\n'))
}
