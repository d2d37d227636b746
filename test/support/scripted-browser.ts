import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import type { Emulator } from '../../src/emulator/emulator.ts'

/** A page as a person sees it. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly title: string
  readonly text: string
  readonly alert: string | undefined
  readonly form: Form | undefined
}

interface Form {
  readonly action: string
  readonly hidden: Readonly<Record<string, string>>
  /** By name, with what stands in them. */
  readonly fields: Readonly<Record<string, string>>
  /** What stands on them, by the value that pressing them sends. */
  readonly choices: Readonly<Record<string, string>>
}

/** What a person knows and wants. */
export interface Person {
  readonly upn: string
  readonly password?: string
  /** The code of the authenticator; the right one when left out. */
  readonly code?: string
  /** Whether they agree when asked; they do when left out. */
  readonly agrees?: boolean
  /** What the device shows. */
  readonly deviceCode?: string
}

/**
 * A browser without a screen for the emulator's sign-in pages: it follows redirects and forms like a real one,
 * to the program that waits on the loopback interface too.
 */
export class ScriptedBrowser {
  readonly emulator: Emulator
  /** Titles of the pages seen, in order. */
  readonly seen: string[] = []
  readonly #agent: Agent

  constructor(emulator: Emulator) {
    this.emulator = emulator
    this.#agent = new Agent({ connect: { ca: readFileSync(emulator.caFile, 'utf8') } })
  }

  async open(url: string): Promise<Page> {
    return this.#go(url, undefined)
  }

  /** Fills in a form and presses one of its buttons, the first one when none is named. */
  async press(page: Page, values: Readonly<Record<string, string>>, choice?: string): Promise<Page> {
    const { form } = page
    if (form === undefined) throw new Error(`"${page.title}" has no form`)
    for (const name of Object.keys(values)) {
      if (!Object.hasOwn(form.fields, name)) throw new Error(`"${page.title}" has no field ${name}`)
    }
    const [first] = Object.keys(form.choices)
    const pressed = choice ?? first
    if (pressed !== undefined && !Object.hasOwn(form.choices, pressed)) {
      throw new Error(`"${page.title}" has no button ${pressed}`)
    }
    const sent = { ...form.hidden, ...form.fields, ...values, ...(pressed === undefined ? {} : { choice: pressed }) }
    return this.#go(form.action, new URLSearchParams(sent).toString())
  }

  /** Goes through the pages as a person would, until one has no form, or refuses what was written. */
  async signIn(url: string, person: Person): Promise<Page> {
    const { upn, password = this.emulator.password(upn), agrees = true, deviceCode = '' } = person
    let page = await this.open(url)
    while (page.form !== undefined && page.alert === undefined) {
      const { fields, choices, hidden } = page.form
      if ('loginfmt' in fields) page = await this.press(page, { loginfmt: upn })
      else if ('passwd' in fields) page = await this.press(page, { passwd: password })
      else if ('otc' in fields && hidden['step'] === 'code') {
        page = await this.press(page, { otc: person.code ?? this.emulator.mfaCode(upn) })
      } else if ('otc' in fields) page = await this.press(page, { otc: deviceCode })
      else if ('accept' in choices && agrees) page = await this.press(page, {}, 'accept')
      else page = await this.press(page, {}, 'cancel')
    }
    return page
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #go(url: string, body: string | undefined): Promise<Page> {
    const response = await fetch(url, {
      dispatcher: this.#agent,
      redirect: 'manual',
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    })
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel()
      return this.#go(new URL(location, url).href, undefined)
    }
    const html = await response.text()
    const page = readPage(url, response.status, html)
    this.seen.push(page.title)
    return html.includes('.submit()') && page.form !== undefined ? this.press(page, {}) : page
  }
}

function readPage(url: string, status: number, html: string): Page {
  const [, title = ''] = /<title>([^<]*)<\/title>/.exec(html) ?? []
  const [, alert] = /role="alert"[^>]*>([^<]*)</.exec(html) ?? []
  const [, action, inner = ''] = /<form method="post" action="([^"]*)">([^]*?)<\/form>/.exec(html) ?? []
  const body = html.replace(/^[^]*<body>/, '')
  return {
    url,
    status,
    title: plain(title),
    text: plain(body.replaceAll(/<(script|style)>[^]*?<\/\1>/g, '').replaceAll(/<[^>]*>/g, ' ')),
    alert: alert === undefined ? undefined : plain(alert),
    form: action === undefined ? undefined : readForm(new URL(plain(action), url).href, inner),
  }
}

function readForm(action: string, html: string): Form {
  const inputs = [...html.matchAll(/<input ([^>]*)>/g)].map(([, text = '']) => attributes(text))
  const buttons = [...html.matchAll(/<button ([^>]*)>([^<]*)</g)].map(
    ([, text = '', label = '']) => [attributes(text)['value'], plain(label)] as const,
  )
  const named = (isHidden: boolean) =>
    inputs
      .filter(({ type }) => (type === 'hidden') === isHidden)
      .map(({ name = '', value = '' }) => [name, value] as const)
  return {
    action,
    hidden: Object.fromEntries(named(true)),
    fields: Object.fromEntries(named(false)),
    choices: Object.fromEntries(buttons.filter((button): button is [string, string] => button[0] !== undefined)),
  }
}

function attributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name, value = '']) => [name, plain(value)]),
  )
}

function plain(html: string): string {
  return html.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}
