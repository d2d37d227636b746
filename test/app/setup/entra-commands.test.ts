import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { entraCommands, type EntraSetup } from '../../../src/app/setup/entra-commands.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { wanted } from '../../config/load-text.ts'

const plain: EntraSetup = { tenant: 'contoso.com', name: 'Patrol', shell: 'bash', vault: false }

const clientId = '0a0a0a0a-1111-4222-8333-444455556666'
const idsOf: Readonly<Record<string, string>> = {
  'vso.pats': '10000000-0000-4000-8000-000000000001',
  'vso.pats_manage': '10000000-0000-4000-8000-000000000002',
  user_impersonation: '10000000-0000-4000-8000-000000000003',
}
const keyVault = '20000000-0000-4000-8000-000000000001'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patrol-az-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** An `az` that notes what it was called with and answers as the real one does, as far as the script asks. */
function putAz(answers: Readonly<Record<string, string>> = {}): void {
  const known = Object.entries({
    'account show': 'found-by-az',
    'ad app create': clientId,
    ...Object.fromEntries(Object.entries(idsOf).map(([scope, id]) => [`value=='${scope}'`, id])),
    '--query appId': keyVault,
    ...answers,
  })
  const cases = known.map(([part, answer]) => `  *"${part.replaceAll("'", `'"'"'`)}"*) printf '%s\\n' '${answer}';;`)
  const script = `#!/bin/sh
for word in "$@"; do printf '%s\\036' "$word" >> '${directory}/calls'; done
printf '\\n' >> '${directory}/calls'
case "$*" in
${cases.join('\n').replaceAll(`'"'"'`, "'")}
esac
`
  writeFileSync(join(directory, 'az'), script)
  chmodSync(join(directory, 'az'), 0o755)
}

function runBash(setup: EntraSetup) {
  const file = join(directory, 'register.sh')
  writeFileSync(file, entraCommands(setup))
  const ended = spawnSync('bash', [file], {
    env: { PATH: `${directory}${delimiter}${process.env['PATH']}` },
    encoding: 'utf8',
  })
  const calls = readFileSync(join(directory, 'calls'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\u001e').slice(0, -1))
  return { ...ended, calls }
}

/** The calls, each by its first words that are no options. */
const verbs = (calls: readonly (readonly string[])[]): readonly string[] =>
  calls.map((call) =>
    call
      .slice(
        0,
        call.findIndex((word) => word.startsWith('--')),
      )
      .join(' '),
  )

/** What stands behind an option, up to the next one. */
const valuesOf = (call: readonly string[] | undefined, option: string): readonly string[] => {
  const rest = call?.slice(call.indexOf(option) + 1) ?? []
  const end = rest.findIndex((word) => word.startsWith('--'))
  return end === -1 ? rest : rest.slice(0, end)
}

describe('the commands for bash', () => {
  test.each([
    ['as they are', plain],
    ['for the tenant of az', { ...plain, tenant: undefined }],
    ['with a vault', { ...plain, vault: true }],
    ['with a name that shells would take for more', { ...plain, name: `It's "mine" $(rm -rf /) \`id\` \\ ; &` }],
  ])('%s are bash', (_, setup) => {
    execFileSync('bash', ['-n'], { input: entraCommands(setup) })
  })

  test('register one public client of this tenant, with the two permissions, and consent', () => {
    putAz()
    const { status, stderr, stdout, calls } = runBash(plain)
    expect([status, stderr]).toEqual([0, ''])
    expect(verbs(calls)).toEqual([
      'ad sp show',
      'ad sp show',
      'ad app create',
      'ad sp create',
      'ad app permission add',
      'ad app permission admin-consent',
      'ad app show',
    ])
    const creation = calls[2]
    expect(valuesOf(creation, '--display-name')).toEqual(['Patrol'])
    expect(valuesOf(creation, '--sign-in-audience')).toEqual(['AzureADMyOrg'])
    expect(valuesOf(creation, '--public-client-redirect-uris')).toEqual(['http://localhost'])
    expect(valuesOf(creation, '--is-fallback-public-client')).toEqual(['true'])
    const permissions = calls[4]
    expect(valuesOf(permissions, '--id')).toEqual([clientId])
    expect(valuesOf(permissions, '--api')).toEqual(['499b84ac-1321-427f-aa17-267ca6975798'])
    expect(valuesOf(permissions, '--api-permissions')).toEqual([
      `${idsOf['vso.pats']}=Scope`,
      `${idsOf['vso.pats_manage']}=Scope`,
    ])
    expect(valuesOf(calls[5], '--id')).toEqual([clientId])
    expect(stdout).toContain(
      `https://login.microsoftonline.com/contoso.com/v2.0/adminconsent?client_id=${clientId}&scope=499b84ac-1321-427f-aa17-267ca6975798/.default&redirect_uri=http://localhost`,
    )
  })

  test('end with lines that belong into patrol.yaml and are taken there', () => {
    putAz()
    const { stdout } = runBash(plain)
    const lines = stdout.slice(stdout.indexOf('accounts:'))
    const text = `version: 1\n${lines}    signIn:\n      method: password\n      username: \${USER_NAME}\n      password: \${USER_PASSWORD}\ntokens:\n  - match: "*"\n    account: ci-bot\n    organizations: [contoso]\n    method: renew\n`
    expect(wanted(text).accounts.get('ci-bot')).toMatchObject({ tenant: 'contoso.com', clientId })
  })

  test('take the tenant that the Azure CLI is signed in to when none is named', () => {
    putAz()
    const { status, stdout } = runBash({ ...plain, tenant: undefined })
    expect(status).toBe(0)
    expect(stdout).toContain('https://login.microsoftonline.com/found-by-az/')
  })

  test('let it open vaults when asked to, with the ids that the tenant tells', () => {
    putAz()
    const { status, calls } = runBash({ ...plain, vault: true })
    expect(status).toBe(0)
    const additions = calls.filter((call) => call.join(' ').startsWith('ad app permission add'))
    expect(additions.map((call) => [valuesOf(call, '--api'), valuesOf(call, '--api-permissions')])[1]).toEqual([
      [keyVault],
      [`${idsOf['user_impersonation']}=Scope`],
    ])
  })

  test('hand a name over as it is, whatever is in it', () => {
    putAz()
    const name = `It's "mine" $(touch ${directory}/ran) \`id\` \\ ; & é`
    const { status, calls } = runBash({ ...plain, name })
    expect(status).toBe(0)
    expect(valuesOf(calls[2], '--display-name')).toEqual([name])
  })

  test('stop before anything is made when the tenant does not know a permission', () => {
    putAz({ "value=='vso.pats_manage'": '' })
    const { status, stderr, calls } = runBash(plain)
    expect([status, stderr]).toEqual([1, 'this tenant knows no permission vso.pats_manage\n'])
    expect(verbs(calls)).toEqual(['ad sp show', 'ad sp show'])
  })
})

describe('the commands for PowerShell', () => {
  test('are the same calls', () => {
    const calls = (shell: 'bash' | 'powershell') =>
      [...entraCommands({ ...plain, shell, vault: true }).matchAll(/\baz ((?:[a-z-]+ )+)--/g)].map(([, words]) => words)
    expect(calls('powershell')).toEqual(calls('bash'))
  })

  test('quote what is given', () => {
    const text = entraCommands({ ...plain, shell: 'powershell', name: "It's $(mine)" })
    expect(text).toContain("$name = 'It''s $(mine)'\n")
    expect(text).toContain('"$($pats)=Scope" "$($patsManage)=Scope"')
  })
})

describe('what cannot be', () => {
  test.each([
    ['a tenant with blanks', { tenant: 'contoso com' }],
    ['a tenant that is an address', { tenant: 'https://contoso.com/' }],
    ['no name', { name: '  ' }],
    ['a name of two lines', { name: 'a\nb' }],
  ])('%s is refused', (_, change) => {
    expect(() => entraCommands({ ...plain, ...change })).toThrow(PatrolError)
  })
})
