import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Chance } from '../simulation/chance.ts'
import { drawCommandLine } from './command-line.ts'
import { damaged } from './damage.ts'
import { callProgram } from './directed-io.ts'
import { drawEnvironment } from './environment.ts'
import { type Fuzzed, findingsOf } from './fuzzed.ts'

/** An address at which nothing listens. */
const nowhere = 'https://127.0.0.1:1'

const configuration = `version: 1
endpoints:
  entra: ${nowhere}
  vssps: ${nowhere}
  azureDevOps: ${nowhere}
accounts:
  ci-bot:
    tenant: contoso.onmicrosoft.com
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
  other:
    tenant: contoso.onmicrosoft.com
    user: other@contoso.example
    signIn:
      method: access-token
      token: \${AZURE_DEVOPS_TOKEN}
stores:
  vault:
    type: azure-key-vault
    url: ${nowhere}
    credential: account:ci-bot
    verifyChallengeResource: false
  local:
    type: file
    path: ./secrets
    identity: \${PATROL_AGE_IDENTITY}
defaults:
  account: ci-bot
  organization: contoso
  lifetime: 30d
  renewBefore: 10d
  overlap: 48h
  orphanAfter: 1h
  turnLimit: 15m
  runEvery: 1d
  store: vault
tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
    verify: connection-data
  - name: nightly-build
    scopes: [vso.build, vso.code]
    store: local
    secretName: nightly
    atCeiling: rotate
  - match: "deploy-*"
    method: rotate
    secretName: "pat-{name}"
  - match: "*"
    method: renew
    organizations: [contoso, fabrikam]
    account: other
limits:
  maxReplacements: 25%
`

/** One call of the program where nothing can be reached, as the seed draws it. */
export async function fuzzWithoutNetwork(seed: number): Promise<Fuzzed> {
  const chance = new Chance(seed)
  const directory = mkdtempSync(join(tmpdir(), 'patrol-fuzz-'))
  try {
    writeFileSync(join(directory, 'damaged.yaml'), damaged(configuration, chance))
    writeFileSync(join(directory, 'binary.yaml'), Buffer.from([0xff, 0xfe, 0, 1, 2, 0x80]))
    writeFileSync(join(directory, 'fixture.yaml'), damaged('pats: []\nusers: []\n', chance))
    if (!chance.happens(0.1)) {
      const text = chance.happens(0.6) ? configuration : damaged(configuration, chance)
      writeFileSync(join(directory, 'patrol.yaml'), text)
    }
    const { environment, secrets } = await drawEnvironment(chance)
    const clockError = chance.pick([0, 0, 0, -400, 90]) * 86_400_000
    let passed = 0
    const call = await callProgram(
      drawCommandLine(chance, { slips: chance.pick([0, 0, 0.5, 1]) }),
      {
        environment,
        secrets,
        workingDirectory: directory,
        now: () => Date.now() + clockError + passed,
        pass: (ms) => void (passed += ms),
      },
      chance,
    )
    return { ended: [call.ended], findings: findingsOf(call) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
