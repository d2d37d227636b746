import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { day, hour, minute } from '../core/time.ts'
import {
  announce,
  narrate,
  organization,
  owner,
  play,
  playAndKill,
  recite,
  type Scenery,
  type Stage,
} from './demo-stage.ts'

/** PATs as people leave them behind. The one that is due in three days is rotated, the others are extended. */
const pats = [
  { displayName: 'Nightly build', scope: 'vso.build vso.code', validFrom: '-27d', validTo: '+3d' },
  { displayName: 'Dashboards', scope: 'vso.dashboards', validFrom: '-50d', validTo: '+10d' },
  { displayName: 'Release notes', scope: 'vso.work', validFrom: '-2d', validTo: '+58d' },
  { displayName: 'Do everything', scope: 'app_token', validFrom: '-5d', validTo: '+55d' },
].map((pat) => ({ owner, organization, ...pat }))

/** Two consumers of the feed: pipelines, which read a variable group, and somebody's npm. */
const tokens = `targets:
  pipelines:
    type: azure-devops-variable-group
    project: Fabrikam
    variableGroup: build
    variable: FEED_PAT
  npm:
    type: npmrc
    path: ./consumer.npmrc
    registry: https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/
    group: 2
tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
    targets:
      - pipelines
      - npm
  - match: Nightly*
    method: rotate
  - match: "*"
    method: renew
    lifetime: 60d
    renewBefore: 20d
`

/** How far the act goes; it begins so long ago that it ends about now, when a real process has to share its clock. */
const story = 2 * day + 2 * hour

/** @param now milliseconds since the epoch */
export function dailyScenery(now: number): Scenery {
  return { fixture: { pats }, startAt: now - story, tokens }
}

/** The main job: tokens are created, delivered, extended, rotated and revoked, and what breaks is made whole. */
export async function dailyWork(stage: Stage): Promise<void> {
  const { emulator } = stage
  announce(stage, 'First act: tokens that nobody has to think of')
  narrate(stage, 'A service account has some PATs. One is about to expire, and one may do everything.')
  await play(stage, 'list')
  narrate(
    stage,
    'patrol.yaml declares a package-feed token with two targets, rotates what is called Nightly…, and extends the rest:',
  )
  recite(stage, tokens)
  narrate(stage, 'The plan:')
  await play(stage, 'plan')
  narrate(
    stage,
    'So be it. New values go into Azure Key Vault, and copies into a variable group of the pipelines and an .npmrc; the old PAT goes on working for whoever still uses it.',
  )
  await play(stage, 'apply')
  narrate(stage, 'The overlap: two PATs of nightly-build work. Running again changes nothing.')
  await play(stage, 'apply')
  await play(stage, 'status')
  writeFileSync(join(stage.directory, 'consumer.npmrc'), '')
  narrate(stage, 'Somebody empties the .npmrc. The next run sees it, and delivers the copy again.')
  await play(stage, 'apply')
  emulator.travel(2 * day + 5 * minute)
  narrate(
    stage,
    'Two days later every consumer has read the new value, and the old PAT is revoked. The copies are delivered once more, now that no older one can still be on its way.',
  )
  await play(stage, 'apply')
  const leaked = emulator.pats().find((pat) => pat.displayName.startsWith('Package feed'))
  if (leaked !== undefined) emulator.revokeOutside(leaked.authorizationId, 'scanner')
  narrate(
    stage,
    'Somebody pushed package-feed to a public repository, and the leak scanner revoked it. The next run replaces it.',
  )
  await play(stage, 'apply')
  narrate(stage, 'The power fails in the middle of a rotation.')
  await playAndKill(stage, 'rotate', 'nightly-build')
  emulator.travel(70 * minute)
  narrate(
    stage,
    'The vault still hands out a PAT that works. An hour later a run finds the one that nobody holds, and collects it. Copies of a new value are delivered once more then, as before.',
  )
  await play(stage, 'apply')
  await play(stage, 'status')
}
