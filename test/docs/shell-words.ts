/** What begins a new command where it stands outside of quotes. */
const separators = /^(?:&&|\|\||\$\(|[;|&()\n`])/

/**
 * The simple commands of a shell script, as words without their quotes. It knows as much of the shell as pages need:
 * quotes, comments, continued lines, here-documents, substitutions, and what separates commands. Redirections and
 * assignments before a command are left out.
 */
export function commandsOf(script: string): readonly (readonly string[])[] {
  const commands: string[][] = []
  let words: string[] = []
  let word: string | undefined
  const endWord = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endCommand = (): void => {
    endWord()
    if (words.length > 0) commands.push(words)
    words = []
  }
  let rest = withoutHereDocuments(script).replaceAll('\\\n', ' ')
  while (rest !== '') {
    const quoted = /^'([^']*)'|^"((?:[^"\\]|\\.)*)"/.exec(rest)
    const separator = separators.exec(rest)
    const space = /^[ \t]+/.exec(rest)
    const comment = word === undefined ? /^#[^\n]*/.exec(rest) : null
    const redirection = /^\d?(?:>>?|<<?)(?:&\d)?[ \t]*(?:"[^"]*"|[^\s;|&()"]+)?/.exec(rest)
    const taken = quoted ?? comment ?? redirection ?? separator ?? space
    if (quoted !== null) {
      word = (word ?? '') + (quoted[1] ?? quoted[2] ?? '')
      // A substitution within double quotes is a command, too.
      for (const [, inner = ''] of (quoted[2] ?? '').matchAll(/\$\(([^()]*)\)/g)) commands.push(...mutable(inner))
    } else if (redirection !== null || space !== null) endWord()
    else if (separator !== null) endCommand()
    else if (comment === null) word = (word ?? '') + rest.charAt(0)
    rest = rest.slice(taken?.[0].length ?? 1)
  }
  endCommand()
  return commands.map(withoutAssignments).filter((command) => command.length > 0)
}

function mutable(script: string): string[][] {
  return commandsOf(script).map((command) => [...command])
}

function withoutHereDocuments(script: string): string {
  return script.replaceAll(/(<<-?\s*'?(\w+)'?[^\n]*\n)[\s\S]*?\n\s*\2\s*(?=\n|$)/g, '$1')
}

function withoutAssignments(command: readonly string[]): readonly string[] {
  const first = command.findIndex((word) => !/^\w+=/.test(word))
  return first === -1 ? [] : command.slice(first)
}

/** The arguments of every call of Patrol in a script, however it is called. */
export function patrolCalls(script: string): readonly (readonly string[])[] {
  return commandsOf(script).flatMap((words) => {
    const [first = ''] = words
    if (first === 'patrol' || first.endsWith('/patrol')) return [words.slice(1)]
    const at = words.findIndex((word) => word === 'azdo-patrol' || word.startsWith('azdo-patrol@'))
    return first === 'npx' && at !== -1 ? [words.slice(at + 1)] : []
  })
}
