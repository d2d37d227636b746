/** Every secret value that ever passed through the emulator, so that a test can look for leaks of any of them. */
export class SecretLedger {
  readonly #values = new Set<string>()

  /** Notes a value and gives it back. Empty ones are not secrets: they would be found everywhere. */
  note<T extends string>(value: T): T {
    if (value !== '') this.#values.add(value)
    return value
  }

  all(): string[] {
    return [...this.#values]
  }

  /** Blanks out what could stand in a URL. Short values are left: they would blank out ordinary words too. */
  mask(text: string): string {
    let masked = text
    for (const value of this.#values) if (value.length >= 8) masked = masked.replaceAll(value, '[secret]')
    return masked
  }
}
