import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { AuditJournal } from '../../src/adapters/audit-journal.ts'
import type { Seen } from '../../src/adapters/audit-progress.ts'
import { after, day, hour } from '../../src/core/time.ts'
import { aPat, start } from '../support/builders.ts'

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patrol-journal-'))
  path = join(directory, 'audit.progress')
})
afterEach(() => rmSync(directory, { recursive: true }))

const seen = (descriptor: string): Seen => ({
  organization: 'contoso',
  member: { descriptor, user: `${descriptor}@contoso.example` },
  state: 'deleted',
  pats: [aPat(), aPat({ authorizationId: 'other', validTo: undefined, scopes: [], allOrganizations: true })],
})

const open = (subject = 'contoso', now = start) => AuditJournal.open(path, subject, now)

it('what was added is there again, and where the list goes on', async () => {
  const first = await open()
  expect([first.seen, first.placeIn('contoso')]).toEqual([[], undefined])
  await Promise.all([first.add(seen('a')), first.add(seen('b'))])
  await first.turnPage('contoso', 'next')
  await first.add(seen('c'))
  await first.close()
  const again = await open('contoso', after(start, hour))
  expect(again.seen).toEqual([seen('a'), seen('b'), seen('c')])
  expect(again.placeIn('contoso')).toEqual({ from: 'next' })
  expect(again.has('contoso', { descriptor: 'c' })).toBe(true)
  expect(again.has('fabrikam', { descriptor: 'c' })).toBe(false)
  await again.turnPage('contoso', undefined)
  await again.close()
  const last = await open()
  expect(last.placeIn('contoso')).toBe('end')
  await last.remove()
  expect(existsSync(path)).toBe(false)
})

it('a torn last line is dropped, and what follows it stands whole', async () => {
  const first = await open()
  await first.add(seen('a'))
  await first.close()
  appendFileSync(path, '{"organization":"contoso","descr')
  const again = await open()
  expect(again.seen).toEqual([seen('a')])
  await again.add(seen('b'))
  await again.close()
  const last = await open()
  expect(last.seen).toEqual([seen('a'), seen('b')])
  await last.close()
})

it.each([
  ['of another audit', 'fabrikam', start],
  ['of a day ago', 'contoso', after(start, day)],
  ['of a time that has not come', 'contoso', after(start, -1 as typeof hour)],
])('progress %s is begun anew', async (_, subject, now) => {
  const first = await open()
  await first.add(seen('a'))
  await first.close()
  const again = await open(subject, now)
  expect(again.seen).toEqual([])
  await again.close()
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2)
})

it.each(['precious', '{"precious": true}\n'])('a file that holds %j is not touched', async (text) => {
  writeFileSync(path, text)
  await expect(open()).rejects.toMatchObject({ code: 'usage', message: `${path} is not the progress of an audit` })
  expect(readFileSync(path, 'utf8')).toBe(text)
})

it('a directory that is not there is told', async () => {
  path = join(directory, 'missing', 'file')
  await expect(open()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('ENOENT') })
})

it.skipIf(process.platform === 'win32')('only its owner can read it', async () => {
  const journal = await open()
  await journal.close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('a file that cannot be written any more is told, once for whoever writes and not at the end', async () => {
  const first = await open()
  await first.close()
  await expect(first.add(seen('a'))).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('EBADF') })
})
