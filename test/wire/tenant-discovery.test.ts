import { afterEach, describe, expect, it } from 'vitest'
import { Estate, owner, packageFeed, tenant } from '../support/estate.ts'

let estate: Estate
afterEach(() => estate.stop())

const withoutTenant = (text: string) => text.replace(`    tenant: ${tenant}\n`, '')

describe('without a tenant in the configuration', () => {
  it.each(['plain', 'quoted', 'absent'] as const)(
    'it is found from an answer that writes it %s',
    async (authorizationUri) => {
      estate = await Estate.open({ tokens: packageFeed, rewrite: withoutTenant })
      estate.emulator.set({ authorizationUri })
      const { code } = await estate.run('plan')
      expect(code).toBe(0)
      const signIn = estate.emulator.requests().find(({ service, method }) => service === 'entra' && method === 'POST')
      expect([signIn?.url.split('?')[0], signIn?.principal]).toEqual([`/${tenant}/oauth2/v2.0/token`, owner])
    },
  )

  it('a forged answer leads no password elsewhere: the host is not taken from it', async () => {
    estate = await Estate.open({ tokens: packageFeed, rewrite: withoutTenant })
    // Nothing listens there: whoever goes to it fails.
    estate.emulator.set({ authorizationHost: 'https://localhost:1' })
    const { code } = await estate.run('plan')
    expect(code).toBe(0)
    const signIn = estate.emulator.requests().find(({ service, method }) => service === 'entra' && method === 'POST')
    expect(signIn?.host).toBe(estate.emulator.endpoints.entra)
  })
})
