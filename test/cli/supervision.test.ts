import { describe, expect, test } from 'vitest'
import type { Child, ChildEnd } from '../../src/cli/child.ts'
import type { RelayedSignal } from '../../src/cli/signals.ts'
import { supervise, type Watch } from '../../src/cli/supervision.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Commands that end when the test says so; each signal and each start is noted. */
class Stage {
  readonly log: string[] = []
  readonly children: { readonly end: (end: ChildEnd) => void }[] = []
  send: (signal: RelayedSignal) => void = () => undefined
  readonly #stubborn: boolean

  constructor({ stubborn = false } = {}) {
    this.#stubborn = stubborn
  }

  async start(environment: Environment): Promise<Child> {
    this.log.push(`start ${environment['PAT']}`)
    let end: (end: ChildEnd) => void = () => undefined
    const ended = new Promise<ChildEnd>((resolve) => {
      end = resolve
    })
    this.children.push({ end })
    const kill = (signal: string): void => {
      this.log.push(signal)
      if (signal === 'SIGKILL' || !this.#stubborn) end({ kind: 'killed', signal: signal as NodeJS.Signals })
    }
    return { ended, kill }
  }

  run(watch: Watch | undefined, shared: readonly RelayedSignal[] = []): Promise<ChildEnd> {
    return supervise({
      environment: { PAT: 'old' },
      start: (environment) => this.start(environment),
      relay: (to) => {
        this.send = to
        return () => void this.log.push('unrelay')
      },
      shared: new Set(shared),
      watch,
    })
  }
}

/** Sees a new value at the looks with these numbers; `during` is called at each look. */
function watch(stage: Stage, news: readonly number[], during: (look: number) => void = () => undefined): Watch {
  let looks = 0
  return {
    pause: async (signal) => signal.throwIfAborted(),
    look: async () => {
      looks += 1
      during(looks)
      await new Promise(setImmediate)
      return news.includes(looks) ? { PAT: `new ${looks}` } : undefined
    },
    grace: async () => undefined,
    restarting: () => void stage.log.push('restarting'),
  }
}

const exited = (code: number): ChildEnd => ({ kind: 'exited', code })

describe('a command', () => {
  test('gets signals, and its end is the end of all', async () => {
    const stage = new Stage({ stubborn: true })
    const end = stage.run(undefined)
    await new Promise(setImmediate)
    stage.send('SIGHUP')
    stage.send('SIGUSR2')
    stage.children[0]?.end(exited(7))
    expect(await end).toEqual(exited(7))
    expect(stage.log).toEqual(['start old', 'SIGHUP', 'SIGUSR2', 'unrelay'])
  })

  test('gets none twice that the terminal sends to it anyway', async () => {
    const stage = new Stage({ stubborn: true })
    const end = stage.run(undefined, ['SIGINT'])
    await new Promise(setImmediate)
    stage.send('SIGINT')
    stage.send('SIGTERM')
    stage.children[0]?.end(exited(0))
    await end
    expect(stage.log).toEqual(['start old', 'SIGTERM', 'unrelay'])
  })
})

describe('a watched command', () => {
  test('goes on while nothing changes, and ends by itself', async () => {
    const stage = new Stage()
    const end = await stage.run(watch(stage, [], (look) => look === 3 && stage.children[0]?.end(exited(5))))
    expect(end).toEqual(exited(5))
    expect(stage.log).toEqual(['start old', 'unrelay'])
  })

  test('is ended and started with the new value', async () => {
    const stage = new Stage()
    const end = await stage.run(watch(stage, [2, 4], (look) => look === 6 && stage.children[2]?.end(exited(0))))
    expect(end).toEqual(exited(0))
    expect(stage.log.filter((line) => line !== 'SIGKILL')).toEqual([
      'start old',
      'restarting',
      'SIGTERM',
      'start new 2',
      'restarting',
      'SIGTERM',
      'start new 4',
      'unrelay',
    ])
  })

  test('that does not end when asked is killed', async () => {
    const stage = new Stage({ stubborn: true })
    await stage.run(watch(stage, [1], (look) => look === 2 && stage.children[1]?.end(exited(0))))
    expect(stage.log).toEqual(['start old', 'restarting', 'SIGTERM', 'SIGKILL', 'start new 1', 'unrelay'])
  })

  test('that somebody asked to end is not started again', async () => {
    const stage = new Stage({ stubborn: true })
    const end = await stage.run(watch(stage, [2], (look) => look === 2 && stage.send('SIGTERM')))
    expect(end).toEqual({ kind: 'killed', signal: 'SIGKILL' })
    expect(stage.log).toEqual(['start old', 'SIGTERM', 'restarting', 'SIGTERM', 'SIGKILL', 'unrelay'])
  })

  test('that cannot be started again is the end', async () => {
    const stage = new Stage()
    const failing: Child = { ended: Promise.resolve({ kind: 'not-started', reason: 'ENOENT' }), kill: () => undefined }
    const first = stage.start.bind(stage)
    stage.start = async (environment) => (environment['PAT'] === 'old' ? first(environment) : failing)
    expect(await stage.run(watch(stage, [1]))).toEqual({ kind: 'not-started', reason: 'ENOENT' })
  })
})
