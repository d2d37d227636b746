import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration } from '../../core/time.ts'

/** What is run, and with what. */
export interface Program {
  /** A program with its arguments, or a text for a shell. */
  readonly command: readonly string[] | { readonly shell: string }
  readonly directory: string
  /** All of its environment. */
  readonly variables: Readonly<Record<string, string>>
  readonly input: string
  /** After this it is ended, with all that it began and that did not leave its group. */
  readonly timeout: Duration
}

export interface Ending {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined
  readonly timedOut: boolean
  /** The last of what it said, in one line and without secrets. */
  readonly said: string
}

/** Enough to say what went wrong. */
const mostSaid = 2_000

/** How long a program may take to end after it was asked to. */
const grace: Duration = duration(2_000)

/** How long the rest of what a program said may take to arrive. */
const outputsLast: Duration = duration(500)

/**
 * Runs a program to its end.
 *
 * @throws PatrolError `target-not-found` when there is no such program or directory, `target-denied` when it must not be run
 */
export function run(program: Program): Promise<Ending> {
  const { command, directory, timeout } = program
  const [file = '', ...words] = 'shell' in command ? [command.shell] : command
  // A process group of its own, so that what it began ends with it. A shell is asked for by whoever wrote the command.
  const child = spawn(file, words, {
    cwd: directory,
    env: program.variables,
    shell: 'shell' in command,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  return new Promise((fulfil, reject) => {
    let timedOut = false
    let said = ''
    let killing: NodeJS.Timeout | undefined
    const ending = setTimeout(() => {
      timedOut = true
      end(child, 'SIGTERM')
      killing = setTimeout(() => end(child, 'SIGKILL'), grace)
    }, timeout)
    const listen = (text: string): void => {
      said = (said + text).slice(-mostSaid)
    }
    child.stdout.setEncoding('utf8').on('data', listen)
    child.stderr.setEncoding('utf8').on('data', listen)
    // A program that does not read is no failure; its exit code says what it made of it.
    child.stdin.on('error', () => undefined)
    child.stdin.end(program.input)
    const finish = (): void => {
      clearTimeout(ending)
      clearTimeout(killing)
    }
    child.once('error', (error) => {
      finish()
      reject(startFailure(file, directory, error))
    })
    let code: number | undefined
    const close = (): void => {
      child.stdout.destroy()
      child.stderr.destroy()
      fulfil({ code, timedOut, said: oneLine(said) })
    }
    child.once('close', close)
    child.once('exit', (exitCode) => {
      finish()
      code = exitCode ?? undefined
      // What it began in the background may hold on to its outputs for longer than it lives.
      setTimeout(close, outputsLast).unref()
    })
  })
}

function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // It has ended by itself.
  }
}

function oneLine(said: string): string {
  return Secret.redact(said).replaceAll(/\s+/g, ' ').trim().slice(-400)
}

function startFailure(file: string, directory: string, error: NodeJS.ErrnoException): PatrolError {
  const name = Secret.redact(file)
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new PatrolError('target-denied', `${name} must not be run here (${error.code})`, {
      remedy: 'Make the program executable for the user that runs Patrol.',
    })
  }
  return new PatrolError(
    'target-not-found',
    `${name} could not be started in ${directory} (${error.code ?? 'unknown reason'})`,
    {
      remedy: 'Correct `command` or `directory` of the target, or install the program.',
    },
  )
}

/**
 * Looks whether a program could be started, without doing so.
 *
 * @param file as in a command: a path, or a name to look for in `PATH`; undefined for the shell, which is always there
 * @throws PatrolError as `run` does
 */
export async function assertRunnable(
  file: string | undefined,
  directory: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  try {
    await stat(directory)
  } catch (error) {
    throw startFailure(file ?? 'the shell', directory, error as NodeJS.ErrnoException)
  }
  if (file === undefined) return
  const isPath = /[/\\]/.test(file)
  const places = isPath
    ? [resolve(directory, file)]
    : (variables['PATH'] ?? '').split(delimiter).map((place) => join(place, file))
  const endings = process.platform === 'win32' ? ['', '.exe', '.com'] : ['']
  let failure: NodeJS.ErrnoException = Object.assign(new Error(file), { code: 'ENOENT' })
  for (const candidate of places.flatMap((place) => endings.map((ending) => `${place}${ending}`))) {
    try {
      await access(candidate, constants.X_OK)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') failure = error as NodeJS.ErrnoException
    }
  }
  throw startFailure(file, directory, failure)
}

/** The variables that hold no secret of this program, nor anything made of one. */
export function withoutSecrets(
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined || Secret.redact(value) !== value ? [] : [[name, value]],
    ),
  )
}
