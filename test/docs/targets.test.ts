import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { targetSchema } from '../../src/app/config/targets/kinds.ts'
import { webhookTarget } from '../../src/adapters/targets/webhook-target.ts'
import { Secret } from '../../src/core/secret.ts'
import { duration, instant } from '../../src/core/time.ts'
import { goodHead, wanted } from '../config/load-text.ts'
import { blocksOf } from './markdown.ts'
import { root } from './workshop.ts'

const page = { path: 'docs/targets.md', text: readFileSync(join(root, 'docs/targets.md'), 'utf8') }

const types = targetSchema.options.map((option) => {
  const type: unknown = option.shape.type
  return type instanceof z.ZodLiteral ? String(type.value) : ''
})

/** The first words in code of the rows of the first table. */
function rowsOf(text: string): readonly string[] {
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? []
  return [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, type = '']) => type)
}

describe('docs/targets.md', () => {
  it('has a row for every type of target and none for others', () => {
    expect(rowsOf(page.text).toSorted()).toEqual(types.toSorted())
  })

  it('would be found out without one', () => {
    const shorter = page.text.replace(/^\| `npmrc`.*\n/m, '')
    expect(rowsOf(shorter)).not.toContain('npmrc')
  })

  it('shows targets that are sound', () => {
    const shown = blocksOf(page).filter(({ words }) => words.includes('yaml'))
    expect(shown.length).toBeGreaterThan(2)
    for (const { text } of shown) {
      const whole = text.includes('tokens:') ? text : `${text}tokens:\n  - name: a\n    scopes: [vso.code]\n`
      const { targets } = wanted(`${goodHead}${whole}`, named)
      expect(targets.size).toBeGreaterThan(0)
    }
  })
})

it('docs/targets.md shows how a webhook is checked, and the code does it', async () => {
  const code = /```js\n([\s\S]*?)```/.exec(page.text)?.[1] ?? ''
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const [secret, now, bodies, sent] = ['a-secret-of-a-webhook', Date.UTC(2026, 10, 24), [] as string[], [] as object[]]
  const target = webhookTarget({
    name: 'hook',
    url: 'https://hook.example/',
    secret: new Secret(secret),
    encryptTo: undefined,
    clock: { now: () => instant(now), elapsed: () => 0 },
    send: async ({ headers = {}, body }) => {
      sent.push(headers)
      bodies.push(String(body))
      return { status: 204, headers: {}, body: new Uint8Array() }
    },
  })
  const of = { token: 'a', organization: 'b', owner: 'c', authorizationId: 'd', generation: 'e', validTo: instant(now) }
  await target.deliver({ ...of, value: new Secret('the-value-of-it') }, { sendBy: 1, timeout: duration(1_000) })
  const [[headers], [body]] = [sent, bodies]
  expect(isGenuine(headers, body, secret, now)).toBe(true)
  expect(isGenuine(headers, `${body} `, secret, now)).toBe(false)
  expect(isGenuine(headers, body, 'another', now)).toBe(false)
  expect(isGenuine(headers, body, secret, now + 301_000)).toBe(false)
  expect(isGenuine({}, body, secret, now)).toBe(false)
})

/** What the page takes from elsewhere. */
const named = {
  variables: { GITHUB_SECRETS_TOKEN: 'github_pat_of_the_page', WEBHOOK_SECRET: 'webhook-secret-of-the-page' },
  files: { '/run/secrets/github-app.pem': '-----BEGIN PRIVATE KEY-----\nof the page\n-----END PRIVATE KEY-----\n' },
}
