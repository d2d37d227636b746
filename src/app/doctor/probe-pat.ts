import { type Check, failed, faulty, passed, type Subject, warned } from '../../core/check.ts'
import { asPatrolError, type PatrolError } from '../../core/errors.ts'
import { installationOf, markedName, markOf, randomLength } from '../../core/names.ts'
import type { Pat } from '../../core/pat.ts'
import { after, before, type Duration, hour, type Instant, minute, second, times } from '../../core/time.ts'
import type { Authority, Minted, SignedInUser } from '../../ports/authority.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Probe } from '../../ports/prober.ts'
import type { World } from '../../ports/world.ts'

const displayName = 'Patrol doctor'

/** No store has this identity, so no token of any installation takes a probe for one of its own. */
const installation = installationOf('patrol doctor', 'probe')

/** Another examination may be at work with a probe that is younger. */
const longestExamination = times(10, minute)

/** A new PAT takes a while to be known everywhere. */
const waits: readonly Duration[] = [0, 1, 2, 4, 8].map((count) => times(count, second))

/** Probes of earlier examinations that were killed before they could revoke them. */
export function leftProbes(pats: readonly Pat[], now: Instant): readonly Pat[] {
  return pats.filter(({ displayName: name, validFrom }) => {
    const mark = markOf(name)
    const isProbe = mark?.base === displayName && mark.installation === installation
    return isProbe && validFrom < before(now, longestExamination)
  })
}

/** Ends what was left, as far as it can be ended. */
export async function revokeLeft(
  world: World,
  authority: Authority,
  subject: Subject,
  left: readonly Pat[],
): Promise<Check> {
  const failures: PatrolError[] = []
  for (const { authorizationId } of left) {
    const failure = await revoke(world, authority, subject.organization ?? '', authorizationId)
    if (failure !== undefined) failures.push(failure)
  }
  const [failure] = failures
  const count = left.length === 1 ? 'a PAT' : `${left.length} PATs`
  if (failure !== undefined) return failed('left-pats', subject, failure)
  return passed('left-pats', subject, `${count} of an examination that was interrupted: revoked`)
}

/** What is said of them where nothing may be changed. */
export function judgeLeft(subject: Subject, left: readonly Pat[]): Check {
  const [first] = left
  const ids = left.map(({ authorizationId }) => authorizationId).join(', ')
  return warned(
    'left-pats',
    subject,
    `an examination that was interrupted left ${left.length === 1 ? 'a PAT' : 'PATs'} of an hour (${ids})`,
    `Run \`patrol doctor --write\`, which revokes what was left, or \`patrol revoke ${first?.authorizationId ?? 'ID'}\`.`,
  )
}

/**
 * Creates a PAT of one hour, tries it and revokes it again, whatever happens in between: also when the answer to its
 * creation is lost, and when the program is told to stop.
 *
 * @param owner who is signed in, and so must be whom the PAT works as
 */
export async function tryToCreate(
  world: World,
  authority: Authority,
  subject: Subject & { readonly organization: string },
  owner: SignedInUser,
  scope: string,
): Promise<Check> {
  const { organization } = subject
  const name = markedName(displayName, installation + world.random.characters(randomLength))
  const request = { displayName: name, scopes: [scope], validTo: after(world.clock.now(), hour) }
  let minted: Minted
  try {
    minted = await authority.mint(organization, request, limitsNow(world))
  } catch (thrown) {
    const failure = asPatrolError(thrown)
    const check = failed('create-pat', subject, failure)
    if (failure.outcome === 'none') return check
    return { ...check, message: `${check.message}; ${await endLost(world, authority, organization, name)}` }
  }
  const { authorizationId } = minted.pat
  const probe = await proveAndDescribe(world, organization, minted)
  const failure = await revoke(world, authority, organization, authorizationId)
  if (failure !== undefined) {
    const message = `PAT ${authorizationId} was created and could not be revoked again: ${failure.message}`
    const remedy = `Run \`patrol doctor --write\` again, or \`patrol revoke ${authorizationId}\`; it ends by itself within the hour.`
    return faulty('create-pat', subject, failure.code, message, remedy)
  }
  return judgeProbe(subject, probe, owner, scope)
}

/** What the new PAT showed, as a check. */
export function judgeProbe(subject: Subject, probe: Probe, owner: SignedInUser, scope: string): Check {
  const made = `a PAT of one hour with ${scope} was created`
  if (probe.kind === 'works' && (probe.ownerId === undefined || probe.ownerId === owner.id)) {
    return passed('create-pat', subject, `${made}, worked, and was revoked`)
  }
  if (probe.kind === 'works') {
    const message = `${made} and revoked, but it worked as somebody else than ${owner.user ?? owner.id}`
    return faulty('create-pat', subject, 'verification-failed', message)
  }
  const why = probe.kind === 'anonymous' ? 'it was answered as anonymous' : probe.message
  const remedy =
    'Try again. If it stays so, a new token cannot prove itself by connectionData: choose another `verify` for the tokens of this organization.'
  return warned('create-pat', subject, `${made} and revoked, but did not prove itself: ${why}`, remedy)
}

async function proveAndDescribe(world: World, organization: string, { value }: Minted): Promise<Probe> {
  let probe: Probe = { kind: 'unknown', message: 'it was not tried' }
  for (const wait of waits) {
    if (wait > 0) {
      if (world.stopping()) return probe
      await world.clock.sleep(wait)
    }
    probe = await world.prober.probe(organization, value, { kind: 'connection-data' })
    if (probe.kind === 'works') return probe
  }
  return probe
}

/** The answer to the creation was lost: if the PAT is there, nobody has its value, and it is ended. */
async function endLost(world: World, authority: Authority, organization: string, name: string): Promise<string> {
  try {
    const lost = (await authority.listActive(organization)).find((pat) => pat.displayName === name)
    if (lost === undefined) return 'the list shows no PAT that came of it'
    const failure = await revoke(world, authority, organization, lost.authorizationId)
    const end = failure === undefined ? 'was revoked' : 'ends by itself within the hour'
    return `PAT ${lost.authorizationId} came of it and ${end}`
  } catch {
    return 'whether a PAT came of it could not be seen; it ends by itself within the hour'
  }
}

async function revoke(
  world: World,
  authority: Authority,
  organization: string,
  authorizationId: string,
): Promise<PatrolError | undefined> {
  let failure: PatrolError | undefined
  for (const wait of waits.slice(0, 3)) {
    if (wait > 0) await world.clock.sleep(wait, 'go-on')
    try {
      await authority.revoke(organization, authorizationId, limitsNow(world))
      return undefined
    } catch (thrown) {
      failure = asPatrolError(thrown)
    }
  }
  return failure
}

/** For a request that is sent now. */
export function limitsNow(world: World): Limits {
  return { sendBy: world.clock.elapsed() + times(2, minute), timeout: times(100, second) }
}
