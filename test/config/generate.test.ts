import { execFile } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { configSchema } from '../../src/app/config/schema.ts'
import { keysAt } from '../../src/app/config/schema-walk.ts'
import { remedies } from '../../src/core/errors.ts'
import { knownScopes } from '../../src/core/scope-catalogue.ts'

const root = new URL('../..', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'patrol-generate-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

async function generate(...options: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  try {
    const { stderr } = await promisify(execFile)(process.execPath, [`${root}/scripts/generate.ts`, ...options])
    return { code: 0, stderr }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, stderr }
  }
}

test('the schema and the reference of the project are current', async () => {
  expect(await generate('--check')).toEqual({ code: 0, stderr: '' })
})

test('a file that is missing or was changed by hand is named, and written anew', async () => {
  const missing = await generate('--check', '--into', directory)
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain('patrol.schema.json is not current')
  expect(missing.stderr).toContain('docs/config.md is not current')

  expect((await generate('--into', directory)).code).toBe(0)
  expect((await generate('--check', '--into', directory)).code).toBe(0)

  appendFileSync(join(directory, 'docs/config.md'), 'by hand\n')
  const edited = await generate('--check', '--into', directory)
  expect(edited).toEqual({ code: 1, stderr: 'docs/config.md is not current: run npm run generate\n' })
})

test('the page of errors has a row for every code, with what to do', () => {
  const page = readFileSync(`${root}/docs/errors.md`, 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d) \| (.+) \|$/gm)]
  expect(rows.map(([, code, , remedy]) => [code, remedy])).toEqual(Object.entries(remedies))
  expect(rows.find(([, code]) => code === 'usage')?.[2]).toBe('2')
  expect(rows.find(([, code]) => code === 'wrong-account')?.[2]).toBe('4')
})

test('the reference has a section for every key', () => {
  const reference = readFileSync(`${root}/docs/config.md`, 'utf8')
  const places: readonly (readonly [readonly (string | number)[], string])[] = [
    [[], ''],
    [['endpoints'], 'endpoints.'],
    [['tls'], 'tls.'],
    [['limits'], 'limits.'],
    [['defaults'], 'defaults.'],
    [['accounts', 'x'], 'accounts.<name>.'],
    [['tokens', 0], 'tokens[].'],
  ]
  const keys = places.flatMap(([path, prefix]) => keysAt(null, path).map((key) => `${prefix}${key}`))
  expect(keys.length).toBeGreaterThan(40)
  expect(keys.filter((key) => !reference.includes(`### \`${key}\`\n`))).toEqual([])
  expect(Object.keys(configSchema.shape)).toEqual(keysAt(null, []))
  expect(knownScopes.filter(({ id, friendly }) => !reference.includes(`| \`${friendly}\` | \`${id}\` |`))).toEqual([])
})
