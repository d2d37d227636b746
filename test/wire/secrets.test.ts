import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'
import { findLeaks } from '../support/leaks.ts'

const secret = 'p4ss "word/with+signs=ü'

test.each([
  ['plain', secret],
  ['percent-encoded', encodeURIComponent(secret)],
  ['percent-encoded in lower case', 'p4ss%20%22word%2fwith%2bsigns%3d%c3%bc'],
  ['form', 'p4ss+%22word%2Fwith%2Bsigns%3D%C3%BC'],
  ['JSON', JSON.stringify({ secret })],
  ['JSON with escaped slashes', String.raw`p4ss \"word\/with+signs=ü`],
  ['JSON with all escapes', String.raw`p4ss \"word\/with\u002bsigns=\u00fc`],
  ['base64', Buffer.from(`:${secret}`).toString('base64')],
])('a secret is found in %s text', (_, form) => {
  expect(findLeaks([secret], { out: ['nothing to see', `a ${form} b`] })).toHaveLength(1)
})

test('an ordinary text is clean', () => {
  expect(findLeaks([secret], { out: ['nothing to see', 'p4ss "word'] })).toEqual([])
})

test('an estate in which something leaked fails when it stops', async () => {
  const printing = await Estate.open()
  printing.printed.push(`the password is ${printing.variables['USER_PASSWORD']}`)
  await expect(printing.stop()).rejects.toThrow('secrets leaked: printed')

  const writing = await Estate.open()
  await writing.run('apply')
  writeFileSync(join(writing.directory, 'cache'), writing.active()[0]?.value ?? '')
  await expect(writing.stop()).rejects.toThrow('secrets leaked: files')
})
