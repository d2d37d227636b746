import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePat } from '../../src/emulator/azure-devops/pat-format.ts'
import type { Revoker } from '../../src/emulator/azure-devops/pat-register.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import type { SwitchChanges } from '../../src/emulator/switches.ts'
import { type CallOptions, Estate, owner } from '../support/estate.ts'
import { wordsOf } from './words.ts'

/**
 * Stories are whole sessions with the program, in text that is read like one:
 *
 * - `# …` is prose.
 * - `@ …` changes the scene: `tokens`, `pats`, `input` and `file NAME` (with lines that begin with `|`), `terminal 80`, `piped`,
 *   `targets` (two of them), `declare` (with other tokens) and `without targets` of the configuration, `leaked Package feed` (its value is
 *   what is typed unseen, or comes on stdin), `leaked` (of nobody, or the text in the line behind `|`), `travel 21d`, `answer yes`, `meanwhile scanner`, `variable NAME=VALUE`, `switches {…}`, `revoked-by scanner PATTERN`, `down vault`, `up`.
 * - `$ patrol …` runs a command. What it says on stderr follows behind `! `, what it prints to stdout behind `> `, and an
 *   exit code other than 0 as `? 3`.
 *
 * Ids, marks, lengths of time that the machine decides, ports and paths are replaced by fixed text of the same width.
 */
export async function play(path: string): Promise<string> {
  const scene = new Scene()
  try {
    for (const step of stepsOf(readFileSync(path, 'utf8'))) await scene.take(step)
    return scene.text()
  } finally {
    await scene.end()
  }
}

interface Step {
  readonly line: string
  /** Lines that belong to an `@`. */
  readonly body: readonly string[]
}

/** What was written by hand; what a program printed is left out, to be printed anew. */
function stepsOf(text: string): readonly Step[] {
  const steps: { line: string; body: string[] }[] = []
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('|')) steps.at(-1)?.body.push(line)
    else if (line === '' || /^[#@$]/.test(line)) steps.push({ line, body: [] })
  }
  return steps
}

const minute = 60_000
const startAt = Date.UTC(2026, 8, 1, 6, 30, 20)

class Scene {
  readonly #lines: string[] = []
  readonly #known = new Map<string, string>()
  #estate: Estate | undefined
  #tokens: string | undefined
  #targets = false
  #pats: Fixture['pats'] = []
  #travelled = 0
  #call: CallOptions = {}
  #answers: (() => string) | undefined
  readonly #faults: { cancel(): void }[] = []
  readonly #variables: Record<string, string | undefined> = {}

  text(): string {
    return `${this.#lines.join('\n')}\n`
  }

  async end(): Promise<void> {
    await this.#estate?.stop()
  }

  async take(step: Step): Promise<void> {
    this.#lines.push(step.line, ...step.body)
    if (step.line.startsWith('@')) await this.#change(step)
    if (step.line.startsWith('$')) await this.#run(step.line)
  }

