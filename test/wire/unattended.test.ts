import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { Agent, request } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { Estate, owner, tenant } from '../support/estate.ts'

const blueprint = 'c11e0000-0000-4000-8000-00000000b000'
const agent = 'c11e0000-0000-4000-8000-00000000a000'
const broker = 'c11e0000-0000-4000-8000-00000000d000'
const subject = 'repo:contoso/tokens:ref:refs/heads/main'

let estate: Estate
afterEach(() => estate.stop())

const tokens = `tokens:
  - name: package-feed
    scopes:
      - vso.packaging_write
`

function fixture(certificate: string): Fixture {
  return {
    tenants: [{ id: tenant, domains: ['contoso.example'] }],
    users: [{ upn: owner, tenant, agent }],
    clients: [
      {
        id: blueprint,
        tenant,
        confidential: true,
        certificates: [certificate],
        federatedCredentials: [{ issuer: 'https://token.actions.githubusercontent.com', subject }],
      },
      { id: agent, tenant, blueprint, keyVault: true },
    ],
    organizations: [{ name: 'contoso', tenant, members: [owner] }],
    vaults: [{ name: 'contoso', tenant, access: [{ principal: owner }] }],
  }
}

/** The account of the estate with another way to sign in. */
const signingIn = (lines: readonly string[]) => (text: string) =>
  text.replace(
    / {4}signIn:\n(?: {6}.*\n)+/,
    () => `    user: ${owner}\n${lines.map((line) => `    ${line}\n`).join('')}`,
  )

const agentUser = (...credential: readonly string[]) =>
  signingIn(['signIn:', '  method: agent-user', `  blueprint: ${blueprint}`, `  agent: ${agent}`, ...credential])

async function rotates(environment: Readonly<Record<string, string>>): Promise<void> {
  const ended = await estate.start('apply --json', { environment }).ended
  expect(ended.stderr).toBe('')
  expect(ended).toMatchObject({ code: 0, json: { results: [{ kind: 'mint', status: 'done' }] } })
  expect(estate.active()).toHaveLength(1)
  expect(estate.currentWorks('package-feed')).toBe(true)
}

describe('a run without a person and without a stored password', () => {
  test('signs in as the user of an agent, by the word of GitHub Actions', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'x' }], { keyType: 'rsa', keySize: 2048 })
    estate = await Estate.open({ fixture: fixture(cert), tokens, rewrite: agentUser('  credential: github-actions') })
    await rotates(estate.emulator.gitHubJob({ subject }))
  })

  test('signs in as the user of an agent, by a certificate, without a tenant in the configuration', async () => {
    const made = await generate([{ name: 'commonName', value: 'x' }], { keyType: 'rsa', keySize: 2048 })
    const rewrite = agentUser('  credential:', '    type: certificate', '    certificate: ${BLUEPRINT_PEM}')
    const untold = (text: string) => rewrite(text).replace(`    tenant: ${tenant}\n`, '')
    estate = await Estate.open({ fixture: fixture(made.cert), tokens, rewrite: untold })
    await rotates({ BLUEPRINT_PEM: `${made.cert}\n${made.private}` })
  })

  test('that nobody vouches for ends with 4, and says which leg failed and what to do', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'x' }], { keyType: 'rsa', keySize: 2048 })
    estate = await Estate.open({ fixture: fixture(cert), tokens, rewrite: agentUser('  credential: github-actions') })
    const variables = estate.emulator.gitHubJob({ subject: 'repo:contoso/tokens:pull_request' })
    const ended = await estate.start('plan --json', { environment: variables }).ended
    expect(ended.code).toBe(4)
    expect(JSON.stringify(ended.json)).toContain('leg 1 of 3')
    expect(JSON.stringify(ended.json)).toContain(`Add a federated credential to the blueprint ${blueprint}`)
  })
})

/** A token of the estate's user, as something else got it. */
async function userToken(scope: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(estate.emulator.caFile, 'utf8') } })
  const form = {
    grant_type: 'password',
    client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    scope,
    username: owner,
    password: estate.emulator.password(owner),
  }
  const answer = await request(`${estate.emulator.endpoints.entra}/${tenant}/oauth2/v2.0/token`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  const { access_token: token } = (await answer.body.json()) as { readonly access_token: string }
  await dispatcher.destroy()
  return token
}

