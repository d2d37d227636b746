import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { RelayedSignal } from './signals.ts'

/** How a command ended, or that it never began; `reason` is the operating system's word for that, such as `ENOENT`. */
export type ChildEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly reason: string }

export interface Child {
  readonly ended: Promise<ChildEnd>
  kill(signal: RelayedSignal | 'SIGKILL'): void
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Starts a command with this program's own standard streams and no shell between them, so that no word of it is read a
 * second time. On Windows most tools are batch files, which only its command interpreter can run: there the library
 * looks the command up and quotes the words.
 */
export async function startChild(command: string, words: readonly string[], environment: Environment): Promise<Child> {
  const start = process.platform === 'win32' ? (await import('cross-spawn')).default.spawn : spawn
  let child: ChildProcess
  try {
    child = start(command, [...words], { env: environment, stdio: 'inherit', shell: false })
  } catch (thrown) {
    return { ended: Promise.resolve({ kind: 'not-started', reason: reasonOf(thrown) }), kill: () => undefined }
  }
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ kind: 'not-started', reason: reasonOf(error) })
    })
    child.on('exit', (code, signal) => {
      resolve(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal })
    })
  })
  return { ended, kill: (signal) => void child.kill(signal) }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
}

/** The exit code that a shell would give for it. */
export function codeOf(end: ChildEnd): number {
  switch (end.kind) {
    case 'exited':
      return end.code
    case 'killed':
      return 128 + (constants.signals[end.signal] ?? 0)
    case 'not-started':
      return end.reason === 'ENOENT' ? 127 : 126
  }
}
