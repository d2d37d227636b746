/**
 * The world without a fixture: one tenant, one service account, one organization, one vault. Passwords and client
 * secrets are left out, so they are made at start and differ each time.
 */
export const defaultFixture = {
  tenants: [{ id: '11111111-2222-3333-4444-555555555555', domains: ['contoso.example'] }],
  users: [
    {
      upn: 'ci-bot@contoso.example',
      tenant: 'contoso.example',
      displayName: 'CI bot',
      objectId: '0b7e0000-0000-4000-8000-000000000001',
      identityId: '1de00000-0000-6000-a000-000000000001',
    },
  ],
  clients: [
    { id: 'c11e0000-0000-4000-8000-000000000001', name: 'Patrol', tenant: 'contoso.example' },
    {
      id: 'c11e0000-0000-4000-8000-000000000002',
      name: 'Vault reader',
      tenant: 'contoso.example',
      confidential: true,
      objectId: '0b7e0000-0000-4000-8000-000000000002',
    },
  ],
  organizations: [
    {
      name: 'contoso',
      id: '0a6a0000-0000-4000-8000-000000000001',
      tenant: 'contoso.example',
      members: ['ci-bot@contoso.example'],
      variableGroups: [{ name: 'build', variables: { CONFIGURATION: 'Release', SIGNING_KEY: { isSecret: true } } }],
      serviceConnections: [
        {
          name: 'feed',
          url: 'https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/',
          parameters: { username: 'patrol' },
          secrets: { password: null },
        },
      ],
    },
  ],
  vaults: [
    {
      name: 'contoso',
      tenant: 'contoso.example',
      access: [{ principal: 'ci-bot@contoso.example' }, { principal: 'c11e0000-0000-4000-8000-000000000002' }],
    },
  ],
}
