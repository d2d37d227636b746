/**
 * Whether the body of a success is what Key Vault says: a secret, a version of one, or a page of a list. An answer that
 * lacks what every secret has would otherwise be read as one from 1970, and a list without its entries as an empty one.
 * https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret
 */
export function isVaultAnswer(body: string): boolean {
  const said = parsed(body)
  if (!isObject(said)) return false
  if ('id' in said) return isSecret(said)
  const { value } = said
  // A page may bring nothing and name the next one.
  return value === null || (Array.isArray(value) && value.every((entry) => isObject(entry) && isSecret(entry)))
}

/** The id names the secret, and all rules about time rest on when it was made. */
function isSecret(said: Readonly<Record<string, unknown>>): boolean {
  const { id, attributes } = said
  return typeof id === 'string' && URL.canParse(id) && isObject(attributes) && typeof attributes['created'] === 'number'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
