import { type Check, faulty, passed, skipped, type Subject, warned } from '../../core/check.ts'
import { notableSkew, type Skew } from '../../core/skew.ts'
import { diesAt, type SignInLife, signInState } from '../../core/sign-in-life.ts'
import { day, type Duration, duration, formatDuration, type Instant, second, times } from '../../core/time.ts'
import type { Remains } from '../../ports/store-trial.ts'
import type { ShownCertificate } from '../../ports/vantage.ts'

const forOthers = 0o077
const writableByOthers = 0o022

/** Whether others on this computer can read a file with a secret. */
export function judgeSecretFile(path: string, mode: number | undefined): Check | undefined {
  if (mode === undefined || (mode & forOthers) === 0) return undefined
  const bits = mode.toString(8).padStart(4, '0')
  const deed = (mode & writableByOthers) === 0 ? 'read' : 'change'
  return warned(
    'secret-files',
    {},
    `others on this computer can ${deed} ${path}, which the configuration takes a value from (mode ${bits})`,
    `chmod 600 ${path}`,
  )
}

/** Whether others can put files of their own into a store's directory. What they read there is encrypted. */
export function judgeStoreDirectory(store: string, path: string, mode: number | undefined): Check | undefined {
  if (mode === undefined || (mode & writableByOthers) === 0) return undefined
  const bits = mode.toString(8).padStart(4, '0')
  return warned(
    'secret-files',
    { store },
    `others on this computer can change what is in ${path} (mode ${bits})`,
    `chmod 700 ${path}`,
  )
}

/** Who vouches for a host. A private authority is what a proxy that opens encrypted connections looks like. */
export function certificateText(certificate: ShownCertificate): string {
  const { issuer, isPublic } = certificate
  return isPublic ? `a certificate of ${issuer}` : `a certificate of ${issuer}, a private authority`
}

/** A sign-in that worked: what it gave, and of one that a person made once, how long it lasts without use. */
export function judgeSignIn(
  { name, user, method }: { readonly name: string; readonly user: string; readonly method: string },
  tokenLife: Duration | undefined,
  life: SignInLife | undefined,
  now: Instant,
): Check {
  const subject = { account: name }
  const text = `as ${user} by ${method}: a token for Azure DevOps`
  const token = tokenLife === undefined ? text : `${text}, good for ${remainingText(tokenLife)}`
  if (life === undefined) return passed('sign-in', subject, token)
  const ago = (at: Instant): string => (now - at < day ? 'today' : `${Math.floor((now - at) / day)}d ago`)
  const rest = `${Math.max(0, Math.round((diesAt(life) - now) / day))}d`
  const kept = `a person signed in ${ago(life.signedInAt)}, it was renewed ${ago(life.redeemedAt)}, and dies in ${rest} unless it is used`
  const message = `${token}; ${kept}`
  const isWell = signInState(life, now) === 'healthy'
  const remedy = `Run \`patrol apply\` more often, or \`patrol login ${name}\`, so that it does not die.`
  return isWell ? passed('sign-in', subject, message) : warned('sign-in', subject, message, remedy)
}

/** How this computer's clock compares with the services'. */
export function judgeClock(skew: Skew): Check {
  switch (skew.kind) {
    case 'unknown':
      return skipped('clock', {}, 'no service told the time')
    case 'unreliable':
      return faulty('clock', {}, 'clock-unreliable', skew.message)
    case 'corrected': {
      const seconds = Math.round(Math.abs(skew.offset) / second)
      if (seconds === 0) return passed('clock', {}, "agrees with the services' clocks")
      const direction = skew.offset > 0 ? 'behind' : 'ahead of'
      const text = `${formatDuration(times(seconds, second))} ${direction} the services' clocks`
      const remedy = 'Set the clock of this computer. Patrol reckons with the time of the services until then.'
      return Math.abs(skew.offset) > notableSkew ? warned('clock', {}, text, remedy) : passed('clock', {}, text)
    }
  }
}

/** What a trial of a store came to. */
export function judgeRemains(subject: Subject, remains: Remains | undefined): Check {
  const tried = 'a value was written, read back and compared'
  if (remains === undefined) return passed('write-store', subject, `${tried}, and removed`)
  const { name, state } = remains
  const rest =
    state === 'disabled'
      ? `the secret ${name} stays there, disabled, because deleting is not allowed (Patrol does not need it)`
      : `the secret ${name} is deleted and goes when the time of soft delete has passed; the next trial uses it again`
  return passed('write-store', subject, `${tried}; ${rest}`)
}

const packaging = /^vso\.packaging(?:_|$)/

/**
 * The scope for a PAT that is only tried: reading one's own profile. Where a policy may let tokens for packages pass and
 * no others, and all that is declared is for packages, it is one of these.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators
 */
export function narrowestScope(declared: readonly (readonly string[] | undefined)[]): string {
  const known = declared.every((scopes) => scopes !== undefined && scopes.every((scope) => packaging.test(scope)))
  return known && declared.length > 0 ? 'vso.packaging' : 'vso.profile'
}

/** `59m`, `30s`: the time that is left, in whole units. */
export function remainingText(ms: number): string {
  const unit = ms >= 60 * second ? 60 * second : second
  return formatDuration(duration(Math.max(second, Math.floor(ms / unit) * unit)))
}
