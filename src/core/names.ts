import { evenHash } from './hash.ts'

const digits = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Characters of an installation's part of the mark. */
export const installationLength = 4

/** Random characters of a generation. */
export const randomLength = 8

/** What ` (patrol xxxxxxxxxxxx)` adds to a display name. */
export const markLength = 10 + installationLength + randomLength

/** Display names of declared tokens may be this long, so that name and mark stay well below the service's limit. */
export const longestDisplayName = 200

/** A marked display name, taken apart. */
export interface Mark {
  /** The display name as the configuration has it. */
  readonly base: string
  /** All twelve characters; unique for one PAT. */
  readonly generation: string
  /** The first four: which store and secret name the PAT was minted for. */
  readonly installation: string
}

/**
 * Four characters that tell apart the secrets of all installations under one account, so that only the installation
 * that owns a token collects its orphans.
 *
 * @param storeId the identity of the store, the same from every machine
 * @param secretName the secret's name in it; names in Key Vault do not regard case, so neither does this
 */
export function installationOf(storeId: string, secretName: string): string {
  let rest = evenHash(`${storeId.toLowerCase()}\n${secretName.toLowerCase()}`)
  let text = ''
  for (let index = 0; index < installationLength; index++) {
    text += digits[rest % digits.length]
    rest = Math.floor(rest / digits.length)
  }
  return text
}

/** The display name of a PAT of this generation: `Package feed (patrol ab12cdefghij)`. */
export function markedName(displayName: string, generation: string): string {
  return `${displayName} (patrol ${generation})`
}

/** The mark in a PAT's display name; undefined for a PAT that Patrol did not mint. */
export function markOf(displayName: string): Mark | undefined {
  const match = /^(.*) \(patrol ([0-9a-z]{12})\)$/s.exec(displayName)
  const [, base, generation] = match ?? []
  if (base === undefined || generation === undefined) return undefined
  return { base, generation, installation: generation.slice(0, installationLength) }
}

/** A display name as a secret's name: `Package feed (old)` is `package-feed-old`. Empty when nothing of it can stay. */
export function slug(displayName: string): string {
  return displayName
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
}

/**
 * Whether a display name fits a pattern in which `*` stands for any text and `?` for one character. Case counts.
 *
 * It walks both texts and goes back to the last star only, so that no display name takes long, as it can with a regular
 * expression of many stars.
 */
export function matchesGlob(pattern: string, displayName: string): boolean {
  const signs = Array.from(pattern)
  const characters = Array.from(displayName)
  let sign = 0
  let character = 0
  let afterStar: { sign: number; character: number } | undefined
  while (character < characters.length) {
    if (signs[sign] === '*') {
      sign += 1
      afterStar = { sign, character }
    } else if (signs[sign] === '?' || signs[sign] === characters[character]) {
      sign += 1
      character += 1
    } else if (afterStar !== undefined) {
      afterStar.character += 1
      sign = afterStar.sign
      character = afterStar.character
    } else {
      return false
    }
  }
  return signs.slice(sign).every((rest) => rest === '*')
}
