import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingNames } from '../../src/core/audit/finding-kind.ts'
import { auditFormats } from '../../src/cli/audit/audit-format.ts'
import { openAuditEstate } from '../support/audit-estate.ts'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import type { Estate } from '../support/estate.ts'
import { type Element, parsedCsv, parsedXml } from '../support/strict-readers.ts'
import { documents } from './documents.ts'

let estate: Estate

beforeAll(async () => {
  estate = await openAuditEstate()
}, 120_000)
afterAll(() => estate.stop())

/** The text without what differs from run to run: ids and marks of PATs that were created, and seconds. */
function still(text: string): string {
  const known = new Map<string, string>()
  const name = (id: string, make: (number: number) => string): string => {
    const made = known.get(id) ?? make(known.size + 1)
    known.set(id, made)
    return made
  }
  return text
    .replaceAll(estate.directory, '/estate')
    .replaceAll(/\b(?!a0000000)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) =>
      name(id, (number) => `b0000000-0000-4000-8000-${String(number).padStart(12, '0')}`),
    )
    .replaceAll(/\(patrol ([0-9a-z]{12})\)/g, (_, mark: string) => {
      return `(patrol ${name(mark, (number) => `mark${String(number).padStart(8, '0')}`)})`
    })
    .replaceAll(/T(\d\d):0\d:\d\d/g, 'T$1:00:00')
    .replaceAll(/(?<=:00)\.\d{3}Z/g, '.000Z')
}

const everything = 'audit --organization-wide --owners --values'
const ending = { table: 'txt', json: 'json', csv: 'csv', sarif: 'sarif', junit: 'xml', html: 'html' } as const

async function report(format: string, more = ''): Promise<string> {
  const { code, stdout, stderr } = await estate.run(`${everything} --format ${format} ${more}`)
  expect(stderr).not.toContain('error')
  expect(code).toBe(0)
  return stdout
}

// `npx vitest run test/scripts/audit-reports.test.ts -u` writes what is printed now.
test.each(auditFormats)('an organization with every finding as %s is what it was', async (format) => {
  const path = join(import.meta.dirname, 'audit', `everything.${ending[format]}`)
  await expect(still(await report(format))).toMatchFileSnapshot(path)
})

test('the JSON has its documented shape', async () => {
  documents.audit.parse(JSON.parse(await report('json')))
})

describe('SARIF', () => {
  const schemaFile = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
  formats.default(ajv)
  // Of draft 4, in which an id has another name, and which this schema uses nothing else of that changed since.
  const { id: _, $schema: __, ...schema } = JSON.parse(readFileSync(schemaFile, 'utf8')) as Record<string, unknown>
  const validate = ajv.compile(schema)

  test('keeps its schema, with and without an earlier audit', async () => {
    await estate.run(`${everything} --json --output earlier.json`)
    for (const more of ['', '--since earlier.json']) {
      const log = JSON.parse(await report('sarif', more)) as { runs: [{ results: { baselineState?: string }[] }] }
      expect(validate(log), JSON.stringify(validate.errors)).toBe(true)
      const states = new Set(log.runs[0].results.map(({ baselineState }) => baselineState))
      expect(states).toEqual(new Set([more === '' ? undefined : 'unchanged']))
    }
  })

  test('names the rule of each result, and gives results of one PAT fingerprints of their own', async () => {
    const { runs } = JSON.parse(await report('sarif')) as { runs: [SarifRun] }
    const { tool, results } = runs[0]
    const used = new Set(results.map(({ ruleId }) => ruleId))
    expect(used.size).toBe(15)
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    const prints = results.map(({ partialFingerprints }) => partialFingerprints['patrolFinding/v1'])
    expect(new Set(prints).size).toBe(results.length)
    const waived = results.filter(({ suppressions }) => suppressions !== undefined)
    expect(waived.map(({ suppressions }) => suppressions?.[0].justification)).toEqual(['the vendor moves in November'])
  })

  test('would be found not to keep it', async () => {
    const log = JSON.parse(await report('sarif')) as { runs: { tool?: unknown }[] }
    delete log.runs[0]?.tool
    expect(validate(log)).toBe(false)
  })
})

