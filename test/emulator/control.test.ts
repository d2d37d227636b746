import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Caller, call, DAY, OWN_CLIENT, UPN } from './caller.ts'

let caller: Caller
beforeEach(async () => {
  caller = await call()
})
afterEach(() => caller.stop())

const control = (method: string, path: string, body?: unknown) =>
  caller.say(`${caller.emulator.endpoints.control}/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

test('tells the time, moves it, and where everything is', async () => {
  const before = (await control('GET', 'now')).json.now
  const after = (await control('POST', 'travel', { ms: DAY })).json.now
  expect(after - before).toBeGreaterThanOrEqual(DAY)
  const { endpoints, caFile } = (await control('GET', 'endpoints')).json
  expect([endpoints, caFile]).toEqual([caller.emulator.endpoints, caller.emulator.caFile])
})

test('turns switches', async () => {
  expect((await control('POST', 'switches', { deleteStatus: 200 })).json.deleteStatus).toBe(200)
  expect((await control('GET', 'switches')).json).toEqual(caller.emulator.switches())
  const refused = await control('POST', 'switches', { deleteStatus: 500 })
  expect([refused.status, refused.json.error]).toEqual([400, expect.stringContaining('deleteStatus')])
})

test('sets faults, tells how often they struck, releases and cancels them', async () => {
  const rule = { service: 'entra', effect: { kind: 'status', status: 503 }, times: 'all' }
  const { id } = (await control('POST', 'fault', rule)).json
  expect((await caller.token({})).status).toBe(503)
  expect((await caller.token({})).status).toBe(503)
  expect((await control('GET', `fault/${id}`)).json).toEqual({ id, fired: 2 })
  await control('POST', `fault/${id}/cancel`)
  expect((await caller.token({})).status).toBe(400)
  const blocked = (await control('POST', 'fault', { service: 'entra', effect: 'block' })).json
  const answer = caller.token(caller.passwordForm())
  await expect.poll(async () => (await control('GET', `fault/${blocked.id}`)).json.fired).toBe(1)
  await control('POST', `fault/${blocked.id}/release`)
  expect((await answer).status).toBe(200)
  expect((await control('GET', 'fault/99')).status).toBe(400)
})

test('makes and revokes PATs, and shows their values only on demand', async () => {
  const pat = {
    owner: UPN,
    organization: 'contoso',
    displayName: 'By hand',
    scope: 'vso.code',
    validTo: Date.now() + DAY,
  }
  const made = (await control('POST', 'pats', pat)).json
  expect(made).not.toHaveProperty('value')
  expect((await control('GET', 'pats')).text).not.toContain(caller.emulator.pats()[0]?.value)
  expect((await control('GET', 'pats?reveal=1')).json).toEqual(caller.emulator.pats())
  await control('POST', 'revoke-outside', { authorizationId: made.authorizationId, by: 'scanner' })
  expect(caller.emulator.pats()[0]).toMatchObject({ state: 'revoked', revokedBy: 'scanner' })
})

test('shows vaults, users and secrets without values unless asked', async () => {
  const token = await caller.vaultToken()
  await caller.vault(token, 'PUT', '/secrets/feed', { body: { value: 'the vault value' } })
  for (const path of ['vaults', 'users', 'secrets', 'requests', 'pats', 'endpoints', 'switches', 'now']) {
    const { text, status } = await control('GET', path)
    expect(status).toBe(200)
    for (const secret of caller.emulator.secrets()) expect(text).not.toContain(secret)
  }
  expect((await control('GET', 'vaults')).json[0].secrets.feed.versions[0]).toMatchObject({ enabled: true, tags: {} })
  expect((await control('GET', 'vaults?reveal=1')).text).toContain('the vault value')
  expect((await control('GET', 'users?reveal=1')).json).toEqual([{ upn: UPN, password: caller.emulator.password(UPN) }])
  expect((await control('GET', 'secrets?reveal=1')).json).toEqual(caller.emulator.secrets())
})

test('changes users', async () => {
  await control('POST', `users/${UPN}`, { mfa: 'required' })
  expect((await caller.token(caller.passwordForm())).json.error_codes).toEqual([50076])
  expect((await control('POST', 'users/nobody', { mfa: 'none' })).status).toBe(400)
})

test('tells the code of an authenticator, ends sign-ins and changes applications', async () => {
  const { json } = await caller.token(caller.passwordForm())
  expect((await control('GET', `mfa-code/${UPN}`)).json).toEqual({ upn: UPN, code: caller.emulator.mfaCode(UPN) })
  expect((await control('GET', 'mfa-code/nobody')).status).toBe(400)
  await control('POST', `revoke-sessions/${UPN}`)
  const form = { client_id: OWN_CLIENT, grant_type: 'refresh_token', refresh_token: json.refresh_token }
  expect((await caller.token(form)).json.error_codes).toEqual([50173])
  await control('POST', `clients/${OWN_CLIENT}`, { consent: false })
  expect((await caller.token(caller.passwordForm())).json.error_codes).toEqual([65001])
  expect((await control('POST', 'clients/nobody', { consent: false })).status).toBe(400)
})

test('starts jobs, makes tokens of service accounts and tells where managed identities are, to who wants to see secrets', async () => {
  const connections = [{ id: '5e4c0000-0000-4000-8000-000000000001', name: 'Key vault' }]
  const wanted: [string, string, unknown][] = [
    ['POST', 'github-job', { subject: 'repo:octo/repo:ref:refs/heads/main' }],
    ['POST', 'pipeline-job', { organization: 'contoso', project: 'Fabrikam', connections }],
    ['POST', 'service-account-token', { issuer: 'https://cluster.example', subject: 'system:serviceaccount:a:b' }],
    ['GET', 'managed-identity/app-service', undefined],
  ]
  for (const [method, path, body] of wanted) {
    const hidden = await control(method, path, body)
    expect([hidden.status, hidden.json.error]).toEqual([400, expect.stringContaining('reveal=1')])
    const shown = await control(method, `${path}?reveal=1`, body)
    expect(shown.status).toBe(200)
    expect(caller.emulator.secrets().filter((secret) => shown.text.includes(secret))).toHaveLength(1)
  }
  const imds = await control('GET', 'managed-identity/imds?reveal=1')
  expect(imds.json).toEqual({ AZURE_POD_IDENTITY_AUTHORITY_HOST: caller.emulator.endpoints.managedIdentity })
  expect((await control('GET', 'managed-identity/elsewhere?reveal=1')).status).toBe(400)
})

test('lists requests, blanks secrets in their URLs, and does not list itself', async () => {
  const secret = caller.emulator.password(UPN)
  await caller.say(`${caller.emulator.endpoints.azureDevOps}/contoso?password=${secret}`)
  const { json, text } = await control('GET', 'requests')
  expect(json).toHaveLength(1)
  expect(json[0]).toMatchObject({ n: 1, service: 'other', method: 'GET', status: 302 })
  expect(text).not.toContain(secret)
  expect(caller.emulator.requests()[0]?.url).toContain(secret)
})

test('does not know other paths, and says which there are', async () => {
  const heard = await control('GET', 'weather')
  expect(heard.status).toBe(404)
  expect(heard.json.known).toContain('POST travel')
})
