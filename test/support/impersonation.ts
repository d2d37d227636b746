import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createProxy, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, request as forward } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import type { Emulator } from '../../src/emulator/emulator.ts'

export interface Impersonation {
  /** For HTTPS_PROXY. */
  readonly url: string
  /** A PEM file of the authority to trust, for NODE_EXTRA_CA_CERTS. */
  readonly caFile: string
  /** Hosts that a tunnel was asked for, in order. */
  readonly tunnels: readonly string[]
  stop(): Promise<void>
}

/**
 * A proxy that gives itself out as Microsoft's hosts: it ends the encrypted connections to them itself and passes the
 * requests on to an emulator. Tunnels to all other hosts are refused.
 */
export async function impersonate(emulator: Emulator): Promise<Impersonation> {
  const { endpoints } = emulator
  const targets: Readonly<Record<string, string>> = {
    'login.microsoftonline.com': endpoints.entra,
    'vssps.dev.azure.com': endpoints.vssps,
    'dev.azure.com': endpoints.azureDevOps,
    ...Object.fromEntries(Object.entries(endpoints.vaults).map(([name, url]) => [`${name}.vault.azure.net`, url])),
  }
  const { authority, certificate, privateKey } = await certify(Object.keys(targets))
  const directory = mkdtempSync(join(tmpdir(), 'patrol-impersonation-'))
  const caFile = join(directory, 'authority.pem')
  writeFileSync(caFile, authority)
  const emulatorCa = readFileSync(emulator.caFile)
  const sockets = new Set<Socket>()

  const host = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    pass(request, response, targets[request.headers.host ?? ''] ?? '', emulatorCa)
  })
  const proxy = createProxy((_, response) => void response.writeHead(405).end())
  const tunnels: string[] = []
  proxy.on('connect', (request: IncomingMessage, client: Socket) => {
    const name = request.url?.replace(/:443$/, '') ?? ''
    tunnels.push(name)
    client.on('error', () => client.destroy())
    if (targets[name] === undefined) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    host.emit('connection', client)
  })
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    caFile,
    tunnels,
    async stop() {
      const closed = once(proxy, 'close')
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await closed
      rmSync(directory, { recursive: true })
    },
  }
}

function pass(request: IncomingMessage, response: ServerResponse, target: string, ca: Buffer): void {
  const { method, url, headers } = request
  const onward = forward(`${target}${url}`, { method, headers: { ...headers, host: new URL(target).host }, ca })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}

async function certify(names: readonly string[]) {
  const shared = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Authority of an inspecting proxy' }], {
    ...shared,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    ...shared,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) },
    ],
  })
  return { authority: authority.cert, certificate: leaf.cert, privateKey: leaf.private }
}