describe('CSV', () => {
  test('has as many cells in every row, and no formula in any', async () => {
    const rows = parsedCsv(await report('csv'))
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([15]))
    expect(rows.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([])
    expect(rows.map((row) => row[7])).toContain(`'=cmd|"/c calc"!A1`)
  })

  test('holds what the JSON holds', async () => {
    const { pats, findings } = documents.audit.parse(JSON.parse(await report('json')))
    const [heads = [], ...rows] = parsedCsv(await report('csv'))
    const named = rows.map((row) => Object.fromEntries(row.map((cell, at) => [heads[at], cell.replace(/^'(?==)/, '')])))
    const ofPat = new Map(pats.map((pat) => [pat.authorizationId, pat]))
    const found = named.filter(({ finding }) => finding !== '')
    expect(
      found.map(({ finding, severity, message, authorizationId, displayName, owner, waived }) => [
        finding,
        severity,
        message,
        authorizationId,
        displayName,
        owner,
        waived,
      ]),
    ).toEqual(
      findings.map(({ name, severity, message, authorizationId, displayName, owner, waiver }) => [
        name,
        severity,
        message,
        authorizationId,
        displayName,
        owner,
        waiver?.reason ?? '',
      ]),
    )
    expect(new Set(named.map(({ authorizationId }) => authorizationId))).toEqual(
      new Set([...pats, ...findings].map(({ authorizationId }) => authorizationId)),
    )
    for (const row of named) {
      const pat = ofPat.get(row['authorizationId'] ?? '')
      // What is handed out and works no longer is no active PAT.
      if (pat === undefined) expect(row['finding']).toBe('expired-referenced')
      else {
        expect(row).toMatchObject({
          displayName: pat.displayName,
          organizations: pat.organizations.join(' '),
          scopes: pat.scopes.join(' '),
          validFrom: pat.validFrom,
          validTo: pat.validTo ?? '',
          allOrganizations: String(pat.allOrganizations),
          managedBy: pat.managedBy ?? '',
        })
      }
    }
  })
})

interface SarifRun {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
  readonly results: readonly {
    readonly ruleId: string
    readonly ruleIndex: number
    readonly partialFingerprints: Readonly<Record<string, string>>
    readonly suppressions?: readonly [{ readonly justification: string }]
  }[]
}

describe('JUnit', () => {
  test('is read by a strict reader of XML, and its numbers are those of its tests', async () => {
    const root = parsedXml(await report('junit'))
    expect(root.name).toBe('testsuites')
    const within = (element: Element, name: string): readonly Element[] =>
      element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...within(child, name)])
    for (const suite of [root, ...root.children]) {
      for (const [number, name] of Object.entries({ tests: 'testcase', failures: 'failure', skipped: 'skipped' }))
        expect(suite.attributes[number]).toBe(String(within(suite, name).length))
    }
    expect(root.children.map(({ name }) => name)).toEqual(findingNames.map(() => 'testsuite'))
    const cases = within(root, 'testcase')
    for (const { children, attributes } of cases) {
      expect(children.length).toBeLessThanOrEqual(1)
      expect(attributes['classname']).toMatch(/^PATROL\d{3}$/)
    }
    const names = cases.map(({ attributes }) => `${attributes['classname']} ${attributes['name']}`)
    expect(names.find((name) => name.includes('<script>alert(1)</script> & "quotes"'))).toBeDefined()
  })

  test.each([
    '<a>',
    '<a b="1" b="2"/>',
    '<a>&nbsp;</a>',
    '<a b=c/>',
    '<a></b>',
    '<a/><b/>',
    '<a b="<"/>',
    '<a>\u0001</a>',
  ])('would not be read when it were %j', (text) => {
    expect(() => parsedXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)).toThrow()
  })
})

describe.skipIf(chromiumPath === undefined)('the page in a browser', () => {
  let browser: Browser
  let page: Page
  const asked: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    await estate.run(`${everything} --json --output before.json`)
    await estate.run(`${everything} --since before.json --format html --output audit.html`)
    browser = await launchChromium()
    page = await browser.newPage({ viewport: { width: 1_280, height: 900 } })
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => complaints.push(dialog.message()))
    await page.goto(pathToFileURL(join(estate.directory, 'audit.html')).href)
  }, 60_000)
  afterAll(() => browser.close())

  test('asks for nothing, runs nothing, and its policy is kept', async () => {
    expect(asked).toEqual([pathToFileURL(join(estate.directory, 'audit.html')).href])
    expect(complaints).toEqual([])
    expect(await page.locator('script, img, iframe, link, object, form').count()).toBe(0)
    const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/)
    // The policy lets the style in: without it the page would be in Times.
    expect(await page.evaluate<string>('getComputedStyle(document.body).fontFamily')).toContain('system-ui')
  })

  test('can be found one’s way in without seeing it', async () => {
    const landmarks = await Promise.all(
      (['banner', 'main', 'contentinfo'] as const).map((role) => page.getByRole(role).count()),
    )
    expect(landmarks).toEqual([1, 1, 1])
    const levels = await page.evaluate<readonly number[]>(
      `[...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName.slice(1)))`,
    )
    expect(levels[0]).toBe(1)
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1)
    const tables = await page.locator('table').count()
    expect(await page.locator('table > caption').count()).toBe(tables)
    expect(await page.locator('thead th:not([scope="col"]), tbody th:not([scope="row"])').count()).toBe(0)
    expect(await page.getByRole('img', { name: /PATs end in each month/ }).count()).toBe(1)
    const ids = await page.evaluate<readonly string[]>(`[...document.querySelectorAll('[id]')].map(({ id }) => id)`)
    expect(new Set(ids).size).toBe(ids.length)
    expect(await page.locator('.severity').allTextContents()).toEqual(
      expect.arrayContaining(['▲ high', '◆ medium', '● low', '○ info']),
    )
  })

  test.each(['light', 'dark'] as const)('can be read in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, media: 'screen' })
    const contrasts = await page.evaluate<readonly Contrast[]>(contrastsOfText)
    expect(contrasts.length).toBeGreaterThan(50)
    expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([])
    await shoot(page, colorScheme)
  })

  test.each([320, 400, 768, 1_024, 1_121, 1_280, 1_920])('fits a screen of %i', async (width) => {
    await page.setViewportSize({ width, height: 900 })
    const [wide, room] = await page.evaluate<readonly number[]>(
      '[document.documentElement.scrollWidth, window.innerWidth]',
    )
    expect(wide ?? Number.NaN).toBeLessThanOrEqual(room ?? 0)
    // Nothing is cut off, and no cell is so narrow that a word of it stands letter by letter.
    expect(await page.evaluate<readonly string[]>(crampedCells)).toEqual([])
    // What a reader of screens finds does not hang on the width.
    const tables = await page.locator('table').count()
    expect(await page.getByRole('table').count()).toBe(tables)
    expect(await page.getByRole('row').count()).toBe(await page.locator('tr').count())
    expect(await page.getByRole('rowheader').count()).toBe(await page.locator('tbody tr').count())
    expect(await page.getByRole('cell').count()).toBe(await page.locator('td').count())
    await shoot(page, String(width))
    await page.setViewportSize({ width: 1_280, height: 900 })
  })

  test('is walked by keyboard: past everything to the findings, and to each kind of them', async () => {
    await page.keyboard.press('Tab')
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('To the findings')
    expect(await page.evaluate<number>('document.activeElement.getBoundingClientRect().left')).toBeGreaterThanOrEqual(0)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    const links = page.getByRole('navigation').getByRole('link')
    expect(await links.count()).toBe(await page.locator('h3[id]').count())
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe(await links.first().textContent())
    const lost = `[...document.querySelectorAll('a[href^="#"]')].filter((a) => document.querySelector(a.hash) === null).length`
    expect(await page.evaluate<number>(lost)).toBe(0)
    const named = await page.getByRole('link', { name: /^More at Microsoft about [a-z-]+$/ }).count()
    expect(named).toBe(await links.count())
  })

  test('tells when PATs for all organizations stop, and counts them there', async () => {
    expect(await page.getByText('1 PAT for all organizations stops on 1 December 2026, in 9 days.').count()).toBe(1)
    const row = page.getByRole('table', { name: 'The soonest to end first' }).getByRole('row', { name: /Old laptop/ })
    expect(await row.textContent()).toContain('2026-12-01')
  })

  test('can be printed', async () => {
    const pdf = await page.pdf({ format: 'A4', ...(shots === undefined ? {} : { path: join(shots, 'audit.pdf') }) })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    await page.emulateMedia({ media: 'print' })
    expect(await page.evaluate<string>(`getComputedStyle(document.querySelector('.scroll')).overflowX`)).toBe('visible')
    await shoot(page, 'print')
  })
})

