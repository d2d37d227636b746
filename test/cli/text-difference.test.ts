import { expect, it } from 'vitest'
import { textDifference } from '../../src/cli/text-difference.ts'

it.each([
  ['nothing', 'a\nb\n', 'a\nb\n', []],
  ['lines at the end', 'a\nb\n', 'a\nb\nc\n', ['@@ -1,2 +1,3 @@', ' a', ' b', '+c']],
  [
    'lines in the middle, with three around them',
    '1\n2\n3\n4\n5\n6\n7\n8\n',
    '1\n2\n3\n4\nnew\n5\n6\n7\n8\n',
    ['@@ -2,6 +2,7 @@', ' 2', ' 3', ' 4', '+new', ' 5', ' 6', ' 7'],
  ],
  [
    'a line that is another',
    'a\nb: []\nc\n',
    'a\nb:\n  - d\nc\n',
    ['@@ -1,3 +1,4 @@', ' a', '-b: []', '+b:', '+  - d', ' c'],
  ],
  ['a last line without an end', 'a', 'a\nb\n', ['@@ -1,1 +1,2 @@', ' a', '+b']],
  ['lines as Windows ends them', 'a\r\n', 'a\r\nb\r\n', ['@@ -1,1 +1,2 @@', ' a', '+b']],
  ['more of the same line', 'a\na\n', 'a\na\na\n', ['@@ -1,2 +1,3 @@', ' a', ' a', '+a']],
])('%s', (_, before, after, lines) => {
  const head = lines.length === 0 ? [] : ['--- patrol.yaml', '+++ patrol.yaml']
  expect(textDifference('patrol.yaml', before, after)).toBe([...head, ...lines].map((line) => `${line}\n`).join(''))
})
