import type { Chance } from '../simulation/chance.ts'

/** Arguments as somebody might type them. */
export interface CommandLine {
  readonly words: readonly string[]
  /** Whether `--json` stands where nothing can take it for the value of something else. */
  readonly json: boolean
}

/** Where a drawn value may point. All of it is relative to the call's own directory. */
const files = ['patrol.yaml', 'damaged.yaml', 'missing.yaml', 'no-such-directory/patrol.yaml', '.', '', 'binary.yaml']

const names = [
  'package-feed',
  'nightly-build',
  'Package feed',
  'nope',
  '',
  ' ',
  '-',
  '__proto__',
  'constructor',
  'ünïcödé',
  'x'.repeat(300),
  '${USER_NAME}',
  '$(USER_NAME)',
  '4ab5764f-4193-4f1d-b995-64144880b7d7',
  '4AB5764F-4193-4F1D-B995-64144880B7D7',
]

const globs = ['*', 'package-*', '?'.repeat(12), '', '[', '**********************x', 'nope', '\\', '${X}']

const numbers = ['0', '1', '8', '64', '65', '-1', '1e3', '0x10', '', 'many', '99999999999999999999', '1.5', ' 1']

const durations = ['30d', '60d', '365d', '366d', '1s', '0d', '-1d', '30', 'd', '', '33%', '1.5h', '99999999999d', '30D']

const organizations = ['contoso', 'fabrikam', 'Contoso', '', '..', 'a/b', 'https://dev.azure.com/contoso', '${X}']

/** What each option may be given; an option without values takes none. */
const options: Readonly<Record<string, readonly string[] | undefined>> = {
  '--config': files,
  '-c': files,
  '--concurrency': numbers,
  '--log-level': ['error', 'warn', 'info', 'debug', 'trace', ''],
  '--log-format': ['pretty', 'json', 'xml'],
  '--no-color': undefined,
  '--only': [...globs, ...names],
  '--check': undefined,
  '--yes': undefined,
  '-y': undefined,
  '--allow': numbers,
  '--show': undefined,
  '--format': ['value', 'env', 'header', 'json', 'npmrc', 'netrc', 'azure-pipelines', 'github', 'xml', ''],
  '--name': ['FEED_PAT', '', 'A-B', '1A', 'A;B'],
  '--registry': ['https://npm.example/', 'http://npm.example/', 'npm.example', '', 'https://a/?b'],
  '--host': ['dev.azure.com', '', 'a b', '"'],
  '--to': ['env', 'output', 'nowhere', '11111111-2222-3333-4444-555555555555'],
  '--as': ['FEED_PAT', '', 'A-B'],
  '--env': ['package-feed=FEED_PAT', 'FEED_PAT', '=', 'nope=X'],
  '--base64': ['FEED_PAT', 'package-feed=FEED_PAT', ''],
  '--feed': ['https://pkgs.example/index.json', 'http://pkgs.example', '', 'package-feed=https://pkgs.example'],
  '--quit': undefined,
  '--every': durations,
  '--grace': durations,
  '--revoke-now': undefined,
  '--revoke-first': undefined,
  '--all': undefined,
  '--reason': ['a drill', '', 'two\nlines', 'x'.repeat(300)],
  '--for': durations,
  '--until': ['2030-01-01', '2026-02-30', 'tomorrow', ''],
  '--release': undefined,
  '--id': ['11111111-2222-3333-4444-555555555555', 'no-id', ''],
  '--now': undefined,
  '--after': durations,
  '--token': ['package-feed', ''],
  '--rotation': undefined,
  '--organization': organizations,
  '--tenant': ['contoso.onmicrosoft.com', '11111111-2222-3333-4444-555555555555', 'common', '', 'not a tenant', '${X}'],
  '--match': globs,
  '--method': ['renew', 'rotate', 'Rotate', ''],
  '--lifetime': durations,
  '--renew-before': durations,
  '--user': ['ci-bot@contoso.example', 'CI-BOT@contoso.example', 'nobody', ''],
  '--store': ['./secrets', '', 'http://vault.example', 'ftp://vault.example', 'https://', 'secrets\u0000'],
  '--new-identity': ['key.txt', 'no-such-directory/key.txt', '.', ''],
  '--fixture': ['fixture.yaml', 'missing.yaml', 'damaged.yaml', '.', ''],
  '--port': ['0', '-1', '65001', 'http', ''],
  '--write': undefined,
  '--strict': undefined,
  '--print': undefined,
  '--vault': undefined,
  '--shell': ['bash', 'powershell', 'fish', ''],
  entra: undefined,
  git: undefined,
  '--dry-run': undefined,
  '--jsno': undefined,
  '--': undefined,
  '-': undefined,
  '-x': undefined,
  '-yc': undefined,
}

