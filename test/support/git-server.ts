import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent, request as call } from 'undici'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { testCertificate } from '../adapters/support/certificate.ts'

/** Asks an emulator whether it lets somebody in who shows this header. */
export class Doorkeeper {
  readonly #agent: Agent
  readonly #url: string

  constructor({ endpoints, caFile }: Emulator) {
    this.#agent = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } })
    this.#url = `${endpoints.azureDevOps}/contoso/_apis/connectionData?api-version=7.1-preview`
  }

  async admits(authorization: string | undefined): Promise<boolean> {
    if (authorization === undefined) return false
    const { statusCode, body } = await call(this.#url, { dispatcher: this.#agent, headers: { authorization } })
    await body.dump()
    return statusCode === 200
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}

/** Repositories behind git's own server, which lets in whom the emulator lets in. */
export interface GitServer {
  /** With a port and without a slash at its end. */
  readonly origin: string
  readonly caFile: string
  /** How many requests were let in, and how many with a password were not. */
  readonly counts: { admitted: number; refused: number }
  stop(): Promise<void>
}

/** @param root the directory that holds the repositories, below which the paths of addresses begin */
export async function startGitServer(emulator: Emulator, root: string): Promise<GitServer> {
  const certificate = await testCertificate()
  const doorkeeper = new Doorkeeper(emulator)
  const counts = { admitted: 0, refused: 0 }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = request.headers
    if (await doorkeeper.admits(authorization)) {
      counts.admitted += 1
      return serve(request, response, root)
    }
    if (authorization !== undefined) counts.refused += 1
    request.resume()
    response.writeHead(401, { 'www-authenticate': 'Basic realm="https://localhost/"' }).end()
  }
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    void answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    caFile: certificate.caFile,
    counts,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await doorkeeper.close()
      await certificate.remove()
    },
  }
}

/** One request through the common gateway interface, as a web server would. */
async function serve(request: IncomingMessage, response: ServerResponse, root: string): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'https://localhost')
  const { headers, method } = request
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: method,
      REMOTE_USER: 'somebody',
      CONTENT_TYPE: headers['content-type'],
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: headers['git-protocol'] as string | undefined,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  request.pipe(child.stdin)
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  const whole = Buffer.concat(chunks)
  const end = whole.indexOf('\r\n\r\n')
  const lines = whole.subarray(0, end).toString().split('\r\n')
  const given = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 2),
  ])
  const status = given.find(([name]) => name.toLowerCase() === 'status')?.[1]
  for (const [name, value] of given) if (name.toLowerCase() !== 'status') response.setHeader(name, value)
  response.writeHead(Number.parseInt(status ?? '200', 10)).end(whole.subarray(end + 4))
}
