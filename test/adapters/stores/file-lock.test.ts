import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileLock, takeLock } from '../../../src/adapters/stores/file-lock.ts'

let directory: string
let lock: FileLock

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-lock-'))
  const taken = await takeLock(directory, () => true)
  if (typeof taken === 'string') throw new Error(taken)
  lock = taken
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

describe('who holds the lock', () => {
  test('still does when a challenger outnumbers it for a moment and backs off', async () => {
    const challenger = join(directory, '2')
    await writeFile(challenger, await readFile(join(directory, '1'), 'utf8'))
    const held = lock.isHeld()
    await wait(50)
    await rm(challenger)
    expect(await held).toBe(true)
  })

  test('no longer does when a challenger took its file away', async () => {
    await writeFile(join(directory, '2'), 'another')
    await rm(join(directory, '1'))
    expect(await lock.isHeld()).toBe(false)
  })

  test('keeps out another one until it lets go', async () => {
    expect(await takeLock(directory, () => true)).toContain('is writing')
    await lock.release()
    expect(typeof (await takeLock(directory, () => true))).toBe('object')
  })
})
