import { ManagedIdentityApplication } from '@azure/msal-node'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { type Caller, call, TENANT, VAULT } from './caller.ts'

const CLIENT = 'c11e0000-0000-4000-8000-00000000f000'
const SYSTEM = 'c11e0000-0000-4000-8000-00000000e000'
const ASSIGNED = 'c11e0000-0000-4000-8000-00000000e001'
const ASSIGNED_ID = '0b7e0000-0000-4000-8000-00000000e001'
const ASSIGNED_RESOURCE =
  '/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u'

// A file of its own: MSAL keeps the first endpoint for managed identities that it found for the life of the program.
let caller: Caller
let emulator: Emulator
beforeAll(async () => {
  caller = await call({
    fixture: {
      tenants: [{ id: TENANT }],
      managedIdentities: [
        { tenant: TENANT, clientId: SYSTEM },
        {
          tenant: TENANT,
          assigned: 'user',
          clientId: ASSIGNED,
          objectId: ASSIGNED_ID,
          resourceId: ASSIGNED_RESOURCE,
        },
      ],
      vaults: [{ name: 'contoso', tenant: TENANT, access: [{ principal: SYSTEM }, { principal: ASSIGNED }] }],
    },
  })
  emulator = caller.emulator
})
afterAll(() => caller.stop())
afterEach(() => void vi.unstubAllEnvs())

function stub(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

async function principalOf(token: string): Promise<string | undefined> {
  expect((await caller.vault(token, 'GET', '/secrets')).status).toBe(200)
  return emulator.requests().at(-1)?.principal
}

describe('MSAL in App Service', () => {
  const make = (named: object) => new ManagedIdentityApplication({ system: { disableInternalRetries: true }, ...named })

  test.each([
    ['the identity of the application', {}, SYSTEM],
    ['one by its client id', { managedIdentityIdParams: { userAssignedClientId: ASSIGNED } }, ASSIGNED],
    ['one by its object id', { managedIdentityIdParams: { userAssignedObjectId: ASSIGNED_ID } }, ASSIGNED],
    ['one by its resource id', { managedIdentityIdParams: { userAssignedResourceId: ASSIGNED_RESOURCE } }, ASSIGNED],
  ])('gets a token as %s', async (_, named, principal) => {
    stub(emulator.managedIdentityVariables('app-service'))
    const application = make(named)
    const { accessToken } = await application.acquireToken({ resource: VAULT })
    expect(await principalOf(accessToken)).toBe(principal)
  })

  test('is refused an identity that is not there', async () => {
    stub(emulator.managedIdentityVariables('app-service'))
    const application = make({ managedIdentityIdParams: { userAssignedClientId: CLIENT } })
    await expect(application.acquireToken({ resource: VAULT })).rejects.toThrow('No managed identity')
  })
})
