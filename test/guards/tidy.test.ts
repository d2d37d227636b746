import { describe, expect, it } from 'vitest'
import { applyRule, revealsIn, tidyRules } from './tidy.ts'
import { type File, trackedFiles } from './tracked-files.ts'

const project = trackedFiles()

/** A value with enough different characters in it to be one, put together here so that no file holds it. */
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'.repeat(2).slice(0, 52)
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.repeat(2).slice(0, 76)
const word = (...parts: readonly string[]): string => parts.join('')

interface Sample {
  readonly path: string
  readonly text: string
  readonly complaints?: readonly string[]
}

/** For each rule, samples on which it must fire, and samples on which it must not. */
const samples: Readonly<Record<string, readonly Sample[]>> = {
  'a file of more than 500 lines': [
    { path: 'src/core/long.ts', text: 'x\n'.repeat(501), complaints: [': has 501 lines; 500 are the most'] },
    { path: 'src/core/long.ts', text: `${'x\n'.repeat(500)}x`, complaints: [': has 501 lines; 500 are the most'] },
    { path: 'src/core/long.ts', text: 'x\n'.repeat(500) },
    { path: 'test/core/long.test.ts', text: 'x\n'.repeat(600) },
  ],
  'a file or folder named for nothing in particular': [
    ...[
      'src/core/index.ts',
      'src/app/utils.ts',
      'test/support/util.ts',
      'src/app/types.ts',
      'scripts/helpers.js',
      'src/common/time.ts',
      'src/app/utils/time.ts',
      'test/helpers/time.ts',
    ].map((path) => ({ path, text: '', complaints: [': name it for the one thing that it holds'] })),
    { path: 'src/core/time.ts', text: '' },
    { path: 'src/cli/typescript.ts', text: '' },
    { path: 'src/core/uncommon.ts', text: '' },
  ],
  'an exported name that says nothing': [
    { path: 'src/app/token-manager.ts', text: '', complaints: [': manager says nothing'] },
    {
      path: 'src/app/a.ts',
      text: 'export class TokenManager {}',
      complaints: [':1: TokenManager: manager says nothing'],
    },
    {
      path: 'src/app/a.ts',
      text: '\nexport function handleRequest() {}',
      complaints: [':2: handleRequest: handle says nothing'],
    },
    {
      path: 'src/app/a.ts',
      text: 'export const processToken = 1, stringUtils = 2',
      complaints: [':1: processToken: process says nothing', ':1: stringUtils: utils says nothing'],
    },
    {
      path: 'src/app/a.ts',
      text: 'export interface RequestHandlers {}',
      complaints: [':1: RequestHandlers: handlers says nothing'],
    },
    {
      path: 'src/app/a.ts',
      text: 'export type HTTPHelper = 1',
      complaints: [':1: HTTPHelper: helper says nothing'],
    },
    {
      path: 'src/app/a.ts',
      text: 'const handle = 1\nexport { handle as fileHandle }',
      complaints: [':2: fileHandle: handle says nothing'],
    },
    { path: 'src/app/a.ts', text: 'const handle = 1\nexport const utility = handle\nexport class Reprocessing {}' },
  ],
  'something unfinished': [
    {
      path: 'src/app/a.ts',
      text: `// a\n// ${word('TO', 'DO')}: later`,
      complaints: [`:2: "${word('TO', 'DO')}" is unfinished`],
    },
    { path: 'docs/a.md', text: word('FIX', 'ME'), complaints: [`:1: "${word('FIX', 'ME')}" is unfinished`] },
    { path: 'docs/a.md', text: 'todo lists are not our thing; mastodons neither' },
  ],
  'a word about the making of this project': [
    ...[
      'in an earlier session',
      'a helper agent',
      `written by ${word('cla', 'ude')}`,
      'an LLM',
      'as the issue says',
      'see shared/notes.md',
      'see research/peers.md',
      'see design.md',
      'cd /work/main',
    ].map((text) => ({
      path: 'docs/a.md',
      text: `first\n${text}`,
      complaints: [expect.stringMatching(/^:2: ".*" speaks of how the project is made$/) as unknown as string],
    })),
    {
      path: 'README.md',
      text: 'from an earlier session',
      complaints: [':1: "earlier session" speaks of how the project is made'],
    },
    {
      path: 'src/adapters/a.ts',
      text: '// as the brief asks',
      complaints: [':1: "the brief" speaks of how the project is made'],
    },
    {
      path: 'docs/a.md',
      text: 'SessionTokenNotFoundException, a session cookie, the build agent, agent-user, an issuer, framework/x',
    },
    { path: 'test/core/a.test.ts', text: 'in an earlier session' },
  ],
  'time, chance or the world in pure code': [
    { path: 'src/core/a.ts', text: 'const now = Date.now()', complaints: [':1: Date has no place here'] },
    { path: 'src/ports/a.ts', text: '\nconst at = new Date()', complaints: [':2: Date has no place here'] },
    {
      path: 'src/reconcile/a.ts',
      text: 'setTimeout(() => undefined, 1)',
      complaints: [':1: setTimeout has no place here'],
    },
    {
      path: 'src/reconcile/a.ts',
      text: 'export const x = { at: performance.now() }',
      complaints: [':1: performance has no place here'],
    },
    { path: 'src/core/a.ts', text: 'const x = Math.random()', complaints: [':1: Math.random has no place here'] },
    { path: 'src/core/a.ts', text: 'const x = globalThis.process', complaints: [':1: globalThis has no place here'] },
    {
      path: 'src/core/a.ts',
      text: 'await fetch(process.env.URL)',
      complaints: [':1: fetch has no place here', ':1: process has no place here'],
    },
    {
      path: 'src/core/a.ts',
      text: '// the Date header\nconst x = { Date: 1, process: 2 }.Date\nMath.max(1)\ninterface Y { crypto: string }',
    },
    { path: 'src/adapters/a.ts', text: 'const now = Date.now()' },
  ],
  'a default export': [
    { path: 'src/app/a.ts', text: 'const a = 1\nexport default a', complaints: [':2: give it a name'] },
    { path: 'src/app/a.ts', text: 'export const a = 1' },
  ],
  'a value that looks like a secret': [
    {
      path: 'docs/a.md',
      text: `it is\n${base62}AZDO0abc.`,
      complaints: [':2: looks like a personal access token; make it at run time'],
    },
    {
      path: 'test/a.test.ts',
      text: `const pat = '${base32}'`,
      complaints: [':1: looks like a personal access token of the old form; make it at run time'],
    },
    {
      path: 'test/a.test.ts',
      text: `eyJ${base62.slice(0, 20)}.eyJ${base62.slice(0, 20)}.${base62.slice(0, 20)}`,
      complaints: [':1: looks like a JSON web token; make it at run time'],
    },
    {
      path: 'test/a.pem',
      text: `-----BEGIN ${word('PRIVATE', ' KEY')}-----\n${base62.slice(0, 64)}`,
      complaints: [':1: looks like a private key; make it at run time'],
    },
    {
      path: 'docs/a.md',
      text: `AGE-SECRET-KEY-1${base62.toUpperCase().slice(0, 58)}`,
      complaints: [':1: looks like a key of age; make it at run time'],
    },
    { path: 'docs/a.md', text: `${'x'.repeat(52)} ${base32}a ${base62} sha512-${base32.toUpperCase()}` },
  ],
  'an exported function without a doc comment': [
    { path: 'src/core/a.ts', text: 'export function a() {}', complaints: [':1: a has no doc comment'] },
    {
      path: 'src/ports/a.ts',
      text: '/** Of another one. */\nconst b = 1\nexport function a() {}',
      complaints: [':3: a has no doc comment'],
    },
    {
      path: 'src/reconcile/a.ts',
      text: '// No doc comment.\nexport async function a() {}',
      complaints: [':2: a has no doc comment'],
    },
    {
      path: 'src/core/a.ts',
      text: '/* Nor this. */\nexport const a = () => 1',
      complaints: [':2: a has no doc comment'],
    },
    {
      path: 'src/core/a.ts',
      text: '/** */\nexport const a = function () {}',
      complaints: [':2: a has no doc comment'],
    },
    {
      path: 'src/core/a.ts',
      text: '/** Says what it does. */\nexport function a(x: 1): 1\nexport function a(x: 2): 2\nexport function a(x: any) {}',
    },
    { path: 'src/core/a.ts', text: 'function a() {}\nexport const b = 1\nexport interface C { d(): void }' },
    { path: 'src/adapters/a.ts', text: 'export function a() {}' },
  ],
}

