import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { targetSchema } from '../../src/app/config/targets/kinds.ts'
import { wanted } from '../config/load-text.ts'
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
      const { targets } = wanted(`${head}${whole}`, named)
      expect(targets.size).toBeGreaterThan(0)
    }
  })
})

/** What the page takes from elsewhere. */
const named = {
  variables: { GITHUB_SECRETS_TOKEN: 'github_pat_of_the_page' },
  files: { '/run/secrets/github-app.pem': '-----BEGIN PRIVATE KEY-----\nof the page\n-----END PRIVATE KEY-----\n' },
}

const head = `version: 1
accounts:
  ci-bot:
    tenant: contoso.onmicrosoft.com
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
stores:
  vault:
    type: azure-key-vault
    url: https://contoso.vault.azure.net
defaults:
  account: ci-bot
  organization: contoso
  store: vault
`
