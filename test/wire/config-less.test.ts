import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateIdentity } from 'age-encryption'
import { Estate, owner, tenant } from '../support/estate.ts'
import { impersonate, type Impersonation } from '../support/impersonation.ts'

const hour = 3_600_000
const day = 24 * hour

const common = { owner, organization: 'contoso' }
const pats = [
  { ...common, displayName: 'Nightly build', scope: 'vso.build', validFrom: '-55d', validTo: '+5d' },
  { ...common, displayName: 'Release notes', scope: 'vso.work', validFrom: '-2d', validTo: '+58d' },
]

let estate: Estate
let proxy: Impersonation

beforeEach(async () => {
  estate = await Estate.open({ fixture: { pats } })
  proxy = await impersonate(estate.emulator)
})

afterEach(async () => {
  await proxy.stop()
  await estate.stop()
})

/** What an agent of a pipeline behind an inspecting proxy has in its environment; no configuration is there. */
function agent(more: Readonly<Record<string, string | undefined>> = {}) {
  const environment = {
    PATROL_CONFIG: undefined,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: proxy.caFile,
    ...more,
  }
  return { environment, directory: 'workspace' }
}

describe('without a configuration, at the addresses of Microsoft', () => {
  test('one step of a pipeline renews what is due', async () => {
    const words = `apply --organization contoso --tenant ${tenant} --match * --method renew --lifetime 60d`
    const ended = await estate.start(`${words} --json`, agent()).ended
    expect(ended).toMatchObject({
      code: 0,
      json: { results: [{ token: 'nightly-build', kind: 'extend', status: 'done' }], problems: [] },
    })
    const [nightly, release] = estate.emulator.pats()
    expect(nightly?.validTo).toBeGreaterThan(estate.emulator.now() + 60 * day - hour)
    expect(release?.validTo).toBeLessThan(estate.emulator.now() + 58 * day)
    expect(new Set(proxy.tunnels)).toEqual(
      new Set(['login.microsoftonline.com', 'vssps.dev.azure.com', 'dev.azure.com']),
    )
    const mark = estate.emulator.requests().length
    expect(await estate.start(words, agent()).ended).toMatchObject({ code: 0 })
    expect(estate.mutations(mark)).toEqual([])
  })

  test('--no-config passes over the configuration that is there', async () => {
    const words = `plan --organization contoso --tenant ${tenant} --match * --method renew --json`
    const { environment } = agent({ PATROL_CONFIG: estate.configFile })
    const clash = await estate.start(words, { environment }).ended
    expect([clash.code, clash.json.problems[0].remedy]).toEqual([2, expect.stringContaining('--no-config')])
    const ended = await estate.start(`${words} --no-config`, { environment }).ended
    expect([ended.code, ended.json.actions.length]).toEqual([0, 1])
    const nothing = await estate.start('plan --no-config --json', { environment }).ended
    expect([nothing.code, nothing.json.error.message]).toEqual([2, '--no-config leaves nothing to go by'])
  })

  test('rotates into encrypted files', async () => {
    const words = `apply --organization contoso --match Nightly* --method rotate --store ./secrets --json`
    const identity = { TENANT_ID: tenant, PATROL_AGE_IDENTITY: await generateIdentity() }
    const ended = await estate.start(words, agent(identity)).ended
    expect(ended).toMatchObject({
      code: 0,
      json: { results: [{ token: 'nightly-build', kind: 'mint', status: 'done' }] },
    })
    expect(estate.active()).toHaveLength(3)
    estate.emulator.travel(2 * day + hour)
    expect(await estate.start(words, agent(identity)).ended).toMatchObject({
      code: 0,
      json: { results: [{ kind: 'revoke', status: 'done' }] },
    })
    expect(estate.active().map(({ displayName }) => displayName.replace(/ \(patrol .*/, ''))).toEqual([
      'Release notes',
      'Nightly build',
    ])
  })

  test('what is missing in the environment is told all at once, and nothing is sent', async () => {
    const ended = await estate.start('apply --organization contoso', agent({ USER_NAME: undefined, USER_PASSWORD: '' }))
      .ended
    expect(ended.code).toBe(2)
    for (const name of ['USER_NAME', 'USER_PASSWORD']) expect(ended.stderr).toContain(name)
    expect(proxy.tunnels).toEqual([])
  })

  test('a proxy whose certificate nobody trusts is named, and its password is not', async () => {
    const password = `proxy-${'word'.repeat(3)}`
    const url = new URL(proxy.url)
    const ended = await estate.start(
      `list --organization nowhere --tenant ${tenant}`,
      agent({ HTTPS_PROXY: `http://user:${password}@localhost:${url.port}`, NODE_EXTRA_CA_CERTS: undefined }),
    ).ended
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).not.toContain(password)
    expect(ended.stdout).toContain('certificate')
  })
})
