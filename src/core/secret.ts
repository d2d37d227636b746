const inspected = Symbol.for('nodejs.util.inspect.custom')

/** Shorter values would blank out ordinary words of a message. */
const shortestRedacted = 6

/**
 * A password, PAT, access token or refresh token. It prints as `[secret]` wherever something prints it (templates,
 * JSON, console, errors), and opens only with `reveal()`.
 */
export class Secret {
  static readonly #known = new Set<string>()
  readonly #value: string

  constructor(value: string) {
    this.#value = value
    if (value.length >= shortestRedacted) Secret.#known.add(value)
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
   * `text` with every secret that this program ever held replaced by `[secret]`, in plain and in percent-encoded form.
   * It is the last line of defence for text of others (an answer's error message, a library's log), not a permission
   * to put secrets into text.
   */
  static redact(text: string): string {
    let clean = text
    for (const value of Secret.#known) {
      clean = clean.replaceAll(value, '[secret]').replaceAll(encodeURIComponent(value), '[secret]')
    }
    return clean.replaceAll(patShape, '[secret]').replaceAll(jwtShape, '[secret]')
  }
}

/**
 * The two forms of a personal access token: 84 characters with a fixed signature, and 52 of base32.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
const patShape = /\b(?:[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[a-z2-7]{52})\b/g

const jwtShape = /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g
