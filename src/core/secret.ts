const inspected = Symbol.for('nodejs.util.inspect.custom')

/** Shorter values would blank out ordinary words of a message. */
const shortestRedacted = 6

/**
 * A password, PAT, access token or refresh token. It prints as `[secret]` wherever something prints it (templates,
 * JSON, console, errors), and opens only with `reveal()`.
 */
export class Secret {
  /** Every secret that this program ever held. */
  static readonly #known = new Set<string>()
  /** Those whose forms are not among the ones below yet. A run makes thousands, and seldom has anything to redact. */
  static #fresh: string[] = []
  /** Every form of every other one, by its first characters; the longest first, because one may begin with another. */
  static readonly #forms = new Map<string, readonly string[]>()
  readonly #value: string

  constructor(value: string) {
    this.#value = value
    if (value.length < shortestRedacted || Secret.#known.has(value)) return
    Secret.#known.add(value)
    Secret.#fresh.push(value)
  }

  /** The value itself, for the one place that sends or stores it. */
  reveal(): string {
    return this.#value
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspected](): string {
    return '[secret]'
  }

  /**
   * `text` with every secret that this program ever held replaced by `[secret]`: in plain, as it stands in a URL, a form
   * and JSON, and as the credentials of a request. It is the last line of defence for text of others (an answer's error
   * message, a library's log), not a permission to put secrets into text.
   */
  static redact(text: string): string {
    for (const value of Secret.#fresh) Secret.#learn(value)
    Secret.#fresh = []
    let clean = ''
    let done = 0
    for (let at = 0; at + shortestRedacted <= text.length; at++) {
      const candidates = Secret.#forms.get(text.slice(at, at + shortestRedacted))
      const form = candidates?.find((candidate) => text.startsWith(candidate, at))
      if (form === undefined) continue
      // Where two overlap, nothing of either may stay.
      if (at >= done) clean += `${text.slice(done, at)}[secret]`
      done = Math.max(done, at + form.length)
    }
    clean += text.slice(done)
    return clean.replaceAll(patShape, '[secret]').replaceAll(jwtShape, '[secret]')
  }

  static #learn(value: string): void {
    for (const form of new Set(formsOf(value))) {
      const start = form.slice(0, shortestRedacted)
      const alike = [...(Secret.#forms.get(start) ?? []), form]
      Secret.#forms.set(
        start,
        alike.sort((left, right) => right.length - left.length),
      )
    }
  }
}

/** How a value stands in text: as it is, percent-encoded, in a form, in JSON, and in the header of basic authentication. */
function formsOf(value: string): readonly string[] {
  // A lone surrogate has no encoding; whatever sends such a value sends the replacement character.
  const encoded = encodeURIComponent(value.toWellFormed())
  const inForm = encoded
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return [value, encoded, inForm, JSON.stringify(value).slice(1, -1), base64(`:${value.toWellFormed()}`)]
}

function base64(text: string): string {
  const bytes = encodeURIComponent(text).replaceAll(/%(..)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return btoa(bytes)
}

/**
 * The two forms of a personal access token: 84 characters with a fixed signature (88 with its padding), and 52 of base32.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
const patShape =
  /(?<![A-Za-z0-9])(?:[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?:[A-Za-z0-9]{2}==)?|[a-z2-7]{52})(?![A-Za-z0-9])/g

const jwtShape = /(?<![A-Za-z0-9])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g
