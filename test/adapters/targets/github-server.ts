import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { TestCertificate } from '../support/certificate.ts'
import { type ScriptedServer, scriptedServer, type Seen } from '../support/servers.ts'

const { default: sodium } = await import('libsodium-wrappers')

interface Kept {
  readonly value: string
  readonly updatedAt: number
  readonly visibility: string | undefined
  readonly repositories: readonly number[]
}

interface Place {
  readonly keyId: string
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
  readonly secrets: Map<string, Kept>
}

const second = 1_000

/**
 * GitHub as far as it keeps the secrets of Actions, read from https://docs.github.com/rest/actions/secrets and
 * https://docs.github.com/apps: it opens each sealed box, and refuses what GitHub would refuse. Every change takes a
 * second of its clock. Below `/api/v3`, as GitHub Enterprise Server has it.
 */
export class GithubServer {
  readonly token = `github_pat_${randomBytes(24).toString('hex')}`
  readonly appId = '424242'
  readonly #app = generateKeyPairSync('rsa', { modulusLength: 2048 })
  readonly appKey = this.#app.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  readonly installation = 7_654_321
  readonly repositories = new Map([
    ['contoso/app', 101],
    ['contoso/web', 102],
    ['contoso/docs', 103],
  ])
  readonly #places = new Map<string, Place>()
  readonly #installationTokens = new Set<string>()
  #server: ScriptedServer | undefined
  #now = Date.UTC(2026, 10, 24)
  /** The next request of one of these methods is answered with this instead. */
  #next: { readonly methods: readonly string[]; readonly answer: (response: ServerResponse) => void } | undefined
  /** What a test found that no client should send. */
  readonly faults: string[] = []

  static async open(certificate: TestCertificate): Promise<GithubServer> {
    await sodium.ready
    const github = new GithubServer()
    for (const place of [
      'repos/contoso/app/actions',
      'repos/contoso/app/environments/on call',
      'orgs/contoso/actions',
    ]) {
      github.#add(place)
    }
    github.#server = await scriptedServer(certificate, (response, request) => github.#answer(response, request))
    return github
  }

  get apiUrl(): string {
    return `${this.#running.origin}/api/v3`
  }

  get seen(): readonly Seen[] {
    return this.#running.seen
  }

  get #running(): ScriptedServer {
    if (this.#server === undefined) throw new Error('the server does not run')
    return this.#server
  }

  held(place: string, name: string): Kept | undefined {
    return this.#places.get(place)?.secrets.get(name.toUpperCase())
  }

  /** Somebody else sets it. */
  set(
    place: string,
    name: string,
    value: string,
    audience: { visibility?: string; repositories?: readonly number[] } = {},
  ): void {
    this.#now += second
    const { visibility, repositories = [] } = audience
    this.#places.get(place)?.secrets.set(name.toUpperCase(), { value, updatedAt: this.#now, visibility, repositories })
  }

  delete(place: string, name: string): void {
    this.#places.get(place)?.secrets.delete(name.toUpperCase())
  }

  /** The place is there no more. */
  lose(place: string): void {
    this.#places.delete(place)
  }

  names(place: string): readonly string[] {
    return [...(this.#places.get(place)?.secrets.keys() ?? [])]
  }

  /** Answers the next mutating request with this status, and changes nothing. */
  refuseNext(status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#next = {
      methods: ['PUT', 'DELETE'],
      answer: (response) => this.#say(response, status, { message }, headers),
    }
  }

  /** The next request that asks is answered with this. */
  answerNext(status: number, headers: Readonly<Record<string, string>>, body: unknown = {}): void {
    this.#next = { methods: ['GET'], answer: (response) => this.#say(response, status, body, headers) }
  }

  mutations(): number {
    return this.seen.filter(({ method }) => method === 'PUT' || method === 'DELETE').length
  }

  async stop(): Promise<void> {
    await this.#running.stop()
  }

  #add(place: string): void {
    const { keyType: _, ...pair } = sodium.crypto_box_keypair()
    this.#places.set(place, { ...pair, keyId: randomBytes(8).toString('hex'), secrets: new Map() })
  }

