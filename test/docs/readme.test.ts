import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateIdentity } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/app/config/load.ts'
import { exitCodes } from '../../src/cli/exit-code.ts'
import { writeEstate } from '../../src/cli/emulated-estate.ts'
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts'
import { type Block, blocksOf, brokenLinks, type Page, readPages, spansOf } from './markdown.ts'
import { commandsOf, patrolCalls } from './shell-words.ts'
import { faultOf, readUsages } from './usage.ts'
import { root, Workshop } from './workshop.ts'

const pages = readPages(root)
const blocks = pages.flatMap((page) => blocksOf(page))
const shellBlocks = blocks.filter(({ words }) => words[0] === 'sh')
const readme = pages.find(({ path }) => path === 'README.md')?.text ?? ''
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
}
const usages = await readUsages()

/** Calls of Patrol in shell blocks and in code spans that do not parse. A span may name a command alone. */
function wrongCalls(page: Page): readonly string[] {
  const faultsOf = (script: string): readonly string[] =>
    patrolCalls(script)
      .map((call) => faultOf(call, usages))
      .filter((fault) => fault !== undefined)
  const scripts = blocksOf(page).filter(({ words }) => words[0] === 'sh')
  // Crontabs, units and workflows have commands in single lines.
  const lines = blocksOf(page)
    .filter(({ words }) => ['text', 'ini', 'yaml'].includes(words[0] ?? ''))
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => /[/=]patrol [a-z]|^\s*(?:- )?(?:run: )?patrol [a-z]/.test(line))
    .map((line) => line.replace(/^\s*(?:ExecStart=|- |run: )*/, ''))
  const spans = spansOf(page).filter((span) => /^(?:node_modules\/\.bin\/)?patrol [a-z-]/.test(span))
  return [
    ...scripts.flatMap(({ text }) => faultsOf(text)),
    ...lines.flatMap(faultsOf),
    ...spans.flatMap((span) =>
      faultsOf(span).filter((fault) => !(fault.endsWith('lacks an argument') && /^patrol [a-z-]+$/.test(span))),
    ),
  ]
}

/** Scripts that a page calls with npm and that package.json has not. */
function unknownScripts(script: string): readonly string[] {
  return commandsOf(script)
    .filter(([first, second]) => first === 'npm' && second === 'run')
    .map((words) => words[2] ?? '')
    .filter((name) => packageJson.scripts[name] === undefined)
}

/** Configurations on a page with their faults. A fragment that only shows accounts gets the rest. */
const identity = await generateIdentity()

function wrongConfigurations({ words, text }: Block): readonly string[] {
  if (words[0] !== 'yaml') return []
  const tree = parse(text) as Record<string, unknown>
  const fragment = tree['version'] === undefined && tree['accounts'] !== undefined
  if (tree['version'] === undefined && !fragment) return []
  const rest =
    'version: 1\ntokens:\n  - match: "*"\n    method: renew\n    account: ci-bot\n    organization: contoso\n'
  const variables = {
    USER_NAME: 'ci-bot@contoso.com',
    USER_PASSWORD: 'a password',
    TENANT_ID: 'contoso.onmicrosoft.com',
    AZURE_DEVOPS_TOKEN: 'a token',
    CLIENT_SECRET: 'a secret',
    WEBHOOK_SECRET: 'a secret of a webhook',
  }
  const loaded = loadConfig('/page/patrol.yaml', {
    variables,
    readFile: (path) => {
      if (path === '/page/patrol.yaml') return fragment ? `${rest}${text}` : text
      return path.includes('identity') ? identity : 'a secret'
    },
  })
  const problems = loaded.kind === 'invalid' ? loaded.problems : loaded.warnings
  return problems.flatMap(({ message, isAdvice }) => (isAdvice ? [] : [message]))
}

