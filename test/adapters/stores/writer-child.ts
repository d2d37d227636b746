/*
 * A process that writes to a file store, for tests that kill it or let it compete. Its orders come by the environment:
 * STORE and IDENTITY; NAME, the secret; COUNT, how many writes; KILL_AT, the file operation at which it kills itself.
 * Each write that was acknowledged is told on stdout by its generation.
 */
import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { Secret } from '../../../src/core/secret.ts'
import { duration } from '../../../src/core/time.ts'
import { sampleMetadata } from './sample-metadata.ts'

const killAt = Number(process.env['KILL_AT'] ?? 0)
let operations = 0

function dieWhenDue(half?: () => unknown): void {
  if (++operations !== killAt) return
  half?.()
  process.kill(process.pid, 'SIGKILL')
  // The signal arrives before the process could go on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}

/** Dies before the operation takes effect, which is also the moment after the operation before it. */
function mortal<Parameters extends readonly unknown[], Result>(
  operation: (...parameters: Parameters) => Result,
): (...parameters: Parameters) => Result {
  return (...parameters) => {
    dieWhenDue()
    return operation(...parameters)
  }
}

if (killAt > 0) {
  for (const name of ['mkdir', 'writeFile', 'link', 'rename', 'rm'] as const) {
    Object.assign(promises, { [name]: mortal(promises[name] as (...parameters: unknown[]) => unknown) })
  }
  const open = promises.open
  promises.open = async (...parameters) => {
    dieWhenDue()
    const file = await open(...parameters)
    const [write, sync] = [file.writeFile.bind(file), file.sync.bind(file)]
    file.writeFile = (text, ...rest) => {
      dieWhenDue(() => typeof text === 'string' && fs.writeSync(file.fd, text.slice(0, text.length / 2)))
      return write(text, ...rest)
    }
    file.sync = mortal(sync)
    return file
  }
  syncBuiltinESMExports()
}

const { fileStore } = await import('../../../src/adapters/stores/file-store.ts')
const { testClock, testRandom } = await import('./test-clock.ts')

const store = fileStore({
  path: process.env['STORE'] ?? '',
  identity: new Secret(process.env['IDENTITY'] ?? ''),
  clock: testClock,
  random: testRandom,
})

for (let round = 0; round < Number(process.env['COUNT'] ?? 1); round++) {
  const generation = `${process.pid}x${round}`.padStart(12, '0')
  const limits = { sendBy: testClock.elapsed() + 60_000, timeout: duration(30_000) }
  const name = process.env['NAME'] ?? ''
  const written = await store.write(name, new Secret(`value of ${generation}`), sampleMetadata({ generation }), limits)
  fs.writeSync(1, `${generation}\n`)
  if (round % 3 === 2) await store.disable(name, written.id ?? '', limits)
}