  async #change({ line, body }: Step): Promise<void> {
    const [, verb = '', ...words] = line.split(' ')
    const rest = words.join(' ')
    const text = body.map((one) => `${one.slice(2)}\n`).join('')
    switch (verb) {
      case 'tokens':
        this.#tokens = `tokens:\n${text}`
        break
      case 'pats':
        this.#pats = text
          .trim()
          .split('\n')
          .map((row) => patOf(row))
        break
      case 'file':
        writeFileSync(join((await this.#open()).directory, rest), text)
        break
      case 'terminal':
        this.#call = { terminal: true, columns: Number(rest) }
        break
      case 'piped':
        this.#call = {}
        break
      case 'travel':
        this.#travelled += lengthOf(rest)
        break
      case 'input':
        this.#call = { ...this.#call, input: text }
        break
      case 'targets':
        this.#targets = true
        break
      case 'declare':
        this.#reconfigure(await this.#open(), /^tokens:\n[\s\S]*/m, `tokens:\n${text}`)
        break
      case 'without':
        this.#reconfigure(await this.#open(), new RegExp(`^${rest}:\\n(?: .*\\n)+`, 'm'), '')
        break
      case 'leaked': {
        const { emulator } = await this.#open()
        const named = emulator.pats().filter(({ displayName }) => displayName.startsWith(rest))
        const pat = named.find(({ state }) => state === 'active') ?? named[0]
        const value = text !== '' ? text.trim() : rest === '' ? makePat(startAt) : (pat?.value ?? '')
        this.#call = { ...this.#call, input: `${value}\n`, hidden: () => value }
        break
      }
      case 'answer':
        this.#answers = () => rest
        break
      case 'meanwhile': {
        // While the person thinks, the current PAT is revoked outside; then the answer is yes.
        const { emulator } = await this.#open()
        this.#answers = () => {
          const current = emulator.pats().findLast(({ state }) => state === 'active')
          emulator.revokeOutside(current?.authorizationId ?? '', rest as Revoker)
          return 'yes'
        }
        break
      }
      case 'variable': {
        const [name = '', ...value] = rest.split('=')
        this.#variables[name] = value.length === 0 ? undefined : value.join('=')
        break
      }
      case 'switches':
        ;(await this.#open()).emulator.set(JSON.parse(rest) as SwitchChanges)
        break
      case 'user':
        ;(await this.#open()).emulator.changeUser(owner, JSON.parse(rest) as object)
        break
      case 'revoked-by': {
        const [by, ...pattern] = words
        const { emulator } = await this.#open()
        const pat = emulator
          .pats()
          .find(({ displayName, state }) => state === 'active' && displayName.startsWith(pattern.join(' ')))
        emulator.revokeOutside(pat?.authorizationId ?? '', by as Revoker)
        break
      }
      case 'down': {
        const effect = { kind: 'status', status: 503 } as const
        const service = rest as 'vault'
        this.#faults.push((await this.#open()).emulator.fault({ service, times: Number.POSITIVE_INFINITY, effect }))
        break
      }
      case 'up':
        for (const fault of this.#faults) fault.cancel()
        break
      default:
        throw new Error(`a story knows no ${line}`)
    }
  }

  #reconfigure({ configFile }: Estate, part: RegExp, by: string): void {
    writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(part, by))
  }

  async #open(): Promise<Estate> {
    this.#estate ??= await Estate.open({
      at: startAt,
      fixture: { pats: this.#pats ?? [] },
      targets: this.#targets,
      ...(this.#tokens === undefined ? {} : { tokens: this.#tokens }),
    })
    return this.#estate
  }

  async #run(line: string): Promise<void> {
    const estate = await this.#open()
    // The time that the machine takes does not show: every command begins at a full minute of the story.
    const elapsed = estate.emulator.now() - startAt
    this.#travelled = Math.max(this.#travelled, (Math.floor(elapsed / minute) + 1) * minute)
    estate.emulator.travel(this.#travelled - elapsed)
    const [, ...words] = wordsOf(line.slice(2))
    const answer = this.#answers === undefined ? {} : { answer: this.#answers }
    const ended = await estate.run(words, { ...this.#call, ...answer, environment: this.#variables })
    this.#answers = undefined
    const shown = [
      ...(ended.stderr === '' ? [] : this.#linesOf(ended.stderr, '! ')),
      ...(ended.stdout === '' ? [] : this.#linesOf(ended.stdout, '> ')),
    ]
    this.#lines.push(...shown, ...(ended.code === 0 ? [] : [`? ${ended.code}`]))
  }

  #linesOf(text: string, before: string): readonly string[] {
    const lines = this.#still(text).replace(/\n$/, '').split('\n')
    return lines
      .map((one) => `${before}${asSeen(one)}`.trimEnd())
      .filter((one, index) => lines[index] === '' || one.length > 1)
  }

  /** The text without what differs from run to run. */
  #still(text: string): string {
    const directory = this.#estate?.directory ?? ''
    return text
      .replaceAll(directory, '/estate')
      .replaceAll(this.#estate?.copies.directory ?? directory, '/copies')
      .replaceAll(/localhost:\d+/g, 'localhost:PORT')
      .replaceAll(/(?<=Emulator authority )[0-9a-f]{12}/g, '000000000000')
      .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) =>
        this.#name(id, (number) => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`),
      )
      .replaceAll(/\(patrol ([0-9a-z]{12})\)/g, (_, mark: string) => {
        return `(patrol ${this.#name(mark, (number) => `mark${String(number).padStart(8, '0')}`)})`
      })
      .replaceAll(/(?<=generation +)[0-9a-z]{12}\b/g, (mark) =>
        this.#name(mark, (number) => `mark${String(number).padStart(8, '0')}`),
      )
      .replaceAll(/(?<="time":"[^"]{17})\d\d\.\d{3}/g, '00.000')
      .replaceAll(/, in \d+(?:\.\d)? m?s$/gm, ', in 9 ms')
      .replaceAll('\u001b', '␛')
  }

  #name(id: string, make: (number: number) => string): string {
    if (id === '11111111-2222-3333-4444-555555555555') return id
    const known = this.#known.get(id) ?? make(this.#known.size + 1)
    this.#known.set(id, known)
    return known
  }
}

/** A line as it stands on the terminal in the end: what comes after a carriage return is written over it. */
function asSeen(line: string): string {
  return line.split('\r').reduce((seen, part) => part + seen.slice(part.length), '')
}

/** `Nightly build, vso.build vso.code, -27d, +3d, global` */
function patOf(row: string): NonNullable<Fixture['pats']>[number] {
  const [displayName = '', scope = '', validFrom = '', validTo = '', flag] = row.split(',').map((part) => part.trim())
  const allOrgs = flag === 'global'
  return { owner, organization: 'contoso', displayName, scope, validFrom, validTo, allOrgs }
}

function lengthOf(text: string): number {
  const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[text.at(-1) ?? '']
  if (unit === undefined) throw new Error(`not a length of time: ${text}`)
  return Number.parseInt(text, 10) * unit
}
