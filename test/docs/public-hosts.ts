import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import type { Emulator } from '../../src/emulator/emulator.ts'

/** Microsoft's hosts, as a program sees them that knows no other addresses. */
export interface PublicHosts {
  /** What the environment must say for them to be the emulator's. */
  readonly variables: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * A proxy behind which `login.microsoftonline.com`, `vssps.dev.azure.com` and `dev.azure.com` are an emulator, so that
 * a program without a configuration can be run as it is. It opens the encrypted connections with a certificate of its
 * own, passes each request on, and puts the public names back into the answers.
 */
export async function openPublicHosts(emulator: Emulator, directory: string): Promise<PublicHosts> {
  const { endpoints, caFile } = emulator
  const origins: ReadonlyMap<string, string> = new Map([
    ['login.microsoftonline.com', endpoints.entra],
    ['vssps.dev.azure.com', endpoints.vssps],
    ['dev.azure.com', endpoints.azureDevOps],
  ])
  const certificate = await makeCertificate([...origins.keys()])
  const bundle = join(directory, 'public-hosts.pem')
  writeFileSync(bundle, certificate.authority)
  const ca = readFileSync(caFile, 'utf8')
  const tls = createTlsServer({ key: certificate.key, cert: certificate.cert }, (incoming, outgoing) => {
    const host = incoming.headers.host?.replace(/:443$/, '') ?? ''
    const origin = origins.get(host)
    if (origin === undefined) outgoing.writeHead(502).end()
    else passOn(incoming, outgoing, new URL(incoming.url ?? '/', origin), { ca, origins })
  })
  const sockets = new Set<Socket>()
  const proxy = createServer((_, outgoing) => outgoing.writeHead(405).end())
  proxy.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    if (!origins.has(incoming.url?.replace(/:443$/, '') ?? '')) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    tls.emit('connection', socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  return {
    variables: { HTTPS_PROXY: `http://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: bundle },
    async close() {
      for (const socket of sockets) socket.destroy()
      await closed(proxy)
    },
  }
}

interface Passage {
  readonly ca: string
  readonly origins: ReadonlyMap<string, string>
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, url: URL, { ca, origins }: Passage): void {
  const headers = { ...incoming.headers, host: url.host }
  const onward = request(url, { method: incoming.method, headers, ca }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => {
      let body = Buffer.concat(chunks).toString('utf8')
      for (const [host, origin] of origins) body = body.replaceAll(origin, `https://${host}`)
      const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...kept } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': Buffer.byteLength(body) }).end(body)
    })
  })
  onward.on('error', () => outgoing.destroy())
  incoming.pipe(onward)
}

async function makeCertificate(hosts: readonly string[]): Promise<{ authority: string; cert: string; key: string }> {
  const shared = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Public hosts of a test' }], {
    ...shared,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  })
  const leaf = await generate([{ name: 'commonName', value: hosts[0] ?? '' }], {
    ...shared,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
  })
  return { authority: authority.cert, cert: leaf.cert, key: leaf.private }
}

async function closed(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}
