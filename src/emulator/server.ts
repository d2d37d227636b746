import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Certificate } from './certificate.ts'
import { type Answer, type Call, jsonAnswer, type Service } from './exchange.ts'
import { alterAnswer, faultAnswer, takesEffect } from './fault-answers.ts'
import type { Fault, FaultBook } from './faults.ts'
import type { Journal, RequestRecord } from './journal.ts'
import type { World } from './world.ts'

/** One emulated host: what it is called, which part of it a path belongs to, its clock and its answers. */
export interface Host {
  /** Undefined for what is no part of the emulated world: neither recorded nor hit by faults. */
  serviceOf(path: string): Service | undefined
  /** Milliseconds since the epoch. */
  now(): number
  answer(call: Call): Answer | Promise<Answer>
  /** Plain HTTP in place of HTTPS. */
  readonly isPlain?: boolean
}

export interface Listener {
  /** `https://localhost:PORT`, or with `http:`. */
  readonly url: string
  close(): Promise<void>
}

export interface Surroundings {
  readonly world: World
  readonly certificate: Certificate
  readonly faults: FaultBook
  readonly journal: Journal
}

/** Larger than anything a service accepts, so that the service itself refuses. */
const MAX_BODY_BYTES = 1_000_000

/** Serves a host on the loopback address. @param port 0 for any free one */
export async function listen(surroundings: Surroundings, host: Host, port: number): Promise<Listener> {
  const { certificate } = surroundings
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    exchange(surroundings, host, request, response).catch((fault: unknown) => {
      // A fault of the emulator itself: the client sees a 500 with its text, which a test then shows.
      const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
      send(response, host, jsonAnswer(500, { emulatorFault: text }))
    })
  }
  const identity = { cert: certificate.certificate, key: certificate.privateKey }
  const server = host.isPlain === true ? createPlainServer(listener) : createServer(identity, listener)
  // A connection closed for idleness just when a client reuses it looks like a fault nobody asked for.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    close: () => close(server),
  }
}

function urlOf({ isPlain = false }: Host, port: number | undefined): string {
  return `${isPlain ? 'http' : 'https'}://localhost:${port}`
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function exchange(
  surroundings: Surroundings,
  host: Host,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? 'GET'
  const target = request.url ?? '/'
  const url = new URL(target, 'https://localhost')
  const path = decodePath(url.pathname)
  const service = host.serviceOf(path)
  const arrival = {
    at: surroundings.world.clock.now(),
    method,
    host: urlOf(host, request.socket.localPort),
    url: target,
  }
  const record = service === undefined ? undefined : surroundings.journal.open({ ...arrival, service })
  response.once('close', () => {
    // The client gave up first. What it asked for may still take effect.
    if (record?.status === 'pending') record.status = 'dropped'
  })
  const body = await readBody(request)
  if (body === undefined) return drop(response, record)
  const fault = service === undefined ? undefined : surroundings.faults.strike(service, method, target)
  if (fault?.effect.kind === 'drop') return drop(response, record)
  if (fault?.effect.kind === 'hold') await sleep(fault.effect.ms)
  if (fault?.effect.kind === 'block') await fault.released
  const call: Call = {
    method,
    path,
    query: url.searchParams,
    headers: request.headers,
    body,
    at: host.now(),
    pageTwice: fault?.effect.kind === 'duplicate-page',
    principal: undefined,
  }
  const answer = await answerWithFault(surroundings.world, host, service, call, fault)
  const { roundTripMs } = surroundings.world.switches
  if (service !== undefined && roundTripMs > 0) await sleep(roundTripMs)
  if (record !== undefined && call.principal !== undefined) record.principal = call.principal
  if (fault?.effect.kind === 'block-after') await fault.released
  if (fault?.effect.kind === 'answer-lost' || response.destroyed) return drop(response, record)
  if (fault?.effect.kind === 'truncated') return truncate(response, host, answer, record)
  if (record !== undefined) record.status = answer.status
  send(response, host, answer)
}

async function answerWithFault(
  world: World,
  host: Host,
  service: Service | undefined,
  call: Call,
  fault: Fault | undefined,
): Promise<Answer> {
  if (fault === undefined || service === undefined) return host.answer(call)
  const instead = faultAnswer(world, call, service, fault.effect)
  if (instead === undefined) return alterAnswer(call, fault.effect, await host.answer(call))
  if (takesEffect(fault.effect)) await host.answer(call)
  return instead
}

function drop(response: ServerResponse, record: RequestRecord | undefined): void {
  if (record !== undefined) record.status = 'dropped'
  response.socket?.destroy()
}

/** Promises the whole body and hangs up after half of it; without a body, before the head. */
function truncate(response: ServerResponse, host: Host, answer: Answer, record: RequestRecord | undefined): void {
  if (answer.body === '') return drop(response, record)
  if (record !== undefined) record.status = 'dropped'
  const bytes = Buffer.from(answer.body)
  writeHead(response, host, answer, bytes.length)
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy())
}

function send(response: ServerResponse, host: Host, answer: Answer): void {
  if (response.headersSent || response.destroyed) return
  const bytes = Buffer.from(answer.body)
  writeHead(response, host, answer, bytes.length)
  response.end(bytes)
}

function writeHead(response: ServerResponse, host: Host, answer: Answer, length: number): void {
  response.sendDate = false
  response.writeHead(answer.status, {
    ...answer.headers,
    Date: new Date(host.now()).toUTCString(),
    ...(answer.status === 204 ? {} : { 'Content-Length': length }),
  } as Record<string, string | string[] | number>)
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MAX_BODY_BYTES) return undefined
      chunks.push(chunk)
    }
  } catch {
    // The client hung up while sending: whatever it wanted, the service never saw it.
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
