import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import { day, hour, minute } from '../../core/time.ts'
import { type Stage, narrate, play, playAndKill } from '../demo-stage.ts'
import { writeEstate } from '../emulated-estate.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { millisecondsText } from '../time-text.ts'

export interface DemoOptions {
  readonly keep?: boolean
}

const tenant = '11111111-2222-3333-4444-555555555555'
const owner = 'ci-bot@contoso.example'
const organization = 'contoso'

/** PATs as people leave them behind. The one that is due in three days is rotated, the last ones are extended. */
const pats = [
  { displayName: 'Nightly build', scope: 'vso.build vso.code', validFrom: '-27d', validTo: '+3d' },
  { displayName: 'Dashboards', scope: 'vso.dashboards', validFrom: '-50d', validTo: '+10d' },
  { displayName: 'Release notes', scope: 'vso.work', validFrom: '-2d', validTo: '+58d' },
  { displayName: 'Do everything', scope: 'app_token', validFrom: '-5d', validTo: '+55d' },
  { displayName: 'Old laptop', scope: 'vso.code', validFrom: '-200d', validTo: '+60d', allOrgs: true },
  { displayName: 'Forgotten', scope: 'vso.code', validFrom: '-90d', validTo: '-1d' },
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

/** How far the story goes; it begins so long ago that it ends about now, when a real process has to share its clock. */
const story = 2 * day + 2 * hour

/** `patrol demo`: the main job, on an emulator in this process. */
export const demoCommand: Command<DemoOptions> = async (invocation, { keep }) => {
  const { io, pen, options } = invocation
  if (options.json) {
    throw new PatrolError('usage', 'the demonstration is a story for people', { remedy: 'Leave --json out.' })
  }
  const beganAt = io.monotonic()
  const { startEmulator } = await import('../../emulator/emulator.ts')
  const directory = mkdtempSync(join(tmpdir(), 'patrol-demo-'))
  const emulator = await startEmulator({ certificateDir: directory, startAt: io.wall() - story, fixture: { pats } })
  try {
    const { configFile, environmentFile, variables } = writeEstate(emulator, directory, tenant, organization, tokens)
    const stage: Stage = { io, pen, emulator, configFile, variables }
    await tell(stage)
    io.stdout(`\n${pen.colour('green', `done, in ${millisecondsText(io.monotonic() - beganAt)}`)}\n`)
    if (keep === true) {
      io.stdout(`\nthe emulator stays up until Ctrl-C; in another shell:\n\n  . ${environmentFile}\n  patrol status\n`)
      await invocation.awaitStop()
    }
    return exitCodes.done
  } finally {
    await emulator.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function tell(stage: Stage): Promise<void> {
  const { emulator } = stage
  narrate(stage, 'A service account has some PATs. One is about to expire, one is global, one may do everything.')
  await play(stage, 'list')
  narrate(stage, 'What is wrong with them, and what to do about it? An audit tells, and changes nothing.')
  await play(stage, 'audit')
  narrate(
    stage,
    'patrol.yaml declares a package-feed token with two targets, rotates what is called Nightly…, and extends the rest. The plan:',
  )
  await play(stage, 'plan')
  narrate(
    stage,
    'So be it. New values go into Azure Key Vault, and copies into a variable group of the pipelines and an .npmrc; the old PAT goes on working for whoever still uses it.',
  )
  await play(stage, 'apply')
  narrate(stage, 'The overlap: two PATs of nightly-build work. Running again changes nothing.')
  await play(stage, 'apply')
  await play(stage, 'status')
  writeFileSync(join(dirname(stage.configFile), 'consumer.npmrc'), '')
  narrate(stage, 'Somebody empties the .npmrc. The next run sees it, and delivers the copy again.')
  await play(stage, 'apply')
  emulator.travel(2 * day + 5 * minute)
  narrate(stage, 'Two days later every consumer has read the new value, and the old PAT is revoked.')
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
    'The vault still hands out a PAT that works. An hour later a run finds the one that nobody holds, and collects it. Copies are delivered once more, now that no older one can still be on its way.',
  )
  await play(stage, 'apply')
  await play(stage, 'status')
  narrate(
    stage,
    '"Old laptop" works in all organizations, and stops on 1 December 2026 with all its like. What takes its place is proposed, as entries of patrol.yaml; nothing is changed yet.',
  )
  await play(stage, 'migrate', 'global', '--narrow', 'read')
  narrate(
    stage,
    'With --in-place they are written, `patrol apply` creates and delivers the successors, and revokes the old one when all are in place. "Do everything" is extended like the rest, and `list` goes on saying that it may do everything.',
  )
}
