import { globalPatsEndAt } from '../core/succession.ts'
import { day, hour, minute } from '../core/time.ts'
import { announce, edit, narrate, organization, owner, play, type Scenery, type Stage } from './demo-stage.ts'

const tenant = 'contoso.example'

/** A laptop's PAT from the days when one for everything was the easy way, and one that may do everything. */
const pats = [
  {
    displayName: 'Old laptop',
    scope: 'vso.code_manage',
    validFrom: '-200d',
    validTo: '+60d',
    allOrgs: true,
  },
  { displayName: 'Do everything', scope: 'app_token', validFrom: '-5d', validTo: '+55d' },
].map((pat) => ({ owner, organization, ...pat }))

const organizations = [
  { name: organization, tenant, members: [owner], variableGroups: [{ name: 'build' }] },
  { name: 'fabrikam', tenant, members: [owner] },
]

/** No token is declared yet, only where copies can go. */
const tokens = `targets:
  pipelines:
    type: azure-devops-variable-group
    project: Fabrikam
    variableGroup: build
    variable: CODE_PAT
  mirror:
    type: dotenv
    path: ./mirror.env
    variable: CODE_PAT
tokens: []
`

/** Always before PATs for all organizations end, whatever day it is: afterwards there is nothing to leave behind. */
export const leavingScenery: Scenery = {
  fixture: { organizations, pats },
  startAt: globalPatsEndAt - 15 * day + 9 * hour,
  tokens,
}

/** Names the target of an entry. */
function delivered(entry: string, target: string): (text: string) => string {
  return (text) => {
    const at = text.indexOf('revokeReplaced: true\n', text.indexOf(`- name: ${entry}\n`))
    const end = text.indexOf('\n', at) + 1
    return `${text.slice(0, end)}    targets:\n      - ${target}\n${text.slice(end)}`
  }
}

/** An audit, a migration to its end, and an audit that shows what became of it. */
export async function leavingGlobal(stage: Stage): Promise<void> {
  const { emulator } = stage
  announce(stage, 'Second act: leaving PATs for all organizations behind')
  narrate(
    stage,
    'It is the middle of November 2026. On 1 December every PAT for all organizations stops working. An audit tells what is wrong, and changes nothing.',
  )
  await play(stage, 'audit')
  narrate(stage, 'As JSON it is kept, to compare with later.')
  await play(stage, 'audit', '--json', '--output', 'before.json')
  narrate(
    stage,
    'One entry of patrol.yaml for each organization takes the place of "Old laptop", with narrower scopes.',
  )
  await play(stage, 'migrate', 'global', '--narrow', 'write', '--revoke-replaced', '--in-place')
  narrate(
    stage,
    'Who uses it? In contoso pipelines do, which read a variable group, and in fabrikam a mirror, which reads a file. Somebody writes that down.',
  )
  edit(stage, delivered('old-laptop-contoso', 'pipelines'))
  edit(stage, delivered('old-laptop-fabrikam', 'mirror'))
  narrate(stage, 'The successors are created, proven, stored and delivered. The old PAT goes on working for now.')
  await play(stage, 'apply')
  await play(stage, 'plan')
  emulator.travel(hour + 10 * minute)
  narrate(
    stage,
    'An hour later no run that was slow can put an older value on top any more: both copies are delivered once more.',
  )
  await play(stage, 'apply')
  emulator.travel(2 * day + 10 * minute)
  narrate(stage, 'Two days later every successor is in place and the overlap has passed: the old PAT is revoked.')
  await play(stage, 'apply')
  narrate(
    stage,
    'The audit again: "Old laptop" is gone. With --check it would fail for what is new and bad; what was known before is worked off one by one.',
  )
  await play(stage, 'audit', '--since', 'before.json', '--check')
  await play(stage, 'migrate', 'global')
}
