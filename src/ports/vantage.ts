import type { Instant } from '../core/time.ts'

/** What a host showed when it was asked to speak TLS. */
export interface ShownCertificate {
  /** Who signed it: the common name, or else the organization. */
  readonly issuer: string
  readonly validTo: Instant
  /** Whether its chain ends at an authority that programs trust everywhere, in place of a private one. */
  readonly isPublic: boolean
}

/** The way from here to the services, as seen from this computer. Nothing of it carries credentials or changes anything. */
export interface Vantage {
  /** Host and port of the proxy that requests to this address pass; undefined when they go straight. */
  proxyOf(url: string): string | undefined
  /** The addresses of a host name. Rejects with a PatrolError when there are none. */
  addressesOf(host: string): Promise<readonly string[]>
  /** Sends one request that asks for nothing; any answer will do. Rejects with a PatrolError that says what is in the way. */
  reach(url: string): Promise<void>
  /** The certificate that is shown on the way that requests take, trusted or not; undefined when none can be had. */
  certificateOf(url: string): Promise<ShownCertificate | undefined>
  /** The permission bits of a file or directory; undefined when there is none, or where they mean nothing. */
  modeOf(path: string): Promise<number | undefined>
}