describe('a run by the word of a token broker', () => {
  test('acts on behalf of the user whose token stands in a file', async () => {
    const lines = ['signIn:', '  method: on-behalf-of', '  assertion: ${USER_ASSERTION}', '  secret: ${BROKER_SECRET}']
    estate = await Estate.open({
      fixture: {
        tenants: [{ id: tenant, domains: ['contoso.example'] }],
        users: [{ upn: owner, tenant }],
        clients: [{ id: broker, tenant, confidential: true, exposes: ['access_as_user'], keyVault: true }],
        organizations: [{ name: 'contoso', tenant, members: [owner] }],
        vaults: [{ name: 'contoso', tenant, access: [{ principal: owner }] }],
      },
      tokens,
      rewrite: signingIn([`clientId: ${broker}`, ...lines]),
    })
    await rotates({
      USER_ASSERTION: await userToken(`api://${broker}/.default`),
      BROKER_SECRET: estate.emulator.clientSecret(broker),
    })
  })
})

describe('a run on a machine with the Azure CLI', () => {
  /** A program that prints what the real one would; tokens come from files, for they stand in no argument. */
  async function installAz(user: string, type = 'user'): Promise<Readonly<Record<string, string>>> {
    const bin = join(estate.directory, 'bin')
    mkdirSync(bin)
    const expires = Math.floor(estate.emulator.now() / 1000) + 3600
    const script = `#!/bin/sh
if [ "$2" = show ]; then echo '{"user":{"name":"${user}","type":"${type}"}}'; exit 0; fi
if [ "$AZ_STATE" = signed-out ]; then echo "ERROR: Please run 'az login' to setup account." >&2; exit 1; fi
case "$*" in
  *499b84ac-1321-427f-aa17-267ca6975798*) token="$AZ_DEVOPS" ;;
  *https://vault.azure.net*) token="$AZ_VAULT" ;;
  *) echo "unexpected: $*" >&2; exit 2 ;;
esac
case "$*" in *"--tenant ${tenant}"*) ;; *) echo "no tenant" >&2; exit 2 ;; esac
echo "{\\"accessToken\\":\\"$token\\",\\"expires_on\\":${expires}}"
`
    writeFileSync(join(bin, 'az'), script)
    chmodSync(join(bin, 'az'), 0o755)
    return {
      PATH: `${bin}:${process.env['PATH']}`,
      AZ_DEVOPS: await userToken('499b84ac-1321-427f-aa17-267ca6975798/.default'),
      AZ_VAULT: await userToken('https://vault.azure.net/.default'),
    }
  }

  const open = async () => {
    estate = await Estate.open({ tokens, rewrite: signingIn(['signIn:', '  method: azure-cli']) })
  }

  test('is that of whoever is signed in there', async () => {
    await open()
    await rotates(await installAz(owner))
  })

  test('signed in as somebody else asks Azure DevOps nothing', async () => {
    await open()
    const environment = await installAz('somebody@contoso.example')
    const ended = await estate.start('apply', { environment }).ended
    expect(ended.code).toBe(4)
    expect(ended.stdout + ended.stderr).toContain('wrong-account')
    expect(estate.emulator.requests().filter(({ service }) => service === 'pats')).toEqual([])
  })

  test('where nobody is signed in, says az login', async () => {
    await open()
    const environment = { ...(await installAz(owner)), AZ_STATE: 'signed-out' }
    const ended = await estate.start('plan --json', { environment }).ended
    expect(ended.code).toBe(4)
    expect(JSON.stringify(ended.json)).toContain(`Run az login --tenant ${tenant} --scope`)
  })

  test('where it is not installed, says so', async () => {
    await open()
    const ended = await estate.start('plan --json', { environment: { PATH: '/nonexistent' } }).ended
    expect(ended.code).toBe(4)
    expect(JSON.stringify(ended.json)).toContain('az is not installed here')
  })
})
