import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccessTokenSignIn } from '../../../src/adapters/entra/access-token-sign-in.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-token-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

describe('an access token from elsewhere', () => {
  it('is given as it is, its expiry unknown', async () => {
    const token = await new AccessTokenSignIn('bot', new Secret('opaque')).accessToken('azure-devops')
    expect(token.value.reveal()).toBe('opaque')
    expect(token.expiresAt).toBeUndefined()
  })

  it('is read again when its file changes', async () => {
    const file = join(directory, 'token')
    await writeFile(file, 'first\n')
    const signIn = new AccessTokenSignIn('bot', { file })
    expect((await signIn.accessToken('azure-devops')).value.reveal()).toBe('first')
    await writeFile(file, 'second\r\n')
    expect((await signIn.accessToken('azure-devops')).value.reveal()).toBe('second')
  })

  it('from a file that is missing names the file', async () => {
    const file = join(directory, 'nothing-here')
    const error = await failure(new AccessTokenSignIn('bot', { file }).accessToken('azure-devops'))
    expect(error.code).toBe('sign-in-misconfigured')
    expect(error.message).toContain(`${file} with the access token cannot be read (ENOENT)`)
  })

  it.each(['', '  ', 'two words', 'two\nlines'])('that is %j is refused before it is sent', async (content) => {
    const file = join(directory, 'bad')
    await writeFile(file, content)
    const error = await failure(new AccessTokenSignIn('bot', { file }).accessToken('azure-devops'))
    expect(error.code).toBe('sign-in-misconfigured')
    if (content.trim() !== '') expect(error.message).not.toContain(content)
  })

  it('opens no Key Vault', async () => {
    const error = await failure(new AccessTokenSignIn('bot', new Secret('opaque')).accessToken('key-vault'))
    expect(error.code).toBe('sign-in-misconfigured')
  })
})