/** What usually stands behind a command. */
const own: Readonly<Record<string, readonly string[]>> = {
  plan: ['--only', '--check'],
  apply: ['--only', '--yes', '-y', '--allow'],
  status: ['--only', '--check'],
  list: [],
  get: ['--show', '--format', '--name', '--registry', '--host', '--to'],
  exec: ['--as', '--env', '--base64', '--feed', '--every', '--grace'],
  'git-credential': ['--quit'],
  setup: ['entra', 'git', '--print', '--tenant', '--shell', '--vault'],
  cache: [],
  rotate: ['--revoke-now', '--revoke-first', '--all', '--only', '--reason', '--yes', '-y'],
  explain: [],
  whose: [],
  adopt: ['--id'],
  retire: ['--store', '--token', '--after', '--now', '--yes'],
  hold: ['--for', '--until', '--reason', '--rotation', '--release'],
  rollback: ['--for', '--until', '--reason', '--to', '--yes'],
  revoke: ['--yes', '-y'],
  validate: ['--strict'],
  doctor: ['--write', '--strict', '--organization', '--tenant'],
  schema: [],
  init: ['--organization', '--tenant', '--store', '--new-identity'],
  emulator: ['--fixture', '--port'],
  help: [],
}

const withName = ['get', 'exec', 'git-credential', 'rotate', 'revoke']
const flags = ['--organization', '--tenant', '--match', '--method', '--lifetime', '--renew-before', '--user', '--store']
const anywhere = ['--config', '-c', '--concurrency', '--log-level', '--log-format', '--no-color']

export interface Typist {
  /** Which commands may be drawn; the demonstration takes too long for this. */
  readonly commands?: readonly string[]
  /** How many slips, where 1 is a bad day. */
  readonly slips?: number
}

/** Draws a command line: mostly one that makes sense, with some of it left out, doubled, misspelt or in another place. */
export function drawCommandLine(chance: Chance, { commands = Object.keys(own), slips = 1 }: Typist = {}): CommandLine {
  const slip = (probability: number): boolean => chance.happens(probability * slips)
  const command = chance.pick(commands)
  const words: string[] = []
  if (!slip(0.03)) words.push(slip(0.03) ? misspelt(command, chance) : command)
  if (withName.includes(command) ? !slip(0.1) : slip(0.03)) {
    words.push(slip(0.4) ? chance.pick(names) : 'package-feed')
  }
  const likely = [...(own[command] ?? []), ...(slips === 0 ? [] : anywhere)]
  const optional = Array.from({ length: likely.length === 0 ? 0 : chance.pick([0, 0, 1, 1, 2, 4]) }, () =>
    chance.pick(likely),
  )
  const configLess = slip(0.15) ? flags.filter(() => chance.happens(0.5)) : []
  const strange = slip(0.1) ? [chance.pick(Object.keys(options))] : []
  for (const option of [...optional, ...configLess, ...strange]) {
    const value = options[option]
    if (value === undefined || slip(0.03)) words.push(option)
    else if (option.startsWith('--') && chance.happens(0.3)) words.push(`${option}=${chance.pick(value)}`)
    else words.push(option, chance.pick(value))
  }
  const json = chance.happens(0.5)
  return { words: json ? ['--json', ...words] : words, json }
}

function misspelt(word: string, chance: Chance): string {
  const at = chance.whole(0, word.length - 1)
  return word.slice(0, at) + chance.pick(['', 'x', '-', 'é']) + word.slice(at + 1)
}
