/** Texts by where they were found. */
export type Texts = Readonly<Record<string, readonly string[]>>

/**
 * Where any of the secrets stands: in plain, percent-encoded, as a form or JSON would have it, or in base64 as a Basic
 * header would carry it. Tells the place and the first characters around it, never the secret.
 */
export function findLeaks(secrets: readonly string[], texts: Texts): readonly string[] {
  const leaks: string[] = []
  for (const secret of new Set(secrets)) {
    // Shorter ones would match by accident.
    if (secret.length < 8) continue
    const forms = [secret, ...textForms(secret), ...base64Forms(secret)]
    for (const [where, list] of Object.entries(texts)) {
      for (const text of list) {
        const form = forms.find((one) => text.includes(one))
        if (form !== undefined)
          leaks.push(`${where}: …${text.slice(Math.max(0, text.indexOf(form) - 30), text.indexOf(form))}[here]`)
      }
    }
  }
  return leaks
}

/** Hexadecimal digits of either case, and JSON with and without what it need not escape. */
function textForms(secret: string): readonly string[] {
  const inUrl = encodeURIComponent(secret)
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1)
  const lower = [inUrl, inForm].map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase()))
  const inJson = JSON.stringify(secret).slice(1, -1)
  const cautious = inJson.replaceAll(/[^ -~]|[<>&'+/]/g, (sign) => {
    return sign === '/' ? String.raw`\/` : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return [inUrl, inForm, ...lower, inJson, cautious, inJson.replaceAll('/', String.raw`\/`)]
}

/** The secret may begin at any of three places within base64's groups of three bytes. */
function base64Forms(secret: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.from('x'.repeat(offset) + secret).toString('base64')
    const clean = encoded.slice(offset === 0 ? 0 : 4, encoded.length - 4)
    return clean.length < 12 ? secret : clean
  })
}
