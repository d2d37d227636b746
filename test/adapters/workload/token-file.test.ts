import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileToken } from '../../../src/adapters/workload/token-file.ts'

let directory: string
let file: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-pod-'))
  file = join(directory, 'token')
})
afterAll(() => rm(directory, { recursive: true }))

describe('the token of a pod', () => {
  it('is read each time, from the file that is written or else from that of the environment', async () => {
    await writeFile(file, 'a.b.c\n')
    expect((await fileToken(file, {})).reveal()).toBe('a.b.c')
    await writeFile(file, 'd.e.f')
    expect((await fileToken(undefined, { AZURE_FEDERATED_TOKEN_FILE: file })).reveal()).toBe('d.e.f')
  })

  it.each(['', 'two words', 'a\nb'])('is not %j', async (content) => {
    await writeFile(file, content)
    await expect(fileToken(file, {})).rejects.toMatchObject({
      code: 'sign-in-misconfigured',
      message: `the token file ${file} holds no token`,
    })
  })

  it('that is missing, or that nothing names, says so', async () => {
    await expect(fileToken(join(directory, 'nothing'), {})).rejects.toMatchObject({
      message: expect.stringContaining('(ENOENT)'),
    })
    await expect(fileToken(undefined, {})).rejects.toMatchObject({
      code: 'sign-in-misconfigured',
      message: 'AZURE_FEDERATED_TOKEN_FILE is not set',
    })
  })
})
