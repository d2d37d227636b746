import { asPatrolError, PatrolError } from '../../core/errors.ts'
import type { Found } from '../../ports/store.ts'

/**
 * A secret's name in the one spelling that stores compare by, for names do not regard case. All stores keep to Key
 * Vault's rule of names, so that a token can move from one to another:
 * https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
 *
 * @throws PatrolError `invalid-request` for anything else, a path among it
 */
export function canonicalName(name: string): string {
  if (!isSecretName(name)) {
    throw new PatrolError('invalid-request', `${JSON.stringify(name)} cannot be the name of a secret`, {
      remedy: 'Choose a secretName of 1 to 127 letters, digits and hyphens.',
    })
  }
  return name.toLowerCase()
}

export function isSecretName(name: string): boolean {
  return /^[0-9a-zA-Z-]{1,127}$/.test(name)
}

/**
 * The canonical spellings of names, each once.
 *
 * @param refused where those that no secret can have are put, in lower case and with why
 */
export function canonicalNames(names: readonly string[], refused: Map<string, Found>): Set<string> {
  const canonical = new Set<string>()
  for (const name of names) {
    try {
      canonical.add(canonicalName(name))
    } catch (thrown) {
      refused.set(name.toLowerCase(), asPatrolError(thrown))
    }
  }
  return canonical
}
