import type { Answer } from '../exchange.ts'
import { meaningOf } from './entra-error.ts'

/** What a form of the sign-in sends along without the person seeing it. */
export interface FormTarget {
  readonly action: string
  readonly hidden: Readonly<Record<string, string>>
}

interface Field {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'email' | 'password'
  readonly autocomplete: string
  readonly value?: string
}

interface Page {
  readonly title: string
  readonly lines?: readonly string[]
  /** A refusal of what was written before. */
  readonly alert?: string | undefined
  readonly form?: FormTarget & {
    readonly fields?: readonly Field[]
    /** Value of `choice` and what stands on the button; the first is what Enter does. */
    readonly buttons: readonly (readonly [string, string])[]
  }
  /** Sends the form by itself where scripts run; elsewhere the person presses the button. */
  readonly isSentAtOnce?: boolean
}

/** Field names are those of the real pages, so that a script which fills them in need not know which ones it sees. */
export function usernamePage(target: FormTarget, username: string, refusal: number | undefined): Answer {
  return pageAnswer({
    title: 'Sign in',
    alert: alertOf(refusal),
    form: {
      ...target,
      fields: [{ name: 'loginfmt', label: 'User name', type: 'email', autocomplete: 'username', value: username }],
      buttons: [
        ['next', 'Next'],
        ['cancel', 'Cancel'],
      ],
    },
  })
}

export function passwordPage(target: FormTarget, username: string, refusal: number | undefined): Answer {
  return pageAnswer({
    title: 'Enter password',
    lines: [username],
    alert: alertOf(refusal),
    form: {
      ...target,
      fields: [{ name: 'passwd', label: 'Password', type: 'password', autocomplete: 'current-password' }],
      buttons: [
        ['next', 'Sign in'],
        ['back', 'Use another account'],
      ],
    },
  })
}

export function secondFactorPage(target: FormTarget, username: string, isEnrolling: boolean, isWrong: boolean): Answer {
  return pageAnswer({
    title: isEnrolling ? 'More information required' : 'Enter code',
    lines: [
      username,
      isEnrolling
        ? 'Your organization wants a second factor. Set up an authenticator and enter the code it shows.'
        : 'Enter the code that your authenticator shows.',
    ],
    alert: isWrong ? 'That code did not work. Check it and try again.' : undefined,
    form: {
      ...target,
      fields: [{ name: 'otc', label: 'Authenticator code', type: 'text', autocomplete: 'one-time-code' }],
      buttons: [['next', 'Verify']],
    },
  })
}

export function consentPage(target: FormTarget, application: string, permissions: readonly string[]): Answer {
  return pageAnswer({
    title: 'Permissions requested',
    lines: [`${application} asks for:`, ...permissions],
    form: {
      ...target,
      buttons: [
        ['accept', 'Accept'],
        ['cancel', 'Cancel'],
      ],
    },
  })
}

/** An administrator must consent, and this person is none. */
export function approvalPage(target: FormTarget, application: string): Answer {
  return pageAnswer({
    title: 'Need admin approval',
    lines: [`${application} needs permissions that only an administrator can grant.`, 'AADSTS90094'],
    form: { ...target, buttons: [['cancel', 'Return to the application without granting consent']] },
  })
}

export function deviceCodePage(target: FormTarget, isWrong: boolean): Answer {
  return pageAnswer({
    title: 'Enter code to allow access',
    lines: ['Enter the code that your app or device shows.'],
    alert: isWrong ? "That code didn't work. Check the code and try again." : undefined,
    form: {
      ...target,
      fields: [{ name: 'otc', label: 'Code', type: 'text', autocomplete: 'off' }],
      buttons: [['next', 'Next']],
    },
  })
}

export function deviceConfirmationPage(target: FormTarget, application: string): Answer {
  return pageAnswer({
    title: `Are you trying to sign in to ${application}?`,
    lines: ['Only continue if you started this yourself, on a device or program that you trust.'],
    form: {
      ...target,
      buttons: [
        ['accept', 'Continue'],
        ['cancel', 'Cancel'],
      ],
    },
  })
}

/** The end of a sign-in that no application waits for in this browser. */
export function finalPage(title: string, line: string): Answer {
  return pageAnswer({ title, lines: [line] })
}

/** A refusal that leads nowhere: the person closes the window. */
export function refusalPage(code: number, detail: string, status = 200): Answer {
  return pageAnswer(
    { title: "You can't get there from here", lines: [`AADSTS${code}: ${meaningOf(code)}`, detail] },
    status,
  )
}

/** Carries the answer to an application in the body of a request. https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html */
export function formPostPage(redirectUri: string, answer: Readonly<Record<string, string>>): Answer {
  return pageAnswer({
    title: 'Signed in',
    lines: ['Continue to the application.'],
    form: { action: redirectUri, hidden: answer, buttons: [['', 'Continue']] },
    isSentAtOnce: true,
  })
}

function alertOf(refusal: number | undefined): string | undefined {
  return refusal === undefined ? undefined : `AADSTS${refusal}: ${meaningOf(refusal)}`
}

function pageAnswer(page: Page, status = 200): Answer {
  const { title, lines = [], alert, form } = page
  const described = alert === undefined ? '' : `<p role="alert" id="alert">${escaped(alert)}</p>`
  const paragraphs = lines.filter((line) => line !== '').map((line) => `<p>${escaped(line)}</p>`)
  const script = page.isSentAtOnce === true ? '<script>document.forms[0].submit()</script>' : ''
  const body = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}label,input{display:block}
input{width:100%;font:inherit;padding:.4rem}button{font:inherit;padding:.4rem 1rem;margin:1rem .5rem 0 0}
[role=alert]{color:#a00}</style></head>
<body><main><h1>${escaped(title)}</h1>
${[...paragraphs, described, form === undefined ? '' : formText(form, alert !== undefined)].join('\n')}
</main>${script}</body></html>
`
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }, body }
}

function formText({ action, hidden, fields = [], buttons }: NonNullable<Page['form']>, hasAlert: boolean): string {
  const carried = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  )
  const inputs = fields.map(({ name, label, type, autocomplete, value = '' }, index) => {
    const described = hasAlert ? ' aria-describedby="alert" aria-invalid="true"' : ''
    const focused = index === 0 ? ' autofocus' : ''
    return `<label for="${name}">${escaped(label)}</label><input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${escaped(value)}" required${described}${focused}>`
  })
  const pressed = buttons.map(([choice, text]) => {
    const named = choice === '' ? '' : ` name="choice" value="${choice}"`
    // What leaves the page must work with an empty field.
    const free = choice === 'cancel' || choice === 'back' ? ' formnovalidate' : ''
    return `<button type="submit"${named}${free}>${escaped(text)}</button>`
  })
  return `<form method="post" action="${escaped(action)}">\n${[...carried, ...inputs, ...pressed].join('\n')}\n</form>`
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
