import { appended, bareLine, type FilePart, linesOf, withLines } from './file-part.ts'

/**
 * One line `https://user:password@host/path`. https://git-scm.com/docs/git-credential-store
 *
 * @param url without a user
 */
export function gitCredentialsPart(url: string, username: string): FilePart {
  const rest = url.replace(/^https:\/\//, '').replace(/\/*$/, '')
  const passwordIn = (line: string): string | undefined => {
    const [, user, password, place] = /^https:\/\/([^:@/]*):([^@/]*)@(.*?)\/*$/.exec(line.trim()) ?? []
    return user === encodeURIComponent(username) && place === rest ? password : undefined
  }
  const lineWith = (value: string): string =>
    `https://${encodeURIComponent(username)}:${encodeURIComponent(value)}@${rest}`
  return {
    put: (text, value) => {
      let placed = false
      const changed = withLines(text, (line) => {
        if (passwordIn(line) === undefined) return line
        const again = placed
        placed = true
        return again ? undefined : lineWith(value)
      })
      return placed ? changed : appended(changed, lineWith(value))
    },
    take: (text) => {
      const found = linesOf(text).map((line) => passwordIn(bareLine(line)))
      const passwords = found.filter((password) => password !== undefined)
      return passwords.length === 0 ? undefined : passwords.join('\n')
    },
    drop: (text) => withLines(text, (line) => (passwordIn(line) === undefined ? line : undefined)),
  }
}
