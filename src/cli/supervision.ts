import type { Child, ChildEnd } from './child.ts'
import type { RelayedSignal } from './signals.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a supervised command needs of the world. */
export interface Supervision {
  /** The environment that it begins with. */
  readonly environment: Environment
  start(environment: Environment): Promise<Child>
  /** Where signals for the command come from; gives what ends that. */
  relay(to: (signal: RelayedSignal) => void): () => void
  /** Signals that the command gets anyway, from the terminal that it shares with this program. */
  readonly shared: ReadonlySet<RelayedSignal>
  /** Undefined: the command is started once. */
  readonly watch: Watch | undefined
}

export interface Watch {
  /** Waits for the next look; rejects when `signal` is aborted. */
  pause(signal: AbortSignal): Promise<unknown>
  /** The new environment when a token was rotated; undefined when all is as it was. Never rejects. */
  look(): Promise<Environment | undefined>
  /** How long the command has to end before it is killed. Resolves after that, or when `signal` is aborted. */
  grace(signal: AbortSignal): Promise<unknown>
  restarting(): void
}

const asking: ReadonlySet<RelayedSignal> = new Set(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'])

/**
 * Runs a command to its end, hands signals on to it, and with `watch` starts it anew when a token was rotated: it is
 * asked to end, and killed after a while. Once somebody asked it to end, it is not started again.
 */
export async function supervise(supervision: Supervision): Promise<ChildEnd> {
  const { watch, shared } = supervision
  let asked: RelayedSignal | undefined
  let child: Child | undefined
  const unrelay = supervision.relay((signal) => {
    if (asking.has(signal)) asked = signal
    if (!shared.has(signal)) child?.kill(signal)
  })
  try {
    let { environment } = supervision
    for (;;) {
      child = await supervision.start(environment)
      // It could not be told what came while it began.
      if (asked !== undefined && !shared.has(asked)) child.kill(asked)
      const { ended } = child
      if (watch === undefined) return await ended
      const next = await change(watch, ended)
      if (next.kind !== 'changed') return next.end
      watch.restarting()
      const end = await ending(watch, child)
      child = undefined
      if (asked !== undefined) return end
      environment = next.environment
    }
  } finally {
    unrelay()
  }
}

type Next =
  | { readonly kind: 'ended'; readonly end: ChildEnd }
  | { readonly kind: 'changed'; readonly environment: Environment }

/** What comes first: the end of the command, or a rotated token. */
async function change(watch: Watch, ended: Promise<ChildEnd>): Promise<Next> {
  const over = new AbortController()
  const end = ended.then((one): Next => {
    over.abort()
    return { kind: 'ended', end: one }
  })
  const looks = async (): Promise<Next> => {
    for (;;) {
      await watch.pause(over.signal)
      const environment = await watch.look()
      if (environment !== undefined) return { kind: 'changed', environment }
      over.signal.throwIfAborted()
    }
  }
  // What the looks reject with once the command has ended is that nobody waits for them any more.
  return Promise.race([end, looks().catch(() => end)])
}

async function ending(watch: Watch, child: Child): Promise<ChildEnd> {
  const over = new AbortController()
  child.kill('SIGTERM')
  const late = watch.grace(over.signal).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  )
  const end = await child.ended
  over.abort()
  await late
  return end
}
