import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { TestCertificate } from '../support/certificate.ts'
import { type ScriptedServer, scriptedServer, type Seen } from '../support/servers.ts'

interface KeptSecret {
  readonly uid: string
  version: number
  readonly data: Map<string, string>
  /** Which keys each field manager owns. */
  readonly managers: Map<string, Set<string>>
}

type Body = Readonly<Record<string, any>>

/**
 * The API server of Kubernetes as far as Secrets, server-side apply of their data and annotations of workloads go, read
 * from https://kubernetes.io/docs/reference/using-api/server-side-apply/. It refuses what the real one would refuse.
 */
export class KubeServer {
  readonly token = `k8s-${randomBytes(24).toString('hex')}`
  readonly namespaces = new Set(['build', 'default'])
  /** Annotations of the pod template of each workload, by `namespace/deployments/name`. */
  readonly workloads = new Map<string, Map<string, string>>()
  /** What may not be done, as `verb resource`. */
  readonly forbidden = new Set<string>()
  readonly #secrets = new Map<string, KeptSecret>()
  #server: ScriptedServer | undefined
  #version = 100
  #next:
    | { readonly status: number; readonly message: string; readonly headers: Readonly<Record<string, string>> }
    | undefined
  readonly faults: string[] = []

  static async open(certificate: TestCertificate, clientCertificate?: string): Promise<KubeServer> {
    const kube = new KubeServer()
    const isOpen = clientCertificate !== undefined
    kube.#server = await scriptedServer(
      certificate,
      (response, request) => kube.#answer(response, request, isOpen),
      clientCertificate,
    )
    return kube
  }

  get origin(): string {
    return this.#running.origin
  }

  get port(): number {
    return this.#running.port
  }

  get seen(): readonly Seen[] {
    return this.#running.seen
  }

  get #running(): ScriptedServer {
    if (this.#server === undefined) throw new Error('the server does not run')
    return this.#server
  }

  /** In plain. */
  held(namespace: string, name: string, key: string): string | undefined {
    const encoded = this.#secrets.get(`${namespace}/${name}`)?.data.get(key)
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString()
  }

  /** Everything but the keys that Patrol's managers own, with their owners. */
  ofOthers(namespace: string, name: string): string {
    const secret = this.#secrets.get(`${namespace}/${name}`)
    const others = [...(secret?.managers ?? [])].filter(([manager]) => !manager.startsWith('azdo-patrol'))
    return JSON.stringify(
      others.map(([manager, keys]) => [manager, [...keys].map((key) => [key, secret?.data.get(key)])]),
    )
  }

  /** Somebody sets a key with `kubectl edit`: whoever else owned it loses it, unless the value stays. */
  update(namespace: string, name: string, key: string, value: string, manager = 'kubectl-edit'): void {
    const secret = this.#secretOf(namespace, name)
    const encoded = Buffer.from(value).toString('base64')
    if (secret.data.get(key) !== encoded) for (const keys of secret.managers.values()) keys.delete(key)
    secret.data.set(key, encoded)
    this.#own(secret, manager, key)
    secret.version = ++this.#version
  }

  /** Somebody else takes the key away. */
  drop(namespace: string, name: string, key: string): void {
    const secret = this.#secretOf(namespace, name)
    secret.data.delete(key)
    for (const keys of secret.managers.values()) keys.delete(key)
    secret.version = ++this.#version
  }

  /** The Secret as a whole is taken away. */
  delete(namespace: string, name: string): void {
    this.#secrets.delete(`${namespace}/${name}`)
  }

  has(namespace: string, name: string): boolean {
    return this.#secrets.has(`${namespace}/${name}`)
  }

  refuseNext(status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#next = { status, message, headers }
  }

  mutations(): number {
    return this.seen.filter(({ method }) => method === 'PATCH').length
  }

  async stop(): Promise<void> {
    await this.#running.stop()
  }

  #secretOf(namespace: string, name: string): KeptSecret {
    const path = `${namespace}/${name}`
    const secret = this.#secrets.get(path) ?? {
      uid: randomUUID(),
      version: ++this.#version,
      data: new Map(),
      managers: new Map(),
    }
    this.#secrets.set(path, secret)
    return secret
  }

  #own(secret: KeptSecret, manager: string, key: string): void {
    const keys = secret.managers.get(manager) ?? new Set()
    secret.managers.set(manager, keys.add(key))
  }

  #answer(response: ServerResponse, request: Seen, isOpen: boolean): void {
    if (!isOpen && request.headers.authorization !== `Bearer ${this.token}`) {
      return this.#refuse(response, 401, 'Unauthorized')
    }
    const url = new URL(request.url, this.origin)
    const next = this.#next
    if (next !== undefined && request.method === 'PATCH') {
      this.#next = undefined
      return this.#refuse(response, next.status, next.message, next.headers)
    }
    const body: Body = request.body === '' ? {} : JSON.parse(request.body)
    if (request.method === 'POST' && url.pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
      const { verb, resource, namespace } = body['spec'].resourceAttributes
      if (namespace === undefined || body['kind'] !== 'SelfSubjectAccessReview')
        return this.#refuse(response, 400, 'no review')
      return this.#say(response, 201, { ...body, status: { allowed: !this.forbidden.has(`${verb} ${resource}`) } })
    }
    const namespace =
      /^\/api\/v1\/namespaces\/([^/]+)/.exec(url.pathname)?.[1] ??
      /^\/apis\/apps\/v1\/namespaces\/([^/]+)/.exec(url.pathname)?.[1]
    if (namespace === undefined) return this.#refuse(response, 404, 'the server could not find the requested resource')
    const [, name] = /\/secrets\/([^/]+)$/.exec(url.pathname) ?? []
    const verb = request.method.toLowerCase()
    const resource =
      name === undefined ? (/namespaces\/[^/]+\/(\w+)/.exec(url.pathname)?.[1] ?? 'namespaces') : 'secrets'
    if (this.forbidden.has(`${verb} ${resource}`)) {
      return this.#refuse(
        response,
        403,
        `${resource} is forbidden: User "patrol" cannot ${verb} resource "${resource}"`,
      )
    }
    if (!this.namespaces.has(namespace)) return this.#refuse(response, 404, `namespaces "${namespace}" not found`)
    if (resource === 'namespaces') return this.#say(response, 200, { kind: 'Namespace', metadata: { name: namespace } })
    if (name !== undefined) return this.#secret(response, request, url, { namespace, name, body })
    return this.#workload(response, request, url, body)
  }

  #secret(
    response: ServerResponse,
    request: Seen,
    url: URL,
    { namespace, name, body }: { namespace: string; name: string; body: Body },
  ): void {
    const kept = this.#secrets.get(`${namespace}/${name}`)
    if (request.method === 'GET') {
      if (kept === undefined) return this.#refuse(response, 404, `secrets "${name}" not found`)
      return this.#say(response, 200, this.#shown(namespace, name, kept))
    }
    const manager = url.searchParams.get('fieldManager') ?? ''
    const isForced = url.searchParams.get('force') === 'true'
    const wrong = wrongApply(request, body, { namespace, name, manager })
    if (wrong !== undefined) {
      this.faults.push(wrong)
      return this.#refuse(response, 400, wrong)
    }
    if (body['metadata'].uid !== undefined && body['metadata'].uid !== kept?.uid) {
      return this.#refuse(response, 409, 'uid mismatch: the provided object specified another uid')
    }
    const data = new Map(Object.entries<string>(body['data'] ?? {}))
    const secret = kept ?? this.#secretOf(namespace, name)
    const before = JSON.stringify([...secret.data])
    for (const [key, value] of data) {
      const rivals = [...secret.managers].filter(([other, keys]) => other !== manager && keys.has(key))
      const differs = secret.data.get(key) !== value
      if (differs && rivals.length > 0 && !isForced) {
        return this.#refuse(
          response,
          409,
          `Apply failed with 1 conflict: conflict with "${rivals[0]?.[0]}": .data.${key}`,
        )
      }
      if (differs) for (const [, keys] of rivals) keys.delete(key)
    }
    for (const key of secret.managers.get(manager) ?? []) {
      const isShared = [...secret.managers].some(([other, keys]) => other !== manager && keys.has(key))
      if (!data.has(key) && !isShared) secret.data.delete(key)
    }
    secret.managers.set(manager, new Set(data.keys()))
    for (const [key, value] of data) secret.data.set(key, value)
    if (JSON.stringify([...secret.data]) !== before) secret.version = ++this.#version
    return this.#say(response, kept === undefined ? 201 : 200, this.#shown(namespace, name, secret))
  }

  #shown(namespace: string, name: string, { uid, version, data }: KeptSecret): unknown {
    const metadata = { name, namespace, uid, resourceVersion: String(version) }
    // An empty map is left out by the real one, too.
    return {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata,
      ...(data.size === 0 ? {} : { data: Object.fromEntries(data) }),
      type: 'Opaque',
    }
  }

  #workload(response: ServerResponse, request: Seen, url: URL, body: Body): void {
    const path = url.pathname.replace('/apis/apps/v1/namespaces/', '')
    const annotations = this.workloads.get(path)
    if (annotations === undefined) return this.#refuse(response, 404, `${path} not found`)
    if (request.method === 'PATCH') {
      if (request.headers['content-type'] !== 'application/strategic-merge-patch+json') {
        return this.#refuse(response, 415, 'the body of the request was in an unknown format')
      }
      const given = Object.entries<string>(body['spec'].template.metadata.annotations)
      for (const [key, value] of given) {
        if (!/^[a-z0-9.-]+\/[A-Za-z0-9][\w.-]*$/.test(key))
          return this.#refuse(response, 422, `invalid annotation ${key}`)
        annotations.set(key, value)
      }
    }
    return this.#say(response, 200, {
      kind: 'Deployment',
      spec: { template: { metadata: annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) } } },
    })
  }

  #refuse(
    response: ServerResponse,
    status: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    this.#say(response, status, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: status }, headers)
  }

  #say(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

/** Why the real server would not take an apply; undefined when it would. */
function wrongApply(
  request: Seen,
  body: Body,
  { namespace, name, manager }: { namespace: string; name: string; manager: string },
): string | undefined {
  if (request.method !== 'PATCH') return `${request.method} is not expected`
  if (request.headers['content-type'] !== 'application/apply-patch+yaml') return 'not an apply patch'
  if (manager === '' || manager.length > 128) return 'fieldManager is required for apply patch'
  if (body['apiVersion'] !== 'v1' || body['kind'] !== 'Secret') return 'invalid object type'
  if (body['metadata']?.name !== name || body['metadata']?.namespace !== namespace)
    return 'the name does not match the URL'
  if (body['metadata']?.managedFields !== undefined) return 'metadata.managedFields must be nil'
  const bad = Object.entries<string>(body['data'] ?? {}).find(
    ([key, value]) =>
      !/^[-._A-Za-z0-9]+$/.test(key) || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  )
  return bad === undefined ? undefined : `data.${bad[0]} is invalid`
}
