import { PatrolError } from '../../core/errors.ts'
import { appended, bareLine, type FilePart, lineEnd, linesOf, withLines } from './file-part.ts'

/**
 * The credentials within the address of an index. The address may stand in the file already, under whichever key; else
 * it is added under `key` of `[global]`. https://pip.pypa.io/en/stable/topics/configuration/
 *
 * @param url without a user
 */
export function pipConfPart(url: string, key: 'index-url' | 'extra-index-url', username: string): FilePart {
  const rest = url.replace(/^https:\/\//, '').replace(/\/*$/, '')
  const address = /https:\/\/(?:([^\s@/]*)@)?([^\s@]+)/g
  const isOurs = (place: string): boolean => place.replace(/\/*$/, '') === rest
  const isComment = (line: string): boolean => /^\s*[#;]/.test(line)
  /** The text with the user part of each address of ours replaced; none is undefined. */
  const withUser = (text: string, user: string | undefined): { readonly text: string; readonly found: boolean } => {
    let found = false
    const changed = withLines(text, (line) => {
      if (isComment(line)) return line
      return line.replaceAll(address, (whole, _user: string | undefined, place: string) => {
        if (!isOurs(place)) return whole
        found = true
        return `https://${user === undefined ? '' : `${user}@`}${place}`
      })
    })
    return { text: changed, found }
  }
  return {
    put: (text, value) => {
      const user = `${encodeURIComponent(username)}:${encodeURIComponent(value)}`
      const changed = withUser(text, user)
      return changed.found ? changed.text : withAddress(text, key, `https://${user}@${rest}/`)
    },
    take: (text) => {
      const users = linesOf(text)
        .map(bareLine)
        .filter((line) => !isComment(line))
        .flatMap((line) => [...line.matchAll(address)])
        .filter(([, , place = '']) => isOurs(place))
        .map(([, user = '']) => user)
      return users.some((user) => user.includes(':')) ? users.join('\n') : undefined
    },
    drop: (text) => withUser(text, undefined).text,
  }
}

/** Adds an address under a key of `[global]`, behind those that stand there. */
function withAddress(text: string, key: string, added: string): string {
  const lines = linesOf(text)
  const header = lines.findIndex((line) => /^\[global\]\s*$/.test(bareLine(line)))
  if (header < 0) return appended(appended(text, '[global]'), `${key} = ${added}`)
  const next = lines.findIndex((line, index) => index > header && line.startsWith('['))
  const end = next < 0 ? lines.length : next
  const known = lines.findIndex(
    (line, index) => index > header && index < end && new RegExp(`^${key}\\s*[=:]`).test(line),
  )
  if (known < 0) return joined(lines, header + 1, `${key} = ${added}`, text)
  if (key === 'index-url') {
    throw new PatrolError('delivery-failed', 'index-url of the file names another index already', {
      remedy: 'Write `key: extra-index-url` for the target, or correct the file.',
    })
  }
  const after = lines.findIndex((line, index) => index > known && !/^\s+\S/.test(bareLine(line)))
  return joined(lines, after < 0 ? lines.length : after, `    ${added}`, text)
}

function joined(lines: readonly string[], at: number, line: string, text: string): string {
  const end = lineEnd(text)
  const before = lines.slice(0, at).join('')
  const gap = before === '' || before.endsWith('\n') ? '' : end
  return `${before}${gap}${line}${end}${lines.slice(at).join('')}`
}
