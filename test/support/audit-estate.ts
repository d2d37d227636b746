import { markedName, markOf } from '../../src/core/names.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { Estate, owner, tenant } from './estate.ts'

export const startAt = Date.UTC(2026, 10, 20, 12)
const hour = 3_600_000
const left = 'left@contoso.example'
const ann = 'ann@contoso.example'

const id = (number: number): string => `a0000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** PATs as people leave them behind: for each finding that a PAT alone can show, one of them. */
const pats: NonNullable<Fixture['pats']> = [
  { authorizationId: id(1), displayName: 'Old laptop', scope: 'vso.dashboards', validTo: '+60d', allOrgs: true },
  { authorizationId: id(2), displayName: 'Do everything', scope: 'app_token', validTo: '+50d' },
  { authorizationId: id(4), displayName: 'Since ever', scope: 'vso.notification', validFrom: '-200d', validTo: '+90d' },
  { authorizationId: id(5), displayName: 'Forgotten', scope: 'vso.work', validFrom: '-27d', validTo: '+3d' },
  { authorizationId: id(6), displayName: 'Report', scope: 'vso.analytics', validFrom: '-9d', validTo: '+21d' },
  { authorizationId: id(7), displayName: 'report', scope: 'vso.analytics', validFrom: '-5d', validTo: '+25d' },
  { authorizationId: id(8), displayName: '=cmd|"/c calc"!A1', scope: 'vso.profile', validTo: '+30d' },
  {
    authorizationId: id(9),
    displayName: '<script>alert(1)</script> & "quotes"',
    scope: 'vso.profile',
    validTo: '+30d',
  },
  { authorizationId: id(10), organization: 'fabrikam', displayName: 'Elsewhere', scope: 'vso.code', validTo: '+30d' },
  { authorizationId: id(11), owner: left, displayName: 'Still here', scope: 'vso.code_write', validTo: '+80d' },
  { authorizationId: id(12), owner: ann, displayName: 'Of Ann', scope: 'vso.code', validTo: '+20d' },
  {
    authorizationId: id(13),
    owner: ann,
    displayName: 'Of Ann, ended',
    scope: 'vso.code',
    validFrom: '-9d',
    validTo: '-1d',
  },
  {
    authorizationId: id(14),
    owner: ann,
    displayName: 'Of Ann, revoked',
    scope: 'vso.code',
    validTo: '+9d',
    revoked: true,
  },
  // The greatest date there is says nothing of an end.
  { authorizationId: id(15), displayName: 'For ever', scope: 'vso.profile', validTo: '9999-12-31T23:59:59Z' },
].map((pat) => ({ owner, organization: 'contoso', ...pat }))

const users = [owner, ann, left]

export const auditFixture: Fixture = {
  tenants: [{ id: tenant, domains: ['contoso.example'] }],
  users: users.map((upn) => ({
    upn,
    tenant: 'contoso.example',
    ...(upn === left ? { enabled: false, deleted: true } : {}),
  })),
  clients: [],
  organizations: [
    { name: 'contoso', tenant: 'contoso.example', members: users, administrators: [owner] },
    { name: 'fabrikam', tenant: 'contoso.example', members: [owner, ann] },
  ],
  vaults: [{ name: 'contoso', tenant: 'contoso.example', access: [{ principal: owner }] }],
  pats,
}

const entry = (name: string, scope: string, more = ''): string =>
  `  - name: ${name}\n    scopes:\n      - ${scope}\n${more}`

/** What the tokens were minted for. */
const declared = `tokens:
${entry('package-feed', 'vso.packaging')}${entry('narrowed', 'vso.packaging_write')}${entry('legacy', 'vso.build')}${entry('ended', 'vso.wiki', '    lifetime: 12h\n    orphanAfter: 10m\n')}${entry('leaked', 'vso.test')}${entry('cut', 'vso.release', '    lifetime: 200d\n')}`

const rules = `audit:
  policies:
    noFullScopePats: true
  waivers:
    - finding: global
      displayName: Old*
      reason: the vendor moves in November
      until: 2026-11-30
    - finding: duplicate
      owner: "*"
      reason: nobody remembers
      until: 2026-11-01
    - finding: long-lived
      displayName: Gone long ago
      reason: it was needed
      until: 2026-12-31
`

/**
 * An organization with every finding. It is four days before the end of PATs for all organizations; two tokens are newly
 * stored, one was narrowed in the configuration since, one has a value of the old form, one was cut short by a policy, one
 * ended and one was revoked.
 */
export async function openAuditEstate(): Promise<Estate> {
  const estate = await Estate.open({ at: startAt, fixture: auditFixture, tokens: declared })
  const { emulator } = estate
  const only = (name: string) => estate.run(`apply --only ${name}`)
  await only('package-feed')
  await only('narrowed')
  await only('ended')
  await only('leaked')
  emulator.set({ tokenFormat: 'old' })
  await only('legacy')
  emulator.set({ tokenFormat: 'new', policies: { maxLifespanDays: 100 } })
  await only('cut')
  emulator.set({ policies: { maxLifespanDays: null } })
  const byName = (name: string) => emulator.pats().find(({ displayName }) => displayName.startsWith(`${name} (patrol`))
  emulator.revokeOutside(byName('leaked')?.authorizationId ?? '', 'administrator')
  const installation = markOf(byName('package-feed')?.displayName ?? '')?.installation ?? ''
  emulator.createPat(owner, {
    displayName: markedName('package-feed', `${installation}lost0000`),
    scope: 'vso.packaging',
    organization: 'contoso',
    validTo: emulator.now() + 700 * hour,
  })
  // A round minute, so that what ended did so a round time ago.
  emulator.travel(startAt + 13 * hour - emulator.now())
  estate.writeFile('patrol.yaml', (text) => `${text.replace('vso.packaging_write', 'vso.packaging')}${rules}`)
  return estate
}
