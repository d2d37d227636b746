import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clean } from '../../src/cli/terminal.ts'
import { Estate, owner } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open({ tokens: 'tokens:\n  - match: "*"\n    method: renew\n    lifetime: 60d\n' })
})

afterEach(async () => {
  await estate.stop()
})

function createPat(displayName: string): void {
  const validTo = estate.emulator.now() + 60 * day
  estate.emulator.createPat(owner, { displayName, scope: 'vso.code', organization: 'contoso', validTo })
}

describe('what others wrote', () => {
  const command = '##vso[task.complete result=Failed;]done'

  test.each([command, '##[error]done', '#\u200B#vso[task.debug]', 'a ###[group]'])(
    'is no command to the agent of a pipeline: %s',
    async (displayName) => {
      createPat(displayName)
      for (const words of ['list', 'list --json', 'plan', 'plan --json', 'status', 'status --json']) {
        const { stdout, stderr } = await estate.run(`${words} --log-level debug`)
        expect(stdout + stderr, words).not.toMatch(/#\p{Cf}*#/u)
      }
      const { stderr } = await estate.run('apply --log-level debug --log-format json')
      expect(stderr).not.toMatch(/#\p{Cf}*#/u)
      expect((await estate.run('list --json')).json.pats).toMatchObject([{ displayName }])
    },
  )

  test('is none to that of GitHub, wherever a line is wrapped', () => {
    expect(clean('::add-mask::x')).toBe(': :add-mask::x')
    expect(clean('it says ::error::x')).toBe('it says : :error::x')
    expect(clean('fe80::1 and a::b')).toBe('fe80::1 and a::b')
  })

  test('never carries a secret of ours into a document or a table', async () => {
    const password = estate.variables['USER_PASSWORD'] ?? ''
    createPat(`rotated with ${password}`)
    const { json, stdout } = await estate.run('list --json')
    expect(json.pats).toMatchObject([{ displayName: 'rotated with [secret]' }])
    const table = await estate.run('list')
    expect(stdout + table.stdout).not.toContain(password)
  })
})
