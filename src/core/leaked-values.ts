/**
 * The two forms of a personal access token, wherever they stand in a text: 84 characters with a fixed signature, and 52 of
 * base32; also where a URL, a header or a variable's name surrounds them.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
const patForm = /(?<![A-Za-z0-9])(?:[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[a-z2-7]{52})(?![A-Za-z0-9])/g

/** A credential of basic authentication, in which a PAT may be hidden. */
const base64Form = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{68,400}={0,2}(?![A-Za-z0-9+/=])/g

/**
 * What in a text may be a personal access token, each once, in the order in which it stands there; also in base64, as headers
 * have it.
 *
 * @param decode turns base64 into text
 */
export function leakedValues(text: string, decode: (base64: string) => string): readonly string[] {
  const decoded = [...text.matchAll(base64Form)].map(([whole]) => decode(whole))
  return [...new Set([text, ...decoded].flatMap((each) => [...each.matchAll(patForm)].map(([value]) => value)))]
}
