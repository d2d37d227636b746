import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const long = `Build of ${'something with a long name '.repeat(6)}`.trim()
const longSlug = long.toLowerCase().replaceAll(' ', '-')

async function open(displayNames: readonly string[], secretName: string): Promise<void> {
  const pats = displayNames.map((displayName) => {
    return { owner, organization: 'contoso', displayName, scope: 'vso.build', validFrom: '-27d', validTo: '+3d' }
  })
  const tokens = `tokens:\n  - match: "*"\n    method: rotate\n    secretName: "${secretName}"\n`
  estate = await Estate.open({ fixture: { pats }, tokens })
  expect(await estate.run('apply')).toMatchObject({ code: 0 })
}

function rewrite(change: (text: string) => string): void {
  writeFileSync(estate.configFile, change(readFileSync(estate.configFile, 'utf8')))
}

test('get needs no secret of an account that opens no store', async () => {
  estate = await Estate.open({ store: 'file' })
  expect(await estate.run('apply')).toMatchObject({ code: 0 })
  const value = await estate.value('package-feed')
  const without = { environment: { USER_PASSWORD: undefined, USER_NAME: undefined } }
  expect(await estate.run('get package-feed', without)).toMatchObject({ code: 0, stdout: value })
  expect(await estate.run('status', without)).toMatchObject({ code: 2 })
})

describe('get finds the value of a token that a rule made', () => {
  test('where the template puts it, without a listing of the store', async () => {
    await open(['Nightly build', 'Release notes'], 'pat-{name}')
    const mark = estate.emulator.requests().length
    expect(await estate.hands('nightly-build')).toBe(true)
    const asked = estate.emulator.requests().slice(mark)
    expect(asked.filter(({ url }) => /\/secrets\/?\?/.test(url))).toEqual([])
  })

  test('under the name that it was cut to', async () => {
    await open([long], '{name}')
    expect(longSlug.length).toBeGreaterThan(127)
    expect(await estate.hands(longSlug)).toBe(true)
  })

  test('under the name that it has from an earlier template', async () => {
    await open(['Nightly build'], 'old-{name}')
    rewrite((text) => text.replace('old-{name}', 'new-{name}'))
    expect(await estate.run('apply')).toMatchObject({ code: 0 })
    expect(await estate.hands('nightly-build')).toBe(true)
    expect(await estate.hands('nightly-build@contoso')).toBe(true)
    expect(await estate.run('get nightly-build@fabrikam')).toMatchObject({ code: 2 })
  })

  test('and not the value of an entry that stands where the template points', async () => {
    await open(['Release notes'], '{name}')
    rewrite((text) => `${text}  - name: other\n    secretName: nightly-build\n    scopes:\n      - vso.code\n`)
    expect(await estate.run('apply')).toMatchObject({ code: 0 })
    expect(await estate.hands('other')).toBe(true)
    const ended = await estate.run('get nightly-build --json')
    expect(ended).toMatchObject({ code: 2, json: { error: { code: 'usage' } } })
    expect(ended.json.error.remedy).toBe('Known are: other, release-notes.')
  })
})
