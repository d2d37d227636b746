import { hasChecksum, oldIssuer } from './pat-checksum.ts'
import type { Secret } from './secret.ts'

/**
 * What kind of string a value seems to be, by its looks alone. `current`: 84 characters, as Azure DevOps makes PATs since
 * July 2024, with the month in which it was made. `old`: 52 characters, as it made them before; `issuer` by the checksum.
 * `web-token`: a JSON web token, as Microsoft Entra and pipelines give them. `other`: none of these.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
export type PatForm =
  | { readonly kind: 'current'; readonly checksum: 'right' | 'wrong'; readonly madeIn: string | undefined }
  | { readonly kind: 'old'; readonly issuer: 'user' | 'application' | undefined }
  | { readonly kind: 'web-token' }
  | { readonly kind: 'other' }

/** What a value looks like. Looks prove nothing: Azure DevOps alone knows what it made. */
export function formOf(value: Secret): PatForm {
  const text = value.reveal()
  if (/^[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}$/.test(text)) {
    return { kind: 'current', checksum: hasChecksum(text) ? 'right' : 'wrong', madeIn: monthIn(text) }
  }
  if (/^[a-z2-7]{52}$/.test(text)) return { kind: 'old', issuer: oldIssuer(text) }
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return { kind: 'web-token' }
  return { kind: 'other' }
}

/** Whether it may be shown to Azure DevOps: what is of another kind may be the secret of somebody else. */
export function isPatForm({ kind }: PatForm): boolean {
  return kind === 'current' || kind === 'old'
}

/**
 * The layout of https://github.com/microsoft/security-utilities: behind a fixed mark a letter for the year, from 2024 on, and
 * one for the month.
 *
 * @returns `2026-11`; undefined where the mark is not there
 */
function monthIn(text: string): string | undefined {
  const [, year = '', month = ''] = /^.{52}JQQJ99([A-Z])([A-L])/.exec(text) ?? []
  if (year === '') return undefined
  const number = month.charCodeAt(0) - 'A'.charCodeAt(0) + 1
  return `${2024 + year.charCodeAt(0) - 'A'.charCodeAt(0)}-${String(number).padStart(2, '0')}`
}

/** The form in words. */
export function formText(form: PatForm): string {
  switch (form.kind) {
    case 'current': {
      const made = form.madeIn === undefined ? '' : `, made in ${form.madeIn}`
      const sum =
        form.checksum === 'right' ? 'its checksum is right' : 'its checksum is wrong, so it may be mistyped or invented'
      return `that of a PAT of Azure DevOps since July 2024 (84 characters)${made}; ${sum}`
    }
    case 'old': {
      const of = form.issuer === 'application' ? 'an application' : 'a user'
      const sum =
        form.issuer === undefined
          ? 'its checksum is wrong, so it may be something else'
          : `its checksum is that of ${of}`
      return `that of a PAT of Azure DevOps before July 2024 (52 characters); ${sum}`
    }
    case 'web-token':
      return 'a JSON web token, as Microsoft Entra and pipelines give them, and no PAT'
    case 'other':
      return 'none that PATs of Azure DevOps have'
  }
}
