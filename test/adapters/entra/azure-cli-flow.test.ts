import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AzureCli,
  azureCliFailure,
  azureCliSignIn,
  wrongUser,
} from '../../../src/adapters/entra/azure-cli-flow.ts'
import type { UserSignIn } from '../../../src/adapters/user-sign-in.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { hour, minute } from '../../../src/core/time.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

let world: EmulatedWorld
beforeAll(async () => {
  world = await emulatedWorld()
})
afterAll(() => world.close())

const shown = (name = user, type = 'user'): string =>
  JSON.stringify({ id: 's', tenantId: tenant, user: { name, type }, isDefault: true })

function cli(changes: Partial<AzureCli> = {}) {
  const calls: string[] = []
  const installed: AzureCli = {
    account: async () => {
      calls.push('account')
      return changes.account === undefined ? shown() : changes.account()
    },
    token: async (scope, named) => {
      calls.push(`token ${scope} ${named}`)
      if (changes.token !== undefined) return changes.token(scope, named)
      return { token: `token-${calls.length}`, expiresOnTimestamp: Date.now() + hour }
    },
  }
  return { installed, calls }
}

function signIn(installed: AzureCli, written = tenant): UserSignIn {
  const { transport, clock, events, stop } = world
  return azureCliSignIn(
    { name: 'me', user, tenant: written === '' ? undefined : async () => written },
    {
      transport,
      clock,
      reporter: { report: (event) => events.push(event) },
      stopping: () => stop.signal.aborted,
      entra: 'https://login.microsoftonline.com',
      entraOverridden: false,
    },
    installed,
  )
}

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

const failed = (stderr: string, code = 1): Error => Object.assign(new Error('Command failed: az'), { stderr, code })

describe('whoever is signed in to the Azure CLI', () => {
  it('is looked at once, and gives tokens for each audience', async () => {
    const { installed, calls } = cli()
    const shared = signIn(installed)
    const { value, expiresAt } = await shared.accessToken('azure-devops')
    expect(String(value)).toBe('[secret]')
    expect(Math.abs((expiresAt ?? 0) - world.clock.now() - hour)).toBeLessThan(minute)
    await Promise.all([shared.accessToken('azure-devops'), shared.accessToken('key-vault')])
    expect(calls).toEqual([
      'account',
      `token 499b84ac-1321-427f-aa17-267ca6975798/.default ${tenant}`,
      `token https://vault.azure.net/.default ${tenant}`,
    ])
  })

  it.each(['', 'organizations'])('is asked for no tenant when it is %j', async (written) => {
    const { installed, calls } = cli()
    await signIn(installed, written).accessToken('azure-devops')
    expect(calls.at(-1)).toMatch(/ undefined$/)
  })

  it('is refused as somebody else, once, and no token is asked for', async () => {
    const { installed, calls } = cli({ account: async () => shown('me@home.example') })
    const shared = signIn(installed)
    const error = await failure(shared.accessToken('azure-devops'))
    expect(error).toMatchObject({
      code: 'wrong-account',
      remedy: expect.stringContaining(`az login --tenant ${tenant}`),
    })
    expect(error.message).toContain('signed in as me@home.example')
    await failure(shared.accessToken('azure-devops'))
    expect(calls).toEqual(['account'])
  })
})

describe('what az account show prints', () => {
  const account = { name: 'me', user }
  it.each([
    [shown(), undefined],
    [shown(user.toUpperCase()), undefined],
    [shown('other@contoso.example'), 'wrong-account'],
    [shown('c11e0000-0000-4000-8000-000000000001', 'servicePrincipal'), 'not-a-user-token'],
    [shown('systemAssignedIdentity', 'servicePrincipal'), 'not-a-user-token'],
    ['', 'unexpected-answer'],
    ['{}', 'unexpected-answer'],
    ['{"user":null}', 'unexpected-answer'],
  ])('%s is %s', (text, code) => {
    expect(wrongUser(text, account, undefined)?.code).toBe(code)
  })
})

describe('a failure of the Azure CLI', () => {
  const scope = 'https://vault.azure.net/.default'
  const judged = (thrown: unknown) => azureCliFailure('me', thrown, scope, 'contoso.com')
  const enoent = Object.assign(new Error('spawn az ENOENT'), { code: 'ENOENT' })

  it.each<[unknown, string, string]>([
    [enoent, 'sign-in-misconfigured', 'Install the Azure CLI'],
    [
      new Error('Azure CLI could not be found. Please visit https://aka.ms/azure-cli'),
      'sign-in-misconfigured',
      'Install',
    ],
    [failed("ERROR: Please run 'az login' to setup account."), 'sign-in-expired', 'az login --tenant contoso.com'],
    [
      failed('ERROR: AADSTS700082: The refresh token has expired due to inactivity.'),
      'sign-in-expired',
      `--scope ${scope}`,
    ],
    [
      failed('AADSTS50076: multi-factor. Run az login --scope x'),
      'sign-in-mfa-required',
      'az login --tenant contoso.com',
    ],
    [failed('AADSTS53003: blocked'), 'sign-in-blocked', 'Conditional Access'],
    [failed('AADSTS90002: tenant not found'), 'sign-in-misconfigured', '`tenant`'],
    [failed('ERROR: connection reset'), 'sign-in-unavailable', 'az account get-access-token'],
    [new Error(''), 'sign-in-unavailable', 'az account get-access-token'],
  ])('%s is %s', (thrown, code, remedy) => {
    const { error } = judged(thrown)
    expect(error.code).toBe(code)
    expect(error.remedy).toContain(remedy)
    expect(error.message).toContain('signing in account me by the Azure CLI')
  })

  it('that a person must lift is not provoked again; one of the network is tried again', async () => {
    const signedOut = cli({ token: () => Promise.reject(failed("Please run 'az login'")) })
    const first = signIn(signedOut.installed)
    expect((await failure(first.accessToken('azure-devops'))).code).toBe('sign-in-expired')
    await failure(first.accessToken('azure-devops'))
    expect(signedOut.calls.filter((each) => each.startsWith('token'))).toHaveLength(1)
    const offline = cli({ token: () => Promise.reject(failed('connection reset')) })
    expect((await failure(signIn(offline.installed).accessToken('azure-devops'))).code).toBe('sign-in-unavailable')
    expect(offline.calls.filter((each) => each.startsWith('token'))).toHaveLength(3)
  })
})
