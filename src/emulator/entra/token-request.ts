import type { Call } from '../exchange.ts'
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
