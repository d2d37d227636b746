/** What people write where a name is asked for: the name itself, or an address that it stands in. */

/** The organization in a name, `https://dev.azure.com/contoso/…`, or `https://contoso.visualstudio.com`. */
export function organizationIn(text: string): string {
  const written = text.trim()
  const address = /^(?:https:\/\/)?(?:[^@/]+@)?dev\.azure\.com\/([^/?#]+)/i.exec(written)
  const older = /^(?:https:\/\/)?([^./]+)\.visualstudio\.com(?:[/?#]|$)/i.exec(written)
  return address?.[1] ?? older?.[1] ?? written
}

/** The address of a vault in its name or its address. */
export function vaultIn(text: string): string {
  const written = text.trim().replace(/\/+$/, '')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return written
  return written.includes('.') ? `https://${written}` : `https://${written}.vault.azure.net`
}

/** Scopes apart by blanks or commas. */
export function scopesIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((scope) => scope !== '')
}

/** Whether it has the form of a user's name. */
export function isUserName(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)
}

/** The one of `count` choices that an answer means; undefined when it means none. */
export function choiceIn(text: string, count: number, preset: number): number | undefined {
  const written = text.trim()
  if (written === '') return preset
  const chosen = /^\d{1,2}$/.test(written) ? Number(written) - 1 : -1
  return chosen >= 0 && chosen < count ? chosen : undefined
}

/** What a yes-or-no answer means; undefined when it means neither. */
export function consentIn(text: string, preset: boolean): boolean | undefined {
  const written = text.trim()
  if (written === '') return preset
  if (/^y(?:es)?$/i.test(written)) return true
  return /^no?$/i.test(written) ? false : undefined
}
