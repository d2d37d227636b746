import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { type IncomingMessage, request as send, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runServer } from 'verdaccio'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { testCertificate } from '../adapters/support/certificate.ts'
import { Doorkeeper } from './git-server.ts'

/** A registry of npm packages that lets in whom the emulator lets in. */
export interface NpmRegistry {
  /** The address of a feed, in the form that those of Azure Artifacts have. */
  readonly url: string
  readonly caFile: string
  readonly counts: { admitted: number; refused: number }
  stop(): Promise<void>
}

const feed = '/contoso/_packaging/feed/npm/registry/'

/** Verdaccio, which lets everybody in, behind a door that asks for a PAT. */
export async function startNpmRegistry(emulator: Emulator, directory: string): Promise<NpmRegistry> {
  mkdirSync(directory, { recursive: true })
  const inner = await startVerdaccio(directory)
  const certificate = await testCertificate()
  const doorkeeper = new Doorkeeper(emulator)
  const counts = { admitted: 0, refused: 0 }
  const { port: innerPort } = inner.address() as AddressInfo

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await doorkeeper.admits(request.headers.authorization)) {
      counts.admitted += 1
      return handOn(request, response, innerPort)
    }
    counts.refused += 1
    request.resume()
    response.writeHead(401, { 'www-authenticate': 'Basic realm="https://localhost/"' }).end()
  }
  const door = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    void answer(request, response)
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  return {
    url: `https://localhost:${(door.address() as AddressInfo).port}${feed}`,
    caFile: certificate.caFile,
    counts,
    stop: async () => {
      door.closeAllConnections()
      door.close()
      inner.closeAllConnections()
      inner.close()
      await doorkeeper.close()
      await certificate.remove()
    },
  }
}

async function startVerdaccio(directory: string): Promise<Server> {
  const everybody = { access: '$all', publish: '$all', unpublish: '$all' }
  const server: Server = await runServer({
    storage: join(directory, 'storage'),
    configPath: join(directory, 'config.yaml'),
    self_path: join(directory, 'config.yaml'),
    url_prefix: feed,
    uplinks: {},
    packages: { '@*/*': everybody, '**': everybody },
    auth: { htpasswd: { file: join(directory, 'htpasswd') } },
    web: { enable: false },
    log: { type: 'stdout', format: 'json', level: 'fatal' },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Hands a request on without its password, and the answer back. */
function handOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { authorization: _, ...headers } = request.headers
  const forwarded = { ...headers, 'x-forwarded-proto': 'https' }
  const path = request.url?.replace(feed, '/')
  const onward = send({ port, host: '127.0.0.1', method: request.method, path, headers: forwarded }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.writeHead(502).end())
  request.pipe(onward)
}