/** Where screenshots are put, for whoever wants to see them. */
const shots = process.env['SCREENSHOTS']

async function shoot(page: Page, name: string): Promise<void> {
  if (shots !== undefined) await page.screenshot({ path: join(shots, `audit-${name}.png`), fullPage: true })
  if (shots !== undefined) await page.screenshot({ path: join(shots, `audit-${name}-top.png`) })
}

/** For the page: cells whose text is cut off, or that have no room for five letters in a line. */
const crampedCells = `[...document.querySelectorAll('td, tbody th')]
  .filter((cell) => cell.textContent.trim() !== '' && cell.offsetParent !== null)
  .filter((cell) => {
    const style = getComputedStyle(cell)
    const room = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
    return cell.scrollWidth > cell.clientWidth || room < Math.min(5, cell.textContent.length) * 6
  })
  .map((cell) => cell.textContent)`

/** For the page: how each element with text of its own stands out from what is behind it (WCAG 2.1, 1.4.3). */
const contrastsOfText = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number)
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((channel) => {
      const part = channel / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const groundOf = (element) => {
    if (element === null) return [255, 255, 255]
    const colour = channels(getComputedStyle(element).backgroundColor)
    return colour.length === 3 || (colour[3] ?? 0) > 0 ? colour : groundOf(element.parentElement)
  }
  return [...document.querySelectorAll('body *:not(style)')].flatMap((element) => {
    const text = [...element.childNodes]
      .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
      .map(({ textContent }) => textContent.trim())
      .join('')
    if (text === '') return []
    const style = getComputedStyle(element)
    const colour = channels(element instanceof SVGElement ? style.fill : style.color)
    const [low, high] = [luminance(colour), luminance(groundOf(element))].sort((left, right) => left - right)
    return [{ text: text.slice(0, 40), contrast: (high + 0.05) / (low + 0.05) }]
  })
})()`

interface Contrast {
  readonly text: string
  readonly contrast: number
}
