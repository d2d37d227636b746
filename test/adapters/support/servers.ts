import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { TestCertificate } from './certificate.ts'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Listening {
  readonly port: number
  stop: () => Promise<void>
}

export interface ScriptedServer extends Listening {
  readonly origin: string
  /** Every request, in order of arrival, whether or not it was answered. */
  readonly seen: Seen[]
  /** Answers with a TCP reset. */
  reset: (response: ServerResponse) => void
}

export type Answer = (response: ServerResponse, request: Seen) => void

/**
 * An https server that answers each request as `answer` says.
 *
 * @param clientCertificate the one that clients must show; none when left out
 */
export async function scriptedServer(
  certificate: TestCertificate,
  answer: Answer,
  clientCertificate?: string,
): Promise<ScriptedServer> {
  const seen: Seen[] = []
  const clients = clientCertificate === undefined ? {} : { requestCert: true, ca: clientCertificate }
  const server = createHttpsServer(
    { key: certificate.key, cert: certificate.cert, ...clients },
    (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const entry = { method, url, headers, body: Buffer.concat(chunks).toString() }
        seen.push(entry)
        answer(response, entry)
      })
    },
  )
  // TLS sockets cannot be reset, only the connections below them.
  const connections = new Map<number | undefined, Socket>()
  server.on('connection', (socket: Socket) => connections.set(socket.remotePort, socket))
  const reset = (response: ServerResponse): void => {
    connections.get(response.socket?.remotePort)?.resetAndDestroy()
  }
  const listening = await listen(server)
  return { ...listening, seen, reset, origin: `https://localhost:${listening.port}` }
}

export interface TestProxy extends Listening {
  readonly connects: { readonly target: string; readonly authorization: string | undefined }[]
}

/**
 * A proxy that tunnels every name to the loopback address, so that names which exist nowhere show that it was used.
 * With a `refusal` it answers every CONNECT with that status; with a certificate it speaks TLS itself.
 */
export async function connectProxy(refusal?: number, certificate?: TestCertificate): Promise<TestProxy> {
  const connects: TestProxy['connects'] = []
  const server =
    certificate === undefined ? createHttpServer() : createHttpsServer({ key: certificate.key, cert: certificate.cert })
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    const target = request.url ?? ''
    connects.push({ target, authorization: request.headers['proxy-authorization'] })
    client.on('error', () => client.destroy())
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\n\r\n`)
      return
    }
    const upstream = connect(Number(target.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client)
      client.pipe(upstream)
    })
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  return { ...(await listen(server)), connects }
}

/** A server that takes connections and does with them what `onConnection` says. */
export function rawServer(onConnection: (socket: Socket) => void): Promise<Listening> {
  return listen(createTcpServer(onConnection))
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await rawServer(() => undefined)
  await server.stop()
  return server.port
}

async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
