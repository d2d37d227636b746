import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type OnBehalfOfAccount, onBehalfOfSignIn } from '../../../src/adapters/entra/on-behalf-of-flow.ts'
import type { UserSignIn } from '../../../src/adapters/user-sign-in.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { hour, minute } from '../../../src/core/time.ts'
import { azureCliClient } from '../../../src/adapters/entra/entra-authority.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

const broker = 'c11e0000-0000-4000-8000-00000000d000'

let world: EmulatedWorld
let directory: string
let pem: Secret
beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'broker' }], { keyType: 'rsa', keySize: 2048 })
  pem = new Secret(`${made.cert}\n${made.private}`)
  directory = await mkdtemp(join(tmpdir(), 'patrol-broker-'))
  world = await emulatedWorld({
    fixture: {
      tenants: [{ id: tenant, domains: ['contoso.example'] }],
      users: [{ upn: user, tenant }],
      clients: [{ id: broker, tenant, confidential: true, exposes: ['access_as_user'], certificates: [made.cert] }],
      organizations: [{ name: 'contoso', tenant, members: [user] }],
    },
  })
})
afterAll(async () => {
  await world.close()
  await rm(directory, { recursive: true })
})
afterEach(() => world.emulator.changeUser(user, { mfa: 'none' }))

/** What a token broker has: the user's token for an application, by default for the one that hands it on. */
async function userToken(resource = `api://${broker}`): Promise<string> {
  const { emulator, transport } = world
  const form = {
    grant_type: 'password',
    client_id: azureCliClient,
    scope: `${resource}/.default`,
    username: user,
    password: emulator.password(user),
  }
  const answer = await transport.send({
    method: 'POST',
    url: `${emulator.endpoints.entra}/${tenant}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    timeout: minute,
  })
  const body = JSON.parse(new TextDecoder().decode(answer.body)) as { readonly access_token?: string }
  if (body.access_token === undefined) throw new Error(`no token for ${resource}: ${JSON.stringify(body)}`)
  return body.access_token
}

async function signIn(changes: Partial<OnBehalfOfAccount> = {}): Promise<UserSignIn> {
  const { emulator, transport, clock, events, stop } = world
  return world.watched(
    onBehalfOfSignIn(
      {
        name: 'bot',
        tenant: async () => tenant,
        clientId: broker,
        assertion: changes.assertion ?? new Secret(await userToken()),
        credential: { kind: 'secret', secret: new Secret(emulator.clientSecret(broker)) },
        ...changes,
      },
      {
        transport,
        clock,
        reporter: { report: (event) => events.push(event) },
        stopping: () => stop.signal.aborted,
        entra: emulator.endpoints.entra,
        entraOverridden: true,
      },
    ),
  )
}

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

async function opensThePatApi(value: Secret): Promise<boolean> {
  const answer = await world.transport.send({
    method: 'GET',
    url: `${world.emulator.endpoints.vssps}/contoso/_apis/tokens/pats?api-version=7.1-preview.1`,
    headers: { authorization: `Bearer ${value.reveal()}` },
    timeout: minute,
  })
  return answer.status === 200
}

describe('on behalf of a user', () => {
  it('an application with a secret gets a token that opens the PAT API', async () => {
    const { value } = await (await signIn()).accessToken('azure-devops')
    expect(await opensThePatApi(value)).toBe(true)
  })

  it('an application with a certificate does, too', async () => {
    const credential = { kind: 'certificate', pem, passphrase: undefined } as const
    const { value } = await (await signIn({ credential })).accessToken('azure-devops')
    expect(await opensThePatApi(value)).toBe(true)
  })

  it('one exchange serves all who ask at once', async () => {
    const shared = await signIn()
    const mark = world.emulator.requests().length
    await Promise.all(Array.from({ length: 5 }, () => shared.accessToken('azure-devops')))
    const since = world.emulator.requests().slice(mark)
    expect(since.filter(({ service, method }) => service === 'entra' && method === 'POST')).toHaveLength(1)
  })

  it('a file is read again, for the broker replaces it', async () => {
    const file = join(directory, 'assertion')
    await writeFile(file, `${await userToken()}\n`)
    const shared = await signIn({ assertion: { file } })
    const first = await shared.accessToken('azure-devops')
    await world.clock.sleep(hour)
    await writeFile(file, await userToken())
    const second = await shared.accessToken('azure-devops')
    expect(second.value.equals(first.value)).toBe(false)
    world.emulator.travel(-1 * hour)
  })
})

describe('a sign-in on behalf of a user is refused', () => {
  it('when the token that was handed over has expired', async () => {
    const assertion = new Secret(await userToken())
    world.emulator.travel(2 * hour)
    const error = await failure((await signIn({ assertion })).accessToken('azure-devops'))
    world.emulator.travel(-2 * hour)
    expect(error).toMatchObject({ code: 'sign-in-expired', remedy: expect.stringContaining('broker') })
  })

  it('when it is for somebody else', async () => {
    const assertion = new Secret(await userToken('499b84ac-1321-427f-aa17-267ca6975798'))
    const error = await failure((await signIn({ assertion })).accessToken('azure-devops'))
    expect(error).toMatchObject({ code: 'sign-in-misconfigured', remedy: expect.stringContaining('`clientId`') })
  })

  it('when the secret is wrong', async () => {
    const credential = { kind: 'secret', secret: new Secret('not-the-secret') } as const
    const error = await failure((await signIn({ credential })).accessToken('azure-devops'))
    expect(error.message).toContain('AADSTS7000215')
  })

  it('when a second factor is demanded that the person did not give', async () => {
    const shared = await signIn()
    world.emulator.changeUser(user, { mfa: 'required' })
    expect((await failure(shared.accessToken('azure-devops'))).code).toBe('sign-in-mfa-required')
  })

  it.each(['', 'two words', '<html>'])('before anything is sent when %j is handed over', async (text) => {
    const file = join(directory, 'bad')
    await writeFile(file, text)
    const mark = world.emulator.requests().length
    const error = await failure((await signIn({ assertion: { file } })).accessToken('azure-devops'))
    expect(error.code).toBe('sign-in-misconfigured')
    expect(
      world.emulator
        .requests()
        .slice(mark)
        .filter(({ method }) => method === 'POST'),
    ).toEqual([])
  })

  it('when the file is missing, with its name', async () => {
    const file = join(directory, 'nothing-here')
    const error = await failure((await signIn({ assertion: { file } })).accessToken('azure-devops'))
    expect(error.message).toContain(`${file} with the user's token cannot be read (ENOENT)`)
  })

  it('when the certificate is none', async () => {
    const credential = { kind: 'certificate', pem: new Secret('nothing'), passphrase: undefined } as const
    const error = await failure((await signIn({ credential })).accessToken('azure-devops'))
    expect(error.message).toContain('holds no certificate')
  })
})
