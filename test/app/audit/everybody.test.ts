import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuditJournal } from '../../../src/adapters/audit-journal.ts'
import type { Administration } from '../../../src/adapters/azure-devops/administration.ts'
import { surveyEverybody } from '../../../src/app/audit/everybody.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import type { World } from '../../../src/ports/world.ts'
import { aPat, start } from '../../support/builders.ts'

const organization = 'contoso'
const pages = [['a', 'b'], ['c', 'd'], ['e']] as const

/** Five users on three pages, with as many PATs each as their place says. */
class Crowd implements Administration {
  readonly asked: string[] = []
  /** Users whose PATs cannot be read. */
  broken: readonly string[] = []

  async *members(_: string, from = '0') {
    for (let page = Number(from); page < pages.length; page++) {
      const next = page + 1 < pages.length ? String(page + 1) : undefined
      const members = (pages[page] ?? []).map((name) => {
        return { descriptor: name, user: `${name}@contoso.example`, state: 'unknown' as const }
      })
      yield { members, next }
    }
  }

  async *patsOf(_: string, descriptor: string) {
    this.asked.push(descriptor)
    if (this.broken.includes(descriptor)) throw new PatrolError('service-unavailable', 'it does not answer')
    const place = pages.flat().indexOf(descriptor as 'a')
    yield Array.from({ length: place }, (_value, index) => aPat({ authorizationId: `${descriptor}${index}` }))
  }

  async *hashedPatsOf(organization: string, descriptor: string) {
    for await (const page of this.patsOf(organization, descriptor))
      yield page.map((pat) => ({ pat, hash: undefined, isValid: true }))
  }

  hashOf = () => ''
  isActive = () => Promise.resolve(true)
  organizations = () => Promise.resolve([organization])
}

const world = {
  clock: { now: () => start },
  reporter: { report: () => undefined },
  concurrency: 2,
  stopping: () => false,
} as unknown as World

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patrol-everybody-'))
  path = join(directory, 'audit.progress')
})
afterEach(() => rmSync(directory, { recursive: true }))

async function survey(administration: Crowd, text?: string) {
  if (text !== undefined) writeFileSync(path, text)
  const journal = await AuditJournal.open(path, organization, start)
  try {
    const { audited, problems } = await surveyEverybody(world, [{ organization, account: 'ci-bot', administration }], {
      owners: false,
      journal,
    })
    const pats = audited.map(({ pat, owner }) => `${owner.user} ${pat.authorizationId}`).sort()
    return { pats, problems: problems.map(({ token }) => token), asked: administration.asked.toSorted() }
  } finally {
    await journal.close()
  }
}

describe('progress that was cut anywhere', () => {
  it('leads to what an undisturbed audit sees, and nobody who stands in it is asked again', async () => {
    const whole = await survey(new Crowd())
    expect(whole).toEqual({ pats: expect.any(Array), problems: [], asked: ['a', 'b', 'c', 'd', 'e'] })
    expect(whole.pats).toHaveLength(10)
    const text = readFileSync(path, 'utf8')
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1)
    // At the end of each line, right before and behind it, and in the middle of the next.
    const cuts = ends.flatMap((end, line) => [end - 1, end, end + 1, ((ends[line + 1] ?? end) + end) >> 1])
    for (const length of cuts.filter((cut) => cut >= (ends[0] ?? 0) && cut <= text.length)) {
      const again = await survey(new Crowd(), text.slice(0, length))
      const done = [...text.slice(0, length).matchAll(/"descriptor":"(\w)".*\n/g)].map(([, name]) => name)
      expect(again).toEqual({ ...whole, asked: whole.asked.filter((name) => !done.includes(name)) })
    }
  })
})

describe('a member that could not be looked at', () => {
  it.each(['a', 'd', 'e'])('%s is asked again by whoever goes on, and nobody else is', async (name) => {
    const whole = await survey(new Crowd())
    rmSync(path)
    const crowd = new Crowd()
    crowd.broken = [name]
    const first = await survey(crowd)
    expect(first.problems).toEqual([`${name}@contoso.example in contoso`])
    expect(existsSync(path)).toBe(true)
    const second = await survey(new Crowd())
    expect(second).toEqual({ ...whole, asked: [name] })
  })
})

it('an audit whose progress cannot be kept any more ends, and says so', async () => {
  const journal = await AuditJournal.open(path, organization, start)
  await journal.close()
  const crowd = new Crowd()
  const ended = surveyEverybody(world, [{ organization, account: 'ci-bot', administration: crowd }], {
    owners: false,
    journal,
  })
  await expect(ended).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(path) })
  expect(crowd.asked.length).toBeLessThanOrEqual(2)
})
