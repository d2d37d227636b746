import { expect, test } from 'vitest'
import { openPublicClient, restoreTokens } from '../../../src/adapters/entra/kept-tokens.ts'
import { createTransport } from '../../../src/adapters/http/transport.ts'
import { Secret } from '../../../src/core/secret.ts'

test('a refresh token of a kept sign-in is redacted by itself, from when it is used', async () => {
  const token = `1.${crypto.randomUUID()}${crypto.randomUUID()}`
  const kept = new Secret(JSON.stringify({ RefreshToken: { key: { secret: token } } }))
  const transport = await createTransport({ environment: {}, userAgent: 'test' })
  const client = await openPublicClient({
    clientId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    tenant: '11111111-2222-3333-4444-555555555555',
    host: { entra: 'https://login.microsoftonline.com', entraOverridden: true },
    network: transport.msalNetwork(),
  })
  expect(Secret.redact(`refused: ${token}`)).toContain(token)
  expect(await restoreTokens(client, kept)).toBeUndefined()
  expect(Secret.redact(`refused: ${token}`)).toBe('refused: [secret]')
  await transport.close()
})
