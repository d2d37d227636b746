import { describe, expect, it } from 'vitest'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { second, times } from '../../../src/core/time.ts'
import { emulatedWorld, user } from './emulated-world.ts'
import { LeakWatch, textsOf } from './leak-watch.ts'

const value = `a-value-${'x'.repeat(20)}`

/** An adapter that leaks as it is told to. */
const leaking = {
  async message(secret: Secret): Promise<void> {
    throw new PatrolError('throttled', `refused ${secret.reveal()}`)
  },
  async cause(secret: Secret): Promise<void> {
    throw new PatrolError('throttled', 'refused', {
      cause: { headers: { authorization: `Bearer ${secret.reveal()}` } },
    })
  },
  atOnce(secret: Secret): void {
    throw new Error(`?token=${encodeURIComponent(secret.reveal())}`)
  },
  async quiet(secret: Secret): Promise<{ readonly value: Secret }> {
    return { value: secret }
  },
}

describe('a suite of an adapter', () => {
  it.each(['message', 'cause'] as const)('fails when the %s of an error has a secret', async (method) => {
    const watch = new LeakWatch()
    await expect(watch.over(leaking)[method](new Secret(value))).rejects.toThrow()
    expect(() => watch.check([], {})).toThrow('secrets leaked: errors')
  })

  it('fails when an error that is thrown at once has a secret', () => {
    const watch = new LeakWatch()
    expect(() => watch.over(leaking).atOnce(new Secret(value))).toThrow()
    expect(() => watch.check([], {})).toThrow('secrets leaked: errors')
  })

  it('fails when a secret that an adapter gave stands elsewhere', async () => {
    const watch = new LeakWatch()
    await watch.over(leaking).quiet(new Secret(value))
    expect(() => watch.check([], { events: textsOf([{ kind: 'warning', message: 'all is well' }]) })).not.toThrow()
    expect(() => watch.check([], { events: textsOf([{ kind: 'warning', message: value }]) })).toThrow('events')
  })

  it('fails in its world when an event, an error or a URL has a secret that the services know', async () => {
    const reporting = await emulatedWorld()
    reporting.events.push({ kind: 'warning', message: `the password is ${reporting.emulator.password(user)}` })
    await expect(reporting.close()).rejects.toThrow('secrets leaked: events')

    const failing = await emulatedWorld()
    const password = failing.emulator.password(user)
    const adapter = failing.watched({ fail: () => Promise.reject(new Error(password)) })
    await expect(adapter.fail()).rejects.toThrow()
    await expect(failing.close()).rejects.toThrow('secrets leaked: errors')

    const asking = await emulatedWorld()
    const url = `${asking.emulator.endpoints.azureDevOps}/x?p=${encodeURIComponent(asking.emulator.password(user))}`
    await asking.transport.send({ method: 'GET', url, timeout: times(5, second) })
    await expect(asking.close()).rejects.toThrow('secrets leaked: urls')
  })
})
