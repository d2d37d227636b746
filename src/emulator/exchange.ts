import type { IncomingHttpHeaders } from 'node:http'

/** What part of the emulated world a request is for: faults and the journal speak in these names. */
export const services = [
  'entra',
  'pats',
  'connection-data',
  'graph',
  'token-administration',
  'accounts',
  'variable-groups',
  'service-connections',
  'vault',
  'workload',
  'other',
] as const

export type Service = (typeof services)[number]

/** One request as a service sees it, with its body read. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The service's own clock at the moment the request takes effect, milliseconds since the epoch. */
  readonly at: number
  /** Set by a fault: the page that is about to be listed is to come a second time. */
  readonly pageTwice: boolean
  /** Written by the service once it knows who calls; the journal shows it. */
  principal: string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Record<string, string | readonly string[]> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

export function htmlAnswer(
  status: number,
  title: string,
  headers: Record<string, string | readonly string[]> = {},
): Answer {
  const body = `<!DOCTYPE html>\r\n<html><head><title>${title}</title></head><body><h2>${title}</h2></body></html>\r\n`
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body }
}

export function emptyAnswer(status: number, headers: Record<string, string | readonly string[]> = {}): Answer {
  return { status, headers, body: '' }
}
