import { afterEach, expect, test } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const names = [
  'CI \u202Egnp.exe',
  'spaced\u200Bout',
  'first\n  nightly  healthy',
  '=HYPERLINK("https://evil.example";"CI")',
  'CI;=1+1',
  'red \u001b[31m \u009b2K',
  '\u3164',
]

const pats = names.map((displayName, index) => ({
  owner,
  organization: 'contoso',
  displayName,
  scope: 'vso.code',
  validTo: '+60d',
  allOrgs: index % 2 === 0,
}))

/** What may stand in no text for people: it hides something, or steers the terminal. */
const unfit = /[\u202E\u200B\u3164]|(?![\r\n\t])\p{Cc}/u

test('the names that others gave to PATs hide nothing and steer nothing, in whatever form they are printed', async () => {
  estate = await Estate.open({ fixture: { pats } })
  const lines = [
    'list',
    'status',
    'plan',
    'migrate global',
    ...['table', 'csv', 'sarif', 'junit', 'html', 'json'].map((format) => `audit --format ${format}`),
    'list --json',
    'status --json',
    'migrate global --json',
  ]
  for (const line of lines) {
    const { code, stdout, stderr } = await estate.run(line)
    expect(code, line).toBe(0)
    expect(stdout + stderr, line).not.toMatch(unfit)
    expect(stdout, line).not.toMatch(/^\s*nightly {2}healthy/m)
  }
  const { json } = await estate.run('list --json')
  expect(json.pats.map(({ displayName }: { displayName: string }) => displayName).toSorted()).toEqual(names.toSorted())
  const listed = await estate.run('list')
  for (const shown of ['CI <U+202E>gnp.exe', 'spaced<U+200B>out', 'first<U+000A>  nightly  healthy', '<U+3164>'])
    expect(listed.stdout).toContain(shown)
  const csv = (await estate.run('audit --format csv')).stdout
  for (const line of csv.split('\r\n')) for (const cell of line.split(/[,;]/)) expect(cell).not.toMatch(/^"?\s*[=+@-]/)
})

test('a name that cannot be seen whole is not written into the configuration', async () => {
  estate = await Estate.open({ fixture: { pats } })
  const { json } = await estate.run('migrate global --json')
  expect(json.configuration).not.toMatch(unfit)
  expect(json.configuration).toContain('replaces:')
})
