import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'
import { findLeaks } from '../support/leaks.ts'

test('a secret is found in plain, percent-encoded and base64 text, and an ordinary text is clean', () => {
  const secret = 'p4ss word/with+signs='
  const basic = Buffer.from(`:${secret}`).toString('base64')
  expect(findLeaks([secret], { out: [`a ${secret} b`] })).toHaveLength(1)
  expect(findLeaks([secret], { out: [`?x=${encodeURIComponent(secret)}`] })).toHaveLength(1)
  expect(findLeaks([secret], { out: [`Basic ${basic}`] })).toHaveLength(1)
  expect(findLeaks([secret], { out: ['nothing to see'] })).toEqual([])
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
