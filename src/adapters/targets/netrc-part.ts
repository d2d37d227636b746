import { appended, type FilePart, lineEnd } from './file-part.ts'

interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
}

interface Entry {
  readonly machine: string | undefined
  readonly start: number
  end: number
  login: string | undefined
  password: Word | undefined
}

/**
 * An entry `machine … login … password …`, which may stand over several lines.
 * https://everything.curl.dev/usingcurl/netrc.html
 */
export function netrcPart(machine: string, username: string): FilePart {
  const find = (text: string): { readonly ours: Entry | undefined; readonly entries: readonly Entry[] } => {
    const entries = entriesOf(text)
    const same = entries.filter((entry) => entry.machine === machine)
    return {
      entries,
      ours: same.find(({ login }) => login === username) ?? same.find(({ login }) => login === undefined),
    }
  }
  return {
    put: (text, value) => {
      const { ours, entries } = find(text)
      if (ours === undefined) {
        const line = `machine ${machine} login ${username} password ${value}`
        // Whatever stands behind the default is never read.
        const fallback = entries.find((entry) => entry.machine === undefined)
        if (fallback === undefined) return appended(text, line)
        return `${text.slice(0, fallback.start)}${line}${lineEnd(text)}${text.slice(fallback.start)}`
      }
      const { password, login, end } = ours
      const user = login === undefined ? ` login ${username}` : ''
      if (password === undefined) return `${text.slice(0, end)}${user} password ${value}${text.slice(end)}`
      return `${text.slice(0, password.start)}${value}${text.slice(password.end, end)}${user}${text.slice(end)}`
    },
    take: (text) => {
      const { ours } = find(text)
      return ours?.password === undefined ? undefined : `${ours.login ?? ''} ${ours.password.text}`
    },
    drop: (text) => {
      const { ours } = find(text)
      if (ours === undefined) return text
      return text.slice(0, ours.start) + text.slice(ours.end).replace(/^[^\S\n]*\n?/, '')
    },
  }
}

function entriesOf(text: string): readonly Entry[] {
  const entries: Entry[] = []
  const words = wordsOf(text)
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as Word
    const next = words[index + 1]
    const last = entries.at(-1)
    if (word.text === 'default') {
      entries.push({ machine: undefined, start: word.start, end: word.end, login: undefined, password: undefined })
    } else if (word.text === 'machine' && next !== undefined) {
      entries.push({ machine: next.text, start: word.start, end: next.end, login: undefined, password: undefined })
      index += 1
    } else if (last !== undefined && next !== undefined && /^(?:login|password|account)$/.test(word.text)) {
      if (word.text === 'login') last.login = next.text
      if (word.text === 'password') last.password = next
      last.end = next.end
      index += 1
    }
  }
  return entries
}

/** Words outside of comments and of macros, which go on to the next empty line. */
function wordsOf(text: string): readonly Word[] {
  const pattern = /#[^\n]*|macdef[^\n]*\n(?:[^\n]*\S[^\n]*\n?)*|"(?:[^"\\]|\\.)*"|\S+/g
  return [...text.matchAll(pattern)]
    .filter(([word]) => !word.startsWith('#') && !/^macdef\s/.test(word))
    .map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }))
}
