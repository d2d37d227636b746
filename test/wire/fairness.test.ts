import { afterEach, expect, test, vi } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const token = (organization: string, index: number): string =>
  `  - name: ${organization}-${index}\n    organization: ${organization}\n    scopes:\n      - vso.code\n`

function tokensOf(organization: string, count: number): string {
  return Array.from({ length: count }, (_, index) => token(organization, index)).join('')
}

const organizations = ['contoso', 'fabrikam', 'tailspin'].map((name) => ({
  name,
  tenant: 'contoso.example',
  members: [owner],
}))

/** How many PATs the requests so far created in an organization. */
function mints(organization: string): number {
  const made = estate.emulator.requests().filter(({ method, service }) => method === 'POST' && service === 'pats')
  return made.filter(({ url }) => url.startsWith(`/${organization}/`)).length
}

test('an organization that asks to wait does not keep the tokens of another waiting', async () => {
  estate = await Estate.open({
    fixture: { organizations },
    tokens: `tokens:\n${tokensOf('contoso', 100)}${tokensOf('fabrikam', 6)}${tokensOf('tailspin', 6)}`,
  })
  // Whatever contoso is asked for, it wants a pause of ten seconds before the next request.
  const forever = { times: Number.POSITIVE_INFINITY, effect: { kind: 'retry-after-200', seconds: 10 } } as const
  estate.emulator.fault({ service: 'pats', pathIncludes: '/contoso/', ...forever })
  const { child, ended } = estate.start('apply --json --concurrency 2')
  await vi.waitFor(() => expect([mints('fabrikam'), mints('tailspin')]).toEqual([6, 6]), { timeout: 25_000 })
  // Its first turn may be on its way; the others of its hundred have not taken a lane.
  expect(mints('contoso')).toBeLessThanOrEqual(1)
  child.kill('SIGTERM')
  const { code, json } = await ended
  expect(code).toBe(143)
  const done = json.results.filter(({ status }: { status: string }) => status === 'done')
  const others = done.filter(({ token: name }: { token: string }) => !name.startsWith('contoso'))
  expect(others).toHaveLength(12)
})
