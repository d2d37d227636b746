import type { ErrorCode } from '../../core/errors.ts'

/** Who can do something about a refused sign-in: a person at the account, whoever configures, time, or we. */
export type RefusalClass = 'person' | 'configuration' | 'later' | 'bug'

/** What refusals of one kind have in common. */
export interface RefusalFamily {
  readonly class: RefusalClass
  readonly code: ErrorCode
  /** `{account}` stands for the account's name in the configuration. */
  readonly remedy: string
  /** It refuses the account itself, whatever token was asked for, so asking for another one makes no sense. */
  readonly ofAccount?: true
}

const login = '`patrol login {account}`'

export const credentials: RefusalFamily = {
  class: 'person',
  code: 'sign-in-invalid-credentials',
  remedy:
    'Correct the stored user name or password. Patrol tried once and did not repeat it, because repeated failures lock the account.',
  ofAccount: true,
}
export const passwordExpired: RefusalFamily = {
  class: 'person',
  code: 'sign-in-expired',
  remedy: `Set a new password for the account, and update the stored one; or use \`signIn.method: refresh-token\` and run ${login}.`,
  ofAccount: true,
}
export const secondFactor: RefusalFamily = {
  class: 'person',
  code: 'sign-in-mfa-required',
  remedy: `A second factor applies, which nobody can give unattended. Use \`signIn.method: refresh-token\` and run ${login} once, where a person gives it; or \`signIn.method: agent-user\`, which needs none; or have the account excluded from the policy.`,
}
export const signInAnew: RefusalFamily = {
  class: 'person',
  code: 'sign-in-expired',
  remedy: `The sign-in of before is no longer valid (password changed, too long unused, or revoked): sign in again with ${login}.`,
}
export const policy: RefusalFamily = {
  class: 'person',
  code: 'sign-in-blocked',
  remedy:
    'A Conditional Access policy or security default blocks the sign-in. Run from an allowed network, or ask the Entra administrator for an exclusion; the sign-in log in Microsoft Entra names the policy.',
}
const tenant = configuration('Correct `tenant` of the account: the id or a domain of the tenant that owns the user.')
export const client = configuration(
  'Correct `clientId` of the account: an application of this tenant that allows public client flows, with the delegated permissions vso.pats and vso.pats_manage of Azure DevOps.',
)
export const consent = configuration(
  'An administrator must consent to the application once (API permissions of the app registration), or choose another `clientId`.',
)
export const ourFault: RefusalFamily = {
  class: 'bug',
  code: 'internal',
  remedy: 'This is a fault in Patrol. Please report it.',
}
export const busy: RefusalFamily = {
  class: 'later',
  code: 'throttled',
  remedy: 'Microsoft Entra limits the rate of sign-ins. Try again later.',
}
export const waiting: RefusalFamily = {
  class: 'later',
  code: 'sign-in-unavailable',
  remedy: 'Microsoft Entra could not decide now. Try again later.',
}
const assertion = configuration(
  'What the application shows in place of a secret is not accepted: check its certificate, or the federated credential (issuer, subject, audience) of the application.',
)
const userAssertion = configuration(
  'The token that was handed over is not accepted: it must be an access token of the user for this application (its audience is `clientId`), from this tenant.',
)

export function configuration(remedy: string): RefusalFamily {
  return { class: 'configuration', code: 'sign-in-misconfigured', remedy }
}

