import { expect, test } from 'vitest'
import { knownNames } from '../../src/cli/unknown-name.ts'

test('a slip in a name gets the name that was most likely meant, and those that there are', () => {
  const known = ['code-reader', 'package-feed']
  expect(knownNames('code-reder', known)).toBe('Did you mean code-reader? Known are: code-reader, package-feed.')
  expect(knownNames('terraform', known)).toBe('Known are: code-reader, package-feed.')
})

test('of many names the first are named, and the near one wherever it stands', () => {
  const known = Array.from({ length: 40 }, (_, index) => `token-${index}-${'abcdefgh'.repeat(index % 3)}`)
  const told = knownNames('lonely-reder', [...known, 'lonely-reader'])
  expect(told).toMatch(/^Did you mean lonely-reader\? Known are: token-0-.*, …\.$/)
  expect(told).not.toContain('token-12')
})
