import type { Call } from '../exchange.ts'
import type { World } from '../world.ts'
import type { Client, Tenant } from './directory.ts'
import { EntraError } from './entra-error.ts'

export interface TokenRequest {
  readonly call: Call
  readonly form: URLSearchParams
  /** Absent for `common`, `organizations` and `consumers`. */
  readonly tenant: Tenant | undefined
  /** The tenant segment as written. */
  readonly authority: string
  readonly client: Client
}

/** The value of a parameter the request cannot do without. */
export function parameter(form: URLSearchParams, name: string): string {
  const value = form.get(name)
  if (value === null || value === '') throw new EntraError(900144, `Its name is '${name}'.`)
  return value
}

/** The tenant of an address; undefined for those that several tenants share. */
export function tenantOf(world: World, authority: string): Tenant | undefined {
  if (['common', 'organizations', 'consumers'].includes(authority.toLowerCase())) return undefined
  const tenant = world.directory.tenant(authority)
  if (tenant === undefined) throw new EntraError(90002, `Its name is '${authority}'.`)
  return tenant
}
