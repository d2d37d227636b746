import type { Addressee } from '../ports/target.ts'

/**
 * A text with the placeholders of a token replaced: `{token}`, `{TOKEN}` (upper case, `_` for all that is no letter or
 * digit) and `{organization}`. Other braces stay. Nothing that comes in is searched again.
 *
 * @param more further placeholders, by their names
 */
export function filled(text: string, of: Addressee, more: Readonly<Record<string, string>> = {}): string {
  const known: Readonly<Record<string, string>> = {
    ...more,
    token: of.token,
    TOKEN: of.token.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'),
    organization: of.organization,
  }
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(known, name) ? (known[name] ?? whole) : whole,
  )
}
