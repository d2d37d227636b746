import { type Io } from '../../src/cli/io.ts'
import { runCommandLine } from '../../src/cli/program.ts'

/** What a command takes, as its own help says. */
export interface Usage {
  /** Each spelling of each option; the values that it takes, where help names them all. */
  readonly options: ReadonlyMap<string, { readonly takesValue: boolean; readonly choices: readonly string[] }>
  readonly least: number
  readonly most: number
}

/** Every command of the program. */
export async function readUsages(): Promise<ReadonlyMap<string, Usage>> {
  const help = await helpOf([])
  const names = [...(/^Commands:\n([\s\S]*?)\n\n/m.exec(help)?.[1] ?? '').matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help')
  const usages = new Map<string, Usage>()
  for (const name of names) usages.set(name, usageOf(await helpOf([name])))
  return usages
}

async function helpOf(command: readonly string[]): Promise<string> {
  let text = ''
  await runCommandLine(
    [...command, '--help'],
    silentIo((more) => (text += more)),
    '0.0.0',
  )
  return text
}

function usageOf(help: string): Usage {
  const options = new Map<string, { takesValue: boolean; choices: readonly string[] }>()
  for (const [, flags = '', description = ''] of help.matchAll(
    /^ {2}(-[^\n]*?)(?: {2,}([^\n]*(?:\n {4,}[^\n]*)*))?$/gm,
  )) {
    const listed = /choices: ([^)]*?)(?:, default|\))/.exec(description.replaceAll(/\s+/g, ' '))?.[1] ?? ''
    const choices = [...listed.matchAll(/"([^"]*)"/g)].map(([, choice = '']) => choice)
    for (const spelling of flags.matchAll(/--?[a-zA-Z][\w-]*/g))
      options.set(spelling[0], { takesValue: flags.includes('<'), choices })
  }
  const [, positional = ''] = /^Usage: patrol [\w-]+ \[options\](.*)$/m.exec(help) ?? []
  const least = [...positional.matchAll(/<[^>]*>/g)].length
  const most = positional.includes('...') ? Number.POSITIVE_INFINITY : [...positional.matchAll(/\[[^\]]*\]/g)].length
  return { options, least, most: least + most }
}

/** What is wrong with a call of Patrol; undefined when it parses. Words in capitals stand for something to be put in. */
export function faultOf(call: readonly string[], usages: ReadonlyMap<string, Usage>): string | undefined {
  const general = usages.get('plan')?.options ?? new Map()
  const at = call.findIndex((word) => !word.startsWith('-'))
  const [name] = at === -1 ? [] : call.slice(at)
  if (name === undefined) {
    const unknown = call.find((word) => !general.has(word) && !['--version', '-V'].includes(word))
    return unknown === undefined ? undefined : `unknown option ${unknown}`
  }
  const usage = usages.get(name)
  if (usage === undefined) return /^[A-Z]+$/.test(name) ? undefined : `unknown command ${name}`
  const words = [...call.slice(0, at), ...call.slice(at + 1)]
  let positional = 0
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (word === '--') {
      positional += words.length
      break
    }
    if (!word.startsWith('-')) {
      positional += 1
      continue
    }
    const [flag = '', attached] = word.split('=')
    const option = usage.options.get(flag)
    if (option === undefined) return `${name} has no option ${flag}`
    if (!option.takesValue) continue
    const value = attached ?? words.shift()
    if (value === undefined) return `${flag} of ${name} lacks its value`
    if (option.choices.length > 0 && !option.choices.includes(value)) return `${flag} of ${name} cannot be ${value}`
  }
  if (positional < usage.least) return `${name} lacks an argument`
  return positional > usage.most ? `${name} takes fewer arguments` : undefined
}

function silentIo(stdout: (text: string) => void): Io {
  return {
    environment: {},
    workingDirectory: '/',
    stdout,
    stderr: () => undefined,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    stdinIsTerminal: false,
    canAsk: false,
    columns: undefined,
    readInput: () => '',
    ask: async () => '',
    askHidden: async () => undefined,
    wall: () => 0,
    monotonic: () => 0,
    wait: async () => undefined,
    stop: new AbortController().signal,
  }
}
