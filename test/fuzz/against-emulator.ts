import type { FaultRule } from '../../src/emulator/faults.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import type { SwitchChanges } from '../../src/emulator/switches.ts'
import { Chance } from '../simulation/chance.ts'
import { Estate, owner } from '../support/estate.ts'
import { drawCommandLine } from './command-line.ts'
import { callProgram } from './directed-io.ts'
import { type Fuzzed, findingsOf } from './fuzzed.ts'

const minute = 60_000
const day = 1_440 * minute

const calls = 6
/** Mostly somebody who knows the program. */
const careful = { commands: ['plan', 'apply', 'apply', 'apply', 'status', 'list', 'get', 'rotate', 'revoke'], slips: 0 }

/** Some calls of the program, one after the other, against services that are as odd as they may be, and now and then fail. */
export async function fuzzAgainstEmulator(seed: number): Promise<Fuzzed> {
  const chance = new Chance(seed)
  const estate = await Estate.open({
    fixture: { pats: drawPats(chance) },
    tokens: `tokens:\n${chance.pick(declarations).join('')}`,
    store: chance.pick(['vault', 'vault', 'file']),
  })
  const fuzzed: { ended: Fuzzed['ended'][number][]; findings: Fuzzed['findings'][number][] } = {
    ended: [],
    findings: [],
  }
  try {
    for (let number = 0; number < calls && fuzzed.findings.length === 0; number++) {
      trouble(estate, chance)
      const call = await callProgram(
        drawCommandLine(chance, chance.happens(0.8) ? careful : {}),
        {
          environment: { ...estate.variables, PATROL_CONFIG: estate.configFile },
          secrets: Object.values(estate.variables).filter((value) => value !== owner),
          workingDirectory: estate.directory,
          now: () => estate.emulator.now(),
          pass: (ms) => estate.emulator.travel(ms),
        },
        chance,
      )
      estate.printed.push(...(call.line.words.includes('get') ? [] : [call.stdout]), call.stderr)
      fuzzed.ended.push(call.ended)
      fuzzed.findings.push(...findingsOf(call))
    }
  } finally {
    await estate.stop().catch((error: Error) => {
      fuzzed.findings.push({ fault: error.message, words: [], stdout: '', stderr: '' })
    })
  }
  return fuzzed
}

const named = `  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
`
const renewing = `  - name: nightly-build
    method: renew
    store: vault
    atCeiling: rotate
    scopes: [vso.build]
`
const wrongScope = '  - name: broken\n    scopes: [vso.nonsense]\n'
const rotatingRule = '  - match: "N*"\n    method: rotate\n    secretName: "pat-{name}"\n'
const renewingRule = '  - match: "*"\n    method: renew\n    lifetime: 60d\n    renewBefore: 20d\n'

const declarations: readonly (readonly string[])[] = [
  [named],
  [named, renewing],
  [named, rotatingRule, renewingRule],
  [wrongScope, named, renewingRule],
  [renewing, rotatingRule],
]

function drawPats(chance: Chance): NonNullable<Fixture['pats']> {
  const displayNames = [
    'Nightly build',
    'nightly  build',
    'Old laptop',
    'Package feed',
    '…',
    'a\u001b[31m',
    'N (patrol x)',
  ]
  return Array.from({ length: chance.pick([0, 1, 3, 6]) }, () => ({
    owner,
    organization: 'contoso',
    displayName: chance.pick(displayNames),
    scope: chance.pick(['vso.code', 'vso.build vso.code', 'app_token']),
    validFrom: `-${chance.whole(1, 300)}d`,
    validTo: chance.pick(['+1d', '+5d', '+30d', '+364d', '-1d']),
    allOrgs: chance.happens(0.1),
    revoked: chance.happens(0.1),
  }))
}

/** What the vendors' documents leave open, and what goes wrong with services. */
const switches: readonly SwitchChanges[] = [
  { statusOfPatTokenError: 400 },
  { deleteStatus: 200 },
  { defaultTop: 1 },
  { lifespan: 'error', policies: { maxLifespanDays: 7 } },
  { policies: { maxLifespanDays: 7 } },
  { policies: { disablePatCreation: 'all' } },
  { policies: { restrictFullScope: true } },
  { policies: { conditionalAccess: 'block' } },
  { policies: { unreadable: 'tenant' } },
  { scopeOrder: 'sorted' },
  { visibilityDelaySeconds: { createList: 600, revokeList: 600 } },
  { visibilityDelaySeconds: { useNew: 20, useRevoked: 600 } },
  { putChangesValue: 'returned' },
  { putChangesValue: 'silently' },
  { anonymousConnectionData: true },
  { perHostClockSkewSeconds: { entra: 40, azureDevOps: -40, vault: 4_000 } },
  { throttleAfter: 5 },
]

const effects: readonly FaultRule['effect'][] = [
  'answer-lost',
  'drop',
  'html-203',
  'redirect-302',
  'unauthorized-json',
  'unauthorized-empty',
  'conditional-access',
  'truncated',
  'wrong-content-type',
  'duplicate-page',
  { kind: 'throttle-429', retryAfter: 7 },
  { kind: 'throttle-429', retryAfter: 4_000 },
  { kind: 'retry-after-200', seconds: 9 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, body: 'no', after: true },
  { kind: 'status', status: 200, body: '{}', headers: { 'content-type': 'application/json' } },
  { kind: 'status', status: 404, body: '{"message":null}', headers: { 'content-type': 'application/json' } },
  { kind: 'pat-token-error', value: 'invalidScope' },
  { kind: 'pat-token-error', value: 'somethingNew', status: 400, after: true },
  { kind: 'aadsts', code: 50_126 },
  { kind: 'aadsts', code: 50_076 },
  { kind: 'aadsts', code: 12_345, status: 400 },
]

function trouble(estate: Estate, chance: Chance): void {
  const { emulator } = estate
  if (chance.happens(0.5)) emulator.travel(chance.pick([minute, 61 * minute, day, 3 * day, 25 * day]))
  if (chance.happens(0.3)) emulator.set(chance.pick(switches))
  for (let count = chance.pick([0, 0, 1, 3]); count > 0; count--) {
    const service = chance.pick(['entra', 'pats', 'pats', 'connection-data', 'vault', 'vault'] as const)
    const times = chance.pick([1, 1, 2, 5, 100])
    emulator.fault({ service, skip: chance.pick([0, 0, 1, 2, 5]), times, effect: chance.pick(effects) })
  }
  const active = estate.active()
  if (active.length > 0 && chance.happens(0.2)) {
    emulator.revokeOutside(chance.pick(active).authorizationId, chance.pick(['scanner', 'administrator'] as const))
  }
}
