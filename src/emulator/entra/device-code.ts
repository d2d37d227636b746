import { randomBytes, randomInt } from 'node:crypto'
import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { SecretLedger } from '../secret-ledger.ts'
import type { World } from '../world.ts'
import { knownClient } from './authorize-request.ts'
import { authenticateClient } from './client-authentication.ts'
import type { Client, Tenant } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { demandScopes, permissionsOf } from './scope-grant.ts'
import type { SignInSession } from './sign-in-session.ts'
import { parameter, type TokenRequest } from './token-request.ts'

/** A sign-in that a device began and a browser elsewhere is to end. */
export interface DeviceGrant {
  readonly deviceCode: string
  readonly userCode: string
  readonly client: Client
  readonly tenant: Tenant | undefined
  readonly scope: string
  readonly claims: string | undefined
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  polledAt: number
  outcome: 'pending' | 'declined' | 'redeemed' | SignInSession
}

/** No letters and digits that look alike, and no vowels, so that no code is a word. */
const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXYZ23456789'
const USER_CODE_LENGTH = 9

/** The device codes that were given out. */
export class DeviceBook {
  readonly #grants = new Map<string, DeviceGrant>()
  readonly #ledger: SecretLedger

  constructor(ledger: SecretLedger) {
    this.#ledger = ledger
  }

  open(asked: Pick<DeviceGrant, 'client' | 'tenant' | 'scope' | 'claims' | 'expiresAt'>): DeviceGrant {
    const deviceCode = this.#ledger.note(randomBytes(96).toString('base64url'))
    const letters = Array.from(
      { length: USER_CODE_LENGTH },
      () => USER_CODE_ALPHABET[randomInt(USER_CODE_ALPHABET.length)],
    )
    const grant: DeviceGrant = {
      ...asked,
      deviceCode,
      userCode: letters.join(''),
      polledAt: Number.NEGATIVE_INFINITY,
      outcome: 'pending',
    }
    this.#grants.set(deviceCode, grant)
    return grant
  }

  find(deviceCode: string): DeviceGrant | undefined {
    return this.#grants.get(deviceCode)
  }

  /** The grant that waits for a person under this code; people write it in either case and with blanks. */
  findWaiting(userCode: string, at: number): DeviceGrant | undefined {
    const written = userCode.replaceAll(/[\s-]/g, '')
    return [...this.#grants.values()].find(
      (grant) => sameName(grant.userCode, written) && grant.outcome === 'pending' && at < grant.expiresAt,
    )
  }
}

/**
 * `POST /{tenant}/oauth2/v2.0/devicecode`.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code#device-authorization-request
 */
export function answerDeviceRequest(world: World, call: Call, authority: string, tenant: Tenant | undefined): Answer {
  const form = new URLSearchParams(call.body)
  const id = parameter(form, 'client_id')
  if (sameName(authority, 'common') || sameName(authority, 'consumers')) throw new EntraError(90133)
  const client = knownClient(world, id, tenant)
  call.principal = client.id
  const scope = parameter(form, 'scope')
  const { resource } = demandScopes(world, scope)
  if (resource !== undefined && permissionsOf(world, client, resource.audience).length === 0) {
    throw new EntraError(650057)
  }
  const { deviceCodeSeconds, devicePollSeconds } = world.switches
  const grant = world.devices.open({
    client,
    tenant,
    scope,
    claims: form.get('claims') ?? undefined,
    expiresAt: call.at + deviceCodeSeconds * 1000,
  })
  const page = `${world.endpoints.entra}/common/oauth2/deviceauth`
  return jsonAnswer(200, {
    user_code: grant.userCode,
    device_code: grant.deviceCode,
    verification_uri: page,
    expires_in: deviceCodeSeconds,
    interval: devicePollSeconds,
    message: `To sign in, open ${page} in a browser and enter the code ${grant.userCode}.`,
  })
}

/**
 * Answers a poll: with the session when the person is done, else by throwing what to do.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code#expected-errors
 */
export async function redeemDeviceCode(
  world: World,
  request: TokenRequest,
): Promise<{ session: SignInSession; scope: string }> {
  const { call, form, client } = request
  const grant = world.devices.find(parameter(form, 'device_code'))
  await authenticateClient(world, request)
  if (!client.confidential && !client.allowPublicFlows) throw new EntraError(7000218)
  if (grant === undefined || grant.client !== client) throw new EntraError(70018)
  const sincePollMs = call.at - grant.polledAt
  grant.polledAt = call.at
  const { outcome } = grant
  if (outcome === 'declined') throw new EntraError(65004, '', { errorName: 'authorization_declined' })
  if (outcome === 'redeemed') throw new EntraError(54005)
  if (call.at >= grant.expiresAt) throw new EntraError(70020)
  if (outcome !== 'pending') {
    grant.outcome = 'redeemed'
    return { session: outcome, scope: grant.scope }
  }
  const isTooFast = sincePollMs < world.switches.devicePollSeconds * 1000
  if (isTooFast && world.switches.devicePolledTooFast === 'slow_down') {
    throw new EntraError(70016, 'Ask less often.', { errorName: 'slow_down' })
  }
  throw new EntraError(70016)
}
