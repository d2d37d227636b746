import { AccessTokenSignIn } from '../adapters/entra/access-token-sign-in.ts'
import { type Reach, signInPerson } from '../adapters/entra/person-sign-in.ts'
import { asPatrolError, PatrolError } from '../core/errors.ts'
import type { SignInLife } from '../core/sign-in-life.ts'
import type { Secret } from '../core/secret.ts'
import { signsIn } from '../core/sign-in-merge.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { SignInStore } from '../ports/sign-in-store.ts'
import type { OpenAccount } from './open-account.ts'

export type { DeviceCode, Reach } from '../adapters/entra/person-sign-in.ts'

export interface LoginParts {
  readonly clock: Clock
  readonly random: Random
  /** Aborted when it is over: with the reason `time-out`, or any other when the program was told to stop. */
  readonly ending: AbortSignal
}

/** A sign-in that is kept from now on. */
export interface Login {
  readonly user: string
  readonly life: SignInLife
  /** Where it is kept, for people. */
  readonly place: string
  /** The organization in which the PATs were listed with it; undefined when that was not possible. */
  readonly triedIn: string | undefined
  /** Why not, where that is no reason to throw the sign-in away. */
  readonly untried: PatrolError | undefined
}

/** Failures that say nothing about the sign-in. */
const passing: ReadonlySet<string> = new Set(['service-unavailable', 'throttled', 'unexpected-answer'])

/**
 * Lets a person sign in for an account, makes sure that it is the right person and that the sign-in can do what it is
 * for, and keeps it. The store is opened first: nobody should sign in for nothing.
 *
 * @throws PatrolError `wrong-account` and whatever the sign-in, the organization or the store refuse with
 */
export async function login(account: OpenAccount, reach: Reach, parts: LoginParts): Promise<Login> {
  const { name, user, clientId, organizations } = account.wanted
  const store = await signInStoreOf(account)
  await store.read()
  const person = { account: name, tenant: account.tenant, clientId, user, ending: parts.ending }
  const signedIn = await signInPerson(person, reach, account.entra)
  if (signedIn.user !== user) {
    throw new PatrolError('wrong-account', `account ${name} is ${user}, but ${signedIn.user} signed in`, {
      remedy: `Run \`patrol login ${name}\` again and sign in as ${user}, in a private window if the browser picks the wrong user; or correct \`user\` of the account.`,
    })
  }
  const { triedIn, untried } = await tryAnywhere(organizations, account, signedIn.token)
  const at = parts.clock.now()
  const { tenant, cache } = signedIn
  const session = parts.random.characters(16)
  const entry = { session, user, tenant, clientId: signedIn.clientId, signedInAt: at, redeemedAt: at, cache }
  await store.write(entry, signsIn)
  return { user, life: entry, place: store.place, triedIn, untried }
}

/**
 * Lists the PATs in one organization after the other, until one lets the user in: one that does not is no reason to
 * throw away a sign-in that is good for the others.
 *
 * @throws PatrolError why the first refused, when all did
 */
async function tryAnywhere(
  organizations: readonly string[],
  account: OpenAccount,
  token: Secret,
): Promise<Pick<Login, 'triedIn' | 'untried'>> {
  const authority = account.authorityWith(new AccessTokenSignIn(account.wanted.name, token))
  const failures: PatrolError[] = []
  for (const organization of organizations) {
    try {
      await authority.listActive(organization)
      return { triedIn: organization, untried: undefined }
    } catch (thrown) {
      failures.push(asPatrolError(thrown))
    }
  }
  const [refusal] = failures
  const untried = failures.find(({ code }) => passing.has(code))
  if (refusal === undefined || untried !== undefined) return { triedIn: undefined, untried }
  const { code, message, remedy, correlationId, cause } = refusal
  throw new PatrolError(code, `the sign-in worked, but is of no use: ${message}`, {
    remedy: `${remedy} Nothing was kept.`,
    cause,
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

/** What a check of a kept sign-in showed. */
export interface LoginCheck {
  readonly user: string
  readonly life: SignInLife
  readonly place: string
}

/** Uses the sign-in that is kept, and writes back what that renewed. Throws as any use of it. */
export async function checkLogin(account: OpenAccount): Promise<LoginCheck> {
  const { place } = await signInStoreOf(account)
  await account.signIn.accessToken('azure-devops')
  const life = await account.signIn.kept?.life()
  if (life === undefined)
    throw new PatrolError('sign-in-missing', `account ${account.wanted.name}: somebody signed out meanwhile`)
  return { user: account.wanted.user, life, place }
}

/** Takes the sign-in away. @returns where it stood, and whether there was one */
export async function logout(account: OpenAccount): Promise<{ readonly place: string; readonly removed: boolean }> {
  const store = await signInStoreOf(account)
  return { place: store.place, removed: await store.remove() }
}

/** @throws PatrolError `usage` for an account that does not keep its sign-in */
export function requireKept({ wanted, openSignInStore }: OpenAccount): () => Promise<SignInStore> {
  if (openSignInStore !== undefined) return openSignInStore
  throw new PatrolError(
    'usage',
    `account ${wanted.name} signs in by ${wanted.signIn.method}, which nobody needs to sign in for`,
    {
      remedy: 'Write signIn: with method: refresh-token and cache: to keep the sign-in of a person.',
    },
  )
}

function signInStoreOf(account: OpenAccount): Promise<SignInStore> {
  return requireKept(account)()
}