describe('the pages', () => {
  it('are all read', () => {
    const paths = pages.map(({ path }) => path)
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/concepts.md']),
    )
    expect(paths.filter((path) => path.startsWith('docs/recipes/')).length).toBeGreaterThanOrEqual(6)
    expect(shellBlocks.length).toBeGreaterThanOrEqual(12)
  })

  it.each(pages.map((page) => [page.path, page] as const))('%s has links that lead somewhere', (_, page) => {
    expect(brokenLinks(page, root)).toEqual([])
  })

  it('are found out when a link leads nowhere', () => {
    const text = '[a](missing.md) [b](README.md#no-such-heading) [c](../outside.md) [d](README.md#commands) [e](docs/)'
    expect(brokenLinks({ path: 'README.md', text }, root)).toEqual([
      'missing.md',
      'README.md#no-such-heading',
      '../outside.md',
    ])
  })

  it.each(pages.map((page) => [page.path, page] as const))('%s calls Patrol as it wants to be called', (_, page) => {
    expect(wrongCalls(page)).toEqual([])
  })

  it.each([
    ['patrol aply', 'unknown command aply'],
    ['patrol apply --dry-run', 'apply has no option --dry-run'],
    ['patrol get', 'get lacks an argument'],
    ['patrol rotate a b', 'rotate takes fewer arguments'],
    ['true && patrol apply --only', '--only of apply lacks its value'],
    ['X=$(patrol get a --reveal) other', 'get has no option --reveal'],
    ['echo "$(patrol list --all)"', 'list has no option --all'],
    ['patrol plan --log-level loud', '--log-level of plan cannot be loud'],
    ['npx --yes azdo-patrol@0.1.0 aply', 'unknown command aply'],
    ['node_modules/.bin/patrol plan > report --fast', 'plan has no option --fast'],
  ])('are found out when they say %s', (script, fault) => {
    const text = `\`\`\`sh\n${script}\n\`\`\`\n`
    expect(wrongCalls({ path: 'page.md', text })).toEqual([fault])
  })

  it('are found out when a code span is wrong, and may use placeholders', () => {
    const text = 'Say `patrol rotate NAME --now`, `patrol COMMAND --help` or `patrol apply --allow N`.'
    expect(wrongCalls({ path: 'page.md', text })).toEqual(['rotate has no option --now'])
  })

  it.each([
    ['text', '1 2 * * *  . env; /usr/bin/patrol apply --quick > log', 'apply has no option --quick'],
    ['ini', 'ExecStart=/usr/bin/patrol status --quick', 'status has no option --quick'],
    ['yaml', 'steps:\n  - run: node_modules/.bin/patrol aply', 'unknown command aply'],
  ])('are found out when a block of %s says %s', (words, script, fault) => {
    expect(wrongCalls({ path: 'page.md', text: `\`\`\`${words}\n${script}\n\`\`\`\n` })).toEqual([fault])
  })

  it('run only npm scripts that there are', () => {
    expect(shellBlocks.flatMap(({ text }) => unknownScripts(text))).toEqual([])
    expect(unknownScripts('npm ci && npm run demonstrate')).toEqual(['demonstrate'])
  })

  it.each(blocks.filter(({ words }) => words[0] === 'yaml').map((block) => [block.path, block] as const))(
    '%s shows a configuration without faults and warnings',
    (_, block) => {
      expect(wrongConfigurations(block)).toEqual([])
    },
  )

  it('are found out when a configuration is wrong', () => {
    const text = 'version: 1\naccounts:\n  a:\n    tenant: t.example\ntokens: []\n'
    expect(wrongConfigurations({ path: 'page.md', words: ['yaml'], text })).not.toEqual([])
    expect(wrongConfigurations({ path: 'page.md', words: ['yaml'], text: 'accounts: {}\n' })).not.toEqual([])
  })

  it('name the version that the package has', () => {
    const named = pages.flatMap(({ text }) => [...text.matchAll(/azdo-patrol[@-](\d+\.\d+\.\d+)/g)])
    expect(named.length).toBeGreaterThan(0)
    expect(new Set(named.map(([, version]) => version))).toEqual(new Set([packageJson.version]))
  })
})

describe('the decisions', () => {
  const decisions = pages.filter(({ path }) => path.startsWith('docs/decisions/'))

  it.each(decisions.map(({ path, text }) => [path, text] as const))('%s says what it must', (path, text) => {
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(['Context', 'Decision', 'Consequences', 'Must not'])
    expect(text.split('\n')[2]).toBe(/\d{4}-\d\d-\d\d/.exec(path)?.[0])
  })
})

describe('README.md', () => {
  it('has a row for every command and none for others', () => {
    const rows = [...readme.matchAll(/^\| `patrol ([a-z][a-z-]*)/gm)].map(([, name]) => name)
    expect(new Set(rows)).toEqual(new Set(usages.keys()))
  })

  it('has a row for every exit code', () => {
    const [, table = ''] = /## Exit codes([\s\S]*?)\n## /.exec(readme) ?? []
    const codes = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell = '']) => cell.split(',').map(Number))
    expect(codes.toSorted((left, right) => left - right)).toEqual(Object.values(exitCodes))
  })

  it('has a place for the start-up table', () => {
    expect(readme).toMatch(/<!-- start-up table -->\n[\s\S]*<!-- end -->/)
  })
})

describe('runnable blocks', () => {
  let emulator: Emulator
  let workshop: Workshop

  beforeAll(async () => {
    workshop = new Workshop()
    emulator = await startEmulator({ certificateDir: workshop.directory })
  })

  afterAll(async () => {
    await emulator.stop()
    workshop.close()
  })

  const runnable = shellBlocks.filter(({ words }) => words.includes('runnable'))

  /** A configuration for the emulator with the token that `patrol init` writes. */
  function variables(): Record<string, string> {
    const directory = join(workshop.directory, 'estate')
    mkdirSync(directory, { recursive: true })
    const tokens =
      'tokens:\n  - name: package-feed\n    displayName: Package feed\n    scopes:\n      - vso.packaging\n'
    const estate = writeEstate(emulator, directory, '11111111-2222-3333-4444-555555555555', 'contoso', tokens)
    return { ...estate.variables, PATROL_CONFIG: estate.configFile }
  }

  it.each(runnable.map((block) => [block.text.trim().split('\n')[0], block] as const))(
    'run: %s',
    async (_, { text }) => {
      // The page shows two ways to begin, and neither writes over what is there.
      const before = text.includes('--output patrol.yaml') ? 'rm -f patrol.yaml\n' : ''
      const ended = await workshop.run(`set -euo pipefail\n${before}${text}`, variables())
      expect(ended).toMatchObject({ code: 0 })
      if (text.includes('patrol get package-feed | wc -c')) expect(ended.stdout.trim().split('\n').at(-1)).toBe('84')
    },
  )

  it('leave a configuration that validates', async () => {
    const { PATROL_CONFIG, ...others } = variables()
    expect(PATROL_CONFIG).toBeDefined()
    const written = runnable.filter(({ text }) => text.includes('--output patrol.yaml'))
    expect(written).toHaveLength(2)
    for (const { text } of written) {
      const script = `set -euo pipefail\nrm -f patrol.yaml patrol.schema.json patrol-age-identity.txt\n${text}\npatrol validate`
      expect(await workshop.run(script, others)).toMatchObject({ code: 0 })
    }
  })

  it('would be found out when they fail', async () => {
    expect(await workshop.run('set -euo pipefail\npatrol get nothing | wc -c', variables())).toMatchObject({ code: 2 })
  })
})
