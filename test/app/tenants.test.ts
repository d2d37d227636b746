import { expect, it } from 'vitest'
import { Tenants } from '../../src/app/tenants.ts'

const account = (changes: { tenant?: string; organizations?: readonly string[] }) => ({
  name: 'bot',
  tenant: undefined,
  organizations: ['Contoso', 'fabrikam'],
  ...changes,
})

it('a tenant that is written is never asked for', async () => {
  const tenants = new Tenants(() => expect.fail('it was asked for'))
  expect(await tenants.of(account({ tenant: 'contoso.com' }))()).toBe('contoso.com')
})

it('nobody is asked before somebody signs in, and then once for all accounts of an organization', async () => {
  const asked: string[] = []
  const tenants = new Tenants(async (organization) => {
    asked.push(organization)
    return 'found'
  })
  const one = tenants.of(account({}))
  const another = tenants.of(account({ organizations: ['contoso'] }))
  expect(asked).toEqual([])
  expect(await Promise.all([one(), one(), another()])).toEqual(['found', 'found', 'found'])
  expect(asked).toEqual(['contoso'])
})

it('that nobody answered is not remembered', async () => {
  let asked = 0
  const tenants = new Tenants(async () => {
    asked += 1
    if (asked === 1) throw new Error('a bad minute')
    return 'found'
  })
  const tenant = tenants.of(account({}))
  await expect(tenant()).rejects.toThrow('a bad minute')
  expect(await tenant()).toBe('found')
})

it('an account without an organization says so', async () => {
  const tenants = new Tenants(async () => 'found')
  await expect(tenants.of(account({ organizations: [] }))()).rejects.toMatchObject({ code: 'config-invalid' })
})
