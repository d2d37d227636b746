import type { Chance } from '../simulation/chance.ts'

/** Text that means something in YAML, in references or to the checks, or that nobody expects there. */
const marks = [
  ['{', '}', '[', ']', ':', ': ', '- ', '*', '&a ', '*a', '!', '!!binary ', '"', "'", '\n', '\n  ', '\t', '#'],
  ['|', '>', '%', '@', '<<: ', '? ', 'null', '~', '5', '-1', 'true', '\r', '---\n', '__proto__: ', '\u0000', 'ü'],
  ['${', '${USER_NAME}', '${MISSING}', '${USER_NAME:-x}', '${file:key.txt}', '$(USER_NAME)', '$${', '\u001b[31m'],
].flat()

const values = [
  ['null', '""', '[]', '{}', '5', '-1', '1.5', 'true', 'contoso', 'vault', 'local', 'ci-bot', 'renew', 'rotate', '30d'],
  ['400d', '1s', '50%', '0%', 'app_token', '[vso.code]', '"*"', '${USER_NAME}', '${MISSING}', 'listed', 'environment'],
  ['https://127.0.0.1:1', 'http://127.0.0.1:1', 'connection-data', 'account:nobody', 'account:ci-bot'],
].flat()

/**
 * A text that somebody edited without looking. The line that says how a vault is signed in to stays, because some of
 * those ways look around on the machine that they run on.
 */
export function damaged(text: string, chance: Chance): string {
  let lines = text.split('\n')
  for (let count = chance.pick([1, 1, 2, 3]); count > 0; count--) {
    const at = chance.whole(0, lines.length - 1)
    const line = lines[at] ?? ''
    if (/^\s*(?:credential|type):/.test(line)) continue
    lines = lines.toSpliced(at, 1, ...changed(line, lines, chance))
  }
  return lines.join('\n')
}

function changed(line: string, lines: readonly string[], chance: Chance): readonly string[] {
  switch (chance.pick(['cut', 'mark', 'value', 'twice', 'gone', 'indent', 'other'])) {
    case 'cut': {
      const from = chance.whole(0, line.length)
      return [line.slice(0, from) + line.slice(from + chance.whole(1, 12))]
    }
    case 'mark': {
      const at = chance.whole(0, line.length)
      return [line.slice(0, at) + chance.pick(marks) + line.slice(at)]
    }
    case 'value':
      return [line.replace(/:.*$/, () => `: ${chance.pick(values)}`)]
    case 'twice':
      return [line, line]
    case 'gone':
      return []
    case 'indent':
      return [chance.happens(0.5) ? `  ${line}` : line.replace(/^ {2}/, '')]
    default:
      return [line, chance.pick(lines)]
  }
}