  #answer(response: ServerResponse, request: Seen): void {
    const next = this.#next
    if (next?.methods.includes(request.method) === true) {
      this.#next = undefined
      next.answer(response)
      return
    }
    if (request.headers['x-github-api-version'] !== '2022-11-28' && !request.url.includes('/app/')) {
      this.faults.push(`${request.method} ${request.url} names no version of the API`)
    }
    const url = new URL(request.url, this.#running.origin)
    const path = decodeURIComponent(url.pathname)
    if (!path.startsWith('/api/v3/')) return this.#say(response, 404, { message: 'Not Found' })
    const credential = /^(?:bearer|token) (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const steps = path.slice('/api/v3/'.length)
    if (/^(?:repos\/[^/]+\/[^/]+|orgs\/[^/]+)\/installation$/.test(steps) || steps.startsWith('app/')) {
      return this.#asApp(response, request, credential, steps)
    }
    if (credential !== this.token && !this.#installationTokens.has(credential)) {
      return this.#say(response, 401, { message: 'Bad credentials' })
    }
    const repository = /^repos\/([^/]+\/[^/]+)$/.exec(steps)?.[1]
    if (repository !== undefined) {
      const id = this.repositories.get(repository)
      return id === undefined ? this.#notFound(response) : this.#say(response, 200, { id, full_name: repository })
    }
    const [, at = '', rest = ''] = /^(.*?)\/secrets\/(.*)$/.exec(steps) ?? []
    const place = this.#places.get(at)
    if (place === undefined) return this.#notFound(response)
    return this.#secret(response, request, { place, rest, isOrganization: at.startsWith('orgs/'), url })
  }

  #secret(
    response: ServerResponse,
    request: Seen,
    { place, rest, isOrganization, url }: { place: Place; rest: string; isOrganization: boolean; url: URL },
  ): void {
    if (rest === 'public-key' && request.method === 'GET') {
      return this.#say(response, 200, { key_id: place.keyId, key: Buffer.from(place.publicKey).toString('base64') })
    }
    const [name = '', below] = rest.split('/')
    const key = name.toUpperCase()
    const kept = place.secrets.get(key)
    if (below === 'repositories' && request.method === 'GET') {
      if (kept?.visibility !== 'selected') return this.#notFound(response)
      const [size, page] = [Number(url.searchParams.get('per_page') ?? 30), Number(url.searchParams.get('page') ?? 1)]
      const repositories = kept.repositories.slice((page - 1) * size, page * size).map((id) => ({ id }))
      return this.#say(response, 200, { total_count: kept.repositories.length, repositories })
    }
    if (below !== undefined) return this.#notFound(response)
    if (request.method === 'GET') {
      if (kept === undefined) return this.#notFound(response)
      const updated_at = new Date(kept.updatedAt).toISOString().replace('.000Z', 'Z')
      const { visibility } = kept
      return this.#say(response, 200, {
        name: key,
        created_at: updated_at,
        updated_at,
        ...(isOrganization ? { visibility } : {}),
      })
    }
    if (request.method === 'DELETE') {
      if (!place.secrets.delete(key)) return this.#notFound(response)
      return this.#say(response, 204, undefined)
    }
    if (request.method !== 'PUT') return this.#notFound(response)
    const body = JSON.parse(request.body) as Record<string, unknown>
    const wrong = this.#wrong(body, isOrganization, place, key)
    if (wrong !== undefined) return this.#say(response, 422, { message: wrong })
    const box = Buffer.from(String(body['encrypted_value']), 'base64')
    const value = Buffer.from(sodium.crypto_box_seal_open(box, place.publicKey, place.privateKey)).toString()
    this.#now += second
    place.secrets.set(key, {
      value,
      updatedAt: this.#now,
      visibility: isOrganization ? String(body['visibility']) : undefined,
      repositories: (body['selected_repository_ids'] as readonly number[] | undefined) ?? [],
    })
    return this.#say(response, kept === undefined ? 201 : 204, kept === undefined ? {} : undefined)
  }

  /** Why GitHub would not take it; undefined when it would. */
  #wrong(body: Record<string, unknown>, isOrganization: boolean, place: Place, name: string): string | undefined {
    if (!/^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/.test(name)) return 'Secret name is invalid'
    if (body['key_id'] !== place.keyId) return 'Bad request - key_id is not the current one'
    const known = ['encrypted_value', 'key_id', ...(isOrganization ? ['visibility', 'selected_repository_ids'] : [])]
    const unknown = Object.keys(body).filter((key) => !known.includes(key))
    if (unknown.length > 0) return `Invalid request. ${unknown.join(', ')} is not a permitted key.`
    if (!isOrganization) return undefined
    const { visibility, selected_repository_ids: ids } = body
    if (!['all', 'private', 'selected'].includes(String(visibility))) return 'visibility is missing'
    if (ids !== undefined && visibility !== 'selected') return 'selected_repository_ids needs visibility selected'
    if (visibility === 'selected' && !Array.isArray(ids)) return 'selected_repository_ids is missing'
    const strangers = Array.isArray(ids) && ids.some((id) => ![...this.repositories.values()].includes(id as number))
    return strangers ? 'selected_repository_ids names no repository of the organization' : undefined
  }

  #asApp(response: ServerResponse, request: Seen, credential: string, steps: string): void {
    const [head = '', payload = '', signature = ''] = credential.split('.')
    const signed = verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${payload}`),
      createPublicKey(this.#app.publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(signature, 'base64url'),
    )
    const claims = signed ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>) : {}
    const life = Number(claims['exp']) - Number(claims['iat'])
    if (String(claims['iss']) !== this.appId || !(life > 0 && life <= 660)) {
      return this.#say(response, 401, { message: 'A JSON web token could not be decoded' })
    }
    if (request.method === 'GET') return this.#say(response, 200, { id: this.installation })
    if (request.method === 'POST' && steps === `app/installations/${this.installation}/access_tokens`) {
      const token = `ghs_${randomBytes(24).toString('hex')}`
      this.#installationTokens.add(token)
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      return this.#say(response, 201, {
        token,
        expires_at,
        permissions: { secrets: 'write' },
        repository_selection: 'all',
      })
    }
    return this.#notFound(response)
  }

  #notFound(response: ServerResponse): void {
    this.#say(response, 404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' })
  }

  #say(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    response.writeHead(status, {
      date: new Date(this.#now).toUTCString(),
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      'x-github-request-id': 'AAAA:1:2:3',
      ...headers,
    })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }
}