/**
 * By number, because the names beside the numbers vary.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export const families: ReadonlyMap<number, RefusalFamily> = new Map<number, RefusalFamily>([
  // The user
  [50034, { ...credentials, remedy: 'There is no such user in this tenant: check the user name and `tenant`.' }],
  [
    50053,
    {
      class: 'later',
      code: 'sign-in-blocked',
      remedy:
        'The account is locked after too many wrong passwords, or the address is blocked. Do not try again now: check the stored password, and wait or unlock the account.',
      ofAccount: true,
    },
  ],
  [50055, passwordExpired],
  [50144, passwordExpired],
  [
    50056,
    {
      ...configuration(
        `The account has no password in Microsoft Entra (federated or passwordless): use \`signIn.method: refresh-token\` and run ${login}.`,
      ),
      ofAccount: true,
    },
  ],
  [
    50057,
    {
      class: 'person',
      code: 'sign-in-blocked',
      remedy: 'The account is disabled: an administrator must enable it.',
      ofAccount: true,
    },
  ],
  [50126, credentials],
  // A second factor
  [50072, secondFactor],
  [50074, secondFactor],
  [50076, secondFactor],
  [50078, secondFactor],
  [50079, secondFactor],
  [50158, secondFactor],
  // Policies
  [50131, policy],
  [53000, policy],
  [53001, policy],
  [53003, policy],
  [53004, policy],
  [530032, policy],
  [530035, policy],
  // The tenant
  [50020, configuration('The user belongs to another tenant: use that one, or invite the user.')],
  [50059, tenant],
  [50128, tenant],
  [50194, tenant],
  [90002, tenant],
  [90072, configuration('The account is not known in this tenant: use its own tenant, or invite it.')],
  [90133, tenant],
  [9001023, tenant],
  // The application
  [
    50011,
    configuration(
      'Add the redirect address http://localhost to the public client (mobile and desktop) of the application.',
    ),
  ],
  [50105, configuration('Assign the user to the application, under Enterprise applications in Microsoft Entra.')],
  [65001, consent],
  [
    65002,
    configuration(
      'This client id may not ask for Azure DevOps tokens: register an own application (`patrol setup entra --print`) and name it in `clientId`.',
    ),
  ],
  [
    65004,
    {
      ...consent,
      class: 'person',
      remedy: `The person declined to consent: run ${login} again and accept, or let an administrator consent.`,
    },
  ],
  [
    500011,
    configuration('Azure DevOps is not known in this tenant: sign in to it once in a browser, and check `tenant`.'),
  ],
  [
    650057,
    configuration('Add the delegated permissions vso.pats and vso.pats_manage of Azure DevOps to the application.'),
  ],
  [700016, client],
  [700025, configuration('The application is a public client and takes no secret: remove it.')],
  [7000112, configuration('The application is disabled in this tenant: enable it, or choose another `clientId`.')],
  [
    7000114,
    configuration(
      'The application may not act on behalf of users: expose an API on it, and hand over tokens for that.',
    ),
  ],
  [7000215, configuration('The client secret is wrong: store the right one (its value, not its id).')],
  [7000218, configuration('Turn on "Allow public client flows" of the application, or choose another `clientId`.')],
  [7000222, configuration('The client secret has expired: make a new one.')],
  [7000229, configuration('The application has no service principal in this tenant: create it, or check `tenant`.')],
  [90094, consent],
  // What stands in for a secret or a user
  [50013, userAssertion],
  [500131, userAssertion],
  [
    500133,
    {
      class: 'person',
      code: 'sign-in-expired',
      remedy:
        'The token that was handed over has expired: have the broker hand over a fresh one right before each run.',
    },
  ],
  [50027, assertion],
  [70021, assertion],
  [
    70025,
    configuration('The application has no federated credential: add one for the issuer and subject of this workload.'),
  ],
  [700021, assertion],
  [700023, assertion],
  [
    700024,
    {
      ...assertion,
      remedy:
        'What the application shows in place of a secret has expired, or a clock is wrong: check the clock of this machine, and that its token file is renewed.',
    },
  ],
  [
    700027,
    configuration(
      'The certificate is not one of the application: upload its public part to the application, and check that the key belongs to it.',
    ),
  ],
  [
    700030,
    configuration(
      'The certificate’s subject is not trusted for this application: upload its public part to the application.',
    ),
  ],
  [
    700211,
    configuration('The application has no federated credential with this issuer (the message names it): add one.'),
  ],
  [
    700212,
    configuration('The application has no federated credential with this audience (the message names it): correct it.'),
  ],
  [
    700213,
    configuration(
      'The application has no federated credential with this subject (the message names it): add one, letter by letter.',
    ),
  ],
  [7002137, configuration('The agent identity does not belong to this blueprint: check `blueprint` and `agent`.')],
  [
    82001,
    configuration('An agent gets tokens of applications for nothing but the exchange: check `blueprint` and `agent`.'),
  ],
  // A sign-in that ended
  [50173, signInAnew],
  [70000, signInAnew],
  [70008, signInAnew],
  [70018, signInAnew],
  [70019, signInAnew],
  [70020, signInAnew],
  [
    70043,
    {
      ...signInAnew,
      remedy: `A policy limits how long a sign-in lasts: sign in again with ${login}, and have the sign-in frequency lengthened.`,
    },
  ],
  [700082, signInAnew],
  // Time
  [70016, waiting],
  [90055, busy],
  [
    50196,
    {
      class: 'bug',
      code: 'sign-in-unavailable',
      remedy: 'Microsoft Entra saw the same request too often and blocks it: wait some minutes, and run less often.',
    },
  ],
  // Our requests
  [70011, ourFault],
  [900144, ourFault],
  [9002313, ourFault],
])
