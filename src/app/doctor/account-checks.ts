import { type Check, failed, obstacle, passed, skipped, skippedAfter } from '../../core/check.ts'
import { asPatrolError, type PatrolError, remedies } from '../../core/errors.ts'
import type { Pat } from '../../core/pat.ts'
import { between } from '../../core/time.ts'
import type { SignedInUser } from '../../ports/authority.ts'
import { Owners } from '../../reconcile/owners.ts'
import type { WantedAccount } from '../config/wanted.ts'
import { judgeSignIn, narrowestScope } from './judgements.ts'
import type { Order, Patient } from './patient.ts'
import { judgeLeft, leftProbes, revokeLeft, tryToCreate } from './probe-pat.ts'
import { type AccountScope, asksEntra, type OrganizationScope } from './scope.ts'

/**
 * What an account can do.
 *
 * @param way what is in the way to the services that it signs in at, if anything is
 */
export async function accountChecks(
  patient: Patient,
  order: Order,
  { account, organizations }: AccountScope,
  way: { readonly entra: Check | undefined; readonly azureDevOps: Check | undefined; readonly clock: Check },
): Promise<{ readonly signIn: Check; readonly checks: readonly Check[] }> {
  const subject = { account: account.name }
  const blocked = asksEntra(account) ? obstacle(way.entra) : undefined
  const signIn = blocked === undefined ? await signInCheck(patient, account) : skippedAfter('sign-in', subject, blocked)
  const owners = new Owners(patient.world)
  const isMeant = order.account === undefined || order.account === account.name
  const inside = await Promise.all(
    (isMeant ? organizations : []).map((organization) =>
      organizationChecks({ patient, order, account, owners }, organization, signIn, way),
    ),
  )
  const none = isMeant && organizations.length === 0
  const nothing = none ? [skipped('user', subject, 'no token or rule of this account names an organization')] : []
  return { signIn, checks: [signIn, ...nothing, ...inside.flat()] }
}

async function signInCheck({ signIns, world }: Patient, { name, user, signIn }: WantedAccount): Promise<Check> {
  world.reporter.report({ kind: 'observing', what: `the sign-in of ${name}` })
  try {
    const way = signIns.get(name)
    const token = await way?.accessToken('azure-devops')
    const now = world.clock.now()
    const tokenLife = token?.expiresAt === undefined ? undefined : between(now, token.expiresAt)
    return judgeSignIn({ name, user, method: signIn.method }, tokenLife, await way?.kept?.life(), now)
  } catch (thrown) {
    return failed('sign-in', { account: name }, asPatrolError(thrown))
  }
}

interface Examined {
  readonly patient: Patient
  readonly order: Order
  readonly account: WantedAccount
  readonly owners: Owners
}

async function organizationChecks(
  examined: Examined,
  organization: OrganizationScope,
  signIn: Check,
  way: { readonly azureDevOps: Check | undefined; readonly clock: Check },
): Promise<readonly Check[]> {
  const { patient, order, account, owners } = examined
  const { world } = patient
  const subject = { account: account.name, organization: organization.name }
  const skipCreation = (): Check => skipped('create-pat', subject, 'nothing is created without --write')
  const outside = obstacle(signIn, way.azureDevOps)
  if (outside !== undefined) {
    const names = ['user', 'list-pats', ...(order.write ? ['create-pat' as const] : [])] as const
    return [...names.map((name) => skippedAfter(name, subject, outside)), ...(order.write ? [] : [skipCreation()])]
  }
  world.reporter.report({ kind: 'observing', what: `${account.name} in ${organization.name}` })
  const { user, owner } = await userCheck(owners, account, organization.name)
  const listing = await listCheck(examined, organization.name, user)
  const left = await leftCheck(examined, organization.name, listing.pats, user)
  if (!order.write) return [user, listing.check, ...left, skipCreation()]
  const blocked = obstacle(user, listing.check, way.clock)
  if (blocked !== undefined || owner === undefined) {
    return [user, listing.check, ...left, skippedAfter('create-pat', subject, blocked ?? user)]
  }
  if (world.stopping()) return [user, listing.check, ...left, skipped('create-pat', subject, 'told to stop')]
  world.reporter.report({ kind: 'observing', what: `a new PAT of ${account.name} in ${organization.name}` })
  const authority = authorityOf(patient, account)
  const creation = await tryToCreate(world, authority, subject, owner, narrowestScope(organization.scopes))
  return [user, listing.check, ...left, creation]
}

async function userCheck(
  owners: Owners,
  { name: account, user }: WantedAccount,
  organization: string,
): Promise<{ readonly user: Check; readonly owner: SignedInUser | undefined }> {
  const subject = { account, organization }
  try {
    const owner = await owners.check({ account, organization, owner: user })
    return { user: passed('user', subject, `${user} is who is signed in`), owner }
  } catch (thrown) {
    return { user: failed('user', subject, asPatrolError(thrown)), owner: undefined }
  }
}

async function listCheck(
  { patient, account }: Examined,
  organization: string,
  user: Check,
): Promise<{ readonly check: Check; readonly pats: readonly Pat[] }> {
  const subject = { account: account.name, organization }
  // Whose PATs are listed does not matter to whether they can be.
  const blocked = user.code === 'wrong-account' ? undefined : obstacle(user)
  if (blocked !== undefined) return { check: skippedAfter('list-pats', subject, blocked), pats: [] }
  try {
    const pats = await authorityOf(patient, account).listActive(organization)
    const count = `${pats.length === 0 ? 'no' : pats.length} active PAT${pats.length === 1 ? '' : 's'}`
    return { check: passed('list-pats', subject, `the PAT API lists ${count}`), pats }
  } catch (thrown) {
    const failure = asPatrolError(thrown)
    return { check: failed('list-pats', subject, failure, listRemedy(failure, account)), pats: [] }
  }
}

/** Azure DevOps let the user in and its PAT API did not: with an application of one's own its permissions are the likely cause. */
function listRemedy({ code, remedy }: PatrolError, { clientId }: WantedAccount): string {
  if (code !== 'not-signed-in' || clientId === undefined) return remedy
  return `Give the application ${clientId} the delegated permissions vso.pats and vso.pats_manage of Azure DevOps, with admin consent: \`patrol setup entra --print\` shows how. ${remedies[code]}`
}

async function leftCheck(
  { patient, order, account }: Examined,
  organization: string,
  pats: readonly Pat[],
  user: Check,
): Promise<readonly Check[]> {
  const subject = { account: account.name, organization }
  const left = leftProbes(pats, patient.world.clock.now())
  if (left.length === 0) return []
  if (!order.write || obstacle(user) !== undefined) return [judgeLeft(subject, left)]
  return [await revokeLeft(patient.world, authorityOf(patient, account), subject, left)]
}

function authorityOf({ world }: Patient, { name }: WantedAccount) {
  const authority = world.authorities.get(name)
  if (authority === undefined) throw new Error(`the world has no authority for the account ${name}`)
  return authority
}