describe.each(tidyRules)('$name', (rule) => {
  const own = samples[rule.name] ?? []

  it('is found where it is', () => {
    const bad = own.filter(({ complaints = [] }) => complaints.length > 0)
    expect(bad.length).toBeGreaterThan(0)
    for (const { path, text, complaints = [] } of bad) {
      const found = applyRule(rule, [{ path, text }]).complaints.map((complaint) => complaint.slice(path.length))
      expect(found).toEqual(complaints)
    }
  })

  it('is not found where it is not', () => {
    const good = own.filter(({ complaints = [] }) => complaints.length === 0)
    expect(good.length).toBeGreaterThan(0)
    for (const file of good) expect(applyRule(rule, [file]).complaints).toEqual([])
  })

  it('is nowhere in this project', () => {
    const { complaints, looked } = applyRule(rule, project)
    expect(complaints).toEqual([])
    expect(looked).toBeGreaterThan(30)
  })
})

it('every sample belongs to a rule', () => {
  expect(Object.keys(samples).sort()).toEqual(tidyRules.map(({ name }) => name).sort())
})

/** The only places where a secret is opened, and why each must. All others pass it on closed. */
const revealing: Readonly<Record<string, string>> = {
  'src/adapters/azure-devops/pat-authorization.ts': 'signs a call with a PAT',
  'src/adapters/azure-devops/variable-group-target.ts': 'puts a value into a variable group',
  'src/adapters/azure-devops/service-connection-target.ts': 'puts a value into a service connection',
  'src/adapters/azure-devops/correlating-id.ts': 'makes the hash by which the administration of tokens knows a value',
  'src/adapters/azure-devops/sender.ts': 'signs a call with an access token',
  'src/adapters/entra/access-token-sign-in.ts': 'sees whether a given access token could be one before it is sent',
  'src/adapters/entra/kept-tokens.ts': 'gives MSAL the refresh token of an earlier run',
  'src/adapters/entra/agent-user-flow.ts': 'hands the token of a workload to MSAL, which shows it to Microsoft Entra',
  'src/adapters/entra/client-certificate.ts': 'reads the certificate and the key of an application',
  'src/adapters/entra/on-behalf-of-flow.ts': 'hands the token of a user and the secret of an application to MSAL',
  'src/adapters/entra/password-flow.ts': 'sends user name and password to Microsoft Entra',
  'src/adapters/entra/token-credential.ts': 'hands an access token to the client of Key Vault',
  'src/adapters/stores/age-key.ts': 'opens the file store with its identity',
  'src/adapters/stores/azure-key-vault.ts': 'writes a value to the vault',
  'src/adapters/stores/file-sign-ins.ts': 'encrypts a sign-in before it is written',
  'src/adapters/stores/file-store.ts': 'encrypts a value before it is written',
  'src/adapters/stores/file-trial.ts': 'encrypts a value that is only tried',
  'src/adapters/stores/key-vault-trial.ts': 'writes a value that is only tried',
  'src/adapters/stores/keychain-sign-ins.ts': 'gives a sign-in to the keychain',
  'src/adapters/stores/sign-in-entry.ts': 'puts the refresh token into the text that is kept as one secret',
  'src/adapters/stores/vault-sign-ins.ts': 'writes a sign-in to the vault',
  'src/adapters/stores/key-vault-identity.ts': 'hands the token of a job to Microsoft Entra',
  'src/adapters/targets/command-target.ts': 'hands a value to a program, on its standard input or in its environment',
  'src/adapters/targets/file-target.ts': 'writes a value into a file that consumers read',
  'src/adapters/targets/github-client.ts': 'hands the token or the key of an App to the client of GitHub',
  'src/adapters/targets/github-secret.ts': 'seals a value for GitHub',
  'src/adapters/stores/key-vault-copy.ts': 'writes a value to another vault',
  'src/adapters/targets/kube-access.ts': 'signs in to a cluster as its kubeconfig or service account says',
  'src/adapters/targets/kubernetes-secret.ts': 'writes a value into a Secret, and compares what stands there',
  'src/adapters/targets/webhook-target.ts': 'signs a message, and encrypts a value to one recipient',
  'src/adapters/targets/private-key.ts': 'sees whether a key is one before it is used',
  'src/adapters/workload/job-token.ts': 'asks the runner of a job with the access token of that job',
  'src/core/pat-form.ts': 'looks what kind of string a value seems to be',
  'src/app/value-cache.ts': 'seals a value before it is kept',
  'src/cli/commands/git-credential.ts': 'answers git',
  'src/cli/git-answer.ts': 'answers git with what was kept',
  'src/cli/injections.ts': 'puts a value into the environment of a command that a person runs',
  'src/cli/commands/get.ts': 'prints the value that a person asked for',
}

describe('a secret is opened', () => {
  const revealed = project
    .filter(({ path }) => path.startsWith('src/') && path.endsWith('.ts'))
    .filter((file) => revealsIn(file).length > 0)
    .map(({ path }) => path)

  it('only where it must be', () => {
    expect(revealed.filter((path) => revealing[path] === undefined)).toEqual([])
  })

  it('wherever the list says, or the list is out of date', () => {
    expect(Object.keys(revealing).filter((path) => !revealed.includes(path))).toEqual([])
  })

  it.each<[string, File['text'], readonly number[]]>([
    ['a call', 'const a = secret.reveal()', [1]],
    ['a call of what may not be there', '\nconst a = secret?.reveal()', [2]],
    ['a reference that is called later', 'const open = secret.reveal\nopen()', [1]],
    ['no mention in a comment', '// opens only with secret.reveal()', []],
    ['no declaration', 'class A { reveal() {} }', []],
  ])('as the guard sees it: %s', (_, text, lines) => {
    expect(revealsIn({ path: 'src/app/a.ts', text })).toEqual(lines)
  })
})
