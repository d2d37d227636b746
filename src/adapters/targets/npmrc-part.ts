import { appended, bareLine, type FilePart, linesOf, withLines } from './file-part.ts'

/**
 * The credentials of a feed: user name, password (base64 of the PAT alone) and an e-mail address, for the address of
 * the registry and for the one above it. A token of the same feed would win over them, so it makes way.
 * https://learn.microsoft.com/azure/devops/artifacts/npm/npmrc
 */
export function npmrcPart(registry: string, username: string): FilePart {
  const whole = `${registry.replace(/^https:/, '').replace(/\/*$/, '')}/`
  const places = whole.endsWith('/registry/') ? [whole, whole.replace(/registry\/$/, '')] : [whole]
  const keyOf = (line: string): string | undefined => /^\s*([^;#=\s][^=]*?)\s*=/.exec(line)?.[1]
  const credentials = new Set(
    places.flatMap((place) =>
      ['username', '_password', 'email', '_authToken', '_auth'].map((key) => `${place}:${key}`),
    ),
  )
  const isOurs = (line: string): boolean => credentials.has(keyOf(line) ?? '')
  return {
    put: (text, value) => {
      const wanted = new Map(
        places.flatMap((place) => [
          [`${place}:username`, username],
          [`${place}:_password`, Buffer.from(value).toString('base64')],
          [`${place}:email`, `${username}@users.noreply.invalid`],
        ]),
      )
      const left = new Map(wanted)
      const changed = withLines(text, (line) => {
        const key = keyOf(line)
        if (key === undefined || !credentials.has(key)) return line
        const known = left.get(key)
        left.delete(key)
        return known === undefined ? undefined : `${key}=${known}`
      })
      return [...left].reduce((all, [key, known]) => appended(all, `${key}=${known}`), changed)
    },
    take: (text) => {
      const found = linesOf(text)
        .map(bareLine)
        .filter(isOurs)
        .map((line) => line.replace(/^\s*([^=]*?)\s*=\s*/, '$1=').trimEnd())
      return found.some((line) => /:_(?:password|authToken|auth)=/.test(line)) ? found.toSorted().join('\n') : undefined
    },
    drop: (text) => withLines(text, (line) => (isOurs(line) ? undefined : line)),
  }
}
