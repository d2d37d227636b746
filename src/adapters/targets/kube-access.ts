import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Transport } from '../http/transport.ts'
import { askPlugin } from './kube-plugin.ts'
import { type KubeContext, type Pem, pickContext } from './kubeconfig.ts'

/** Which cluster is meant. */
export interface WantedCluster {
  /** An absolute path; undefined for the cluster that Patrol runs in, and outside of one for that of `kubectl`. */
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
}

/** The way into one cluster. */
export interface KubeAccess {
  /** Without a slash at its end. */
  readonly server: string
  /** Where nobody names another. */
  readonly namespace: string
  readonly send: Transport['send']
  /** The headers that say who asks, read anew each time: tokens of service accounts are replaced while programs run. */
  authorization(): Promise<Readonly<Record<string, string>>>
}

export interface KubeAccessParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly openTransport: (secureContext?: SecureContext, proxy?: string) => Promise<Transport>
  /** Where Kubernetes puts the token of a pod; its own place when left out. */
  readonly serviceAccount?: string
}

const serviceAccountPlace = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Finds the way into a cluster: the kubeconfig that is named; else, in a pod, its service account; else the one of
 * `KUBECONFIG` or `~/.kube/config`.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 *
 * @throws PatrolError as `pickContext` and `askPlugin` say, and `target-not-found` when there is no way at all
 */
export async function kubeAccess(wanted: WantedCluster, parts: KubeAccessParts): Promise<KubeAccess> {
  const { environment } = parts
  const host = environment['KUBERNETES_SERVICE_HOST']
  if (wanted.kubeconfig === undefined && wanted.context === undefined && (host ?? '') !== '') {
    return ofPod(
      `https://${host?.includes(':') === true ? `[${host}]` : host}:${environment['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
      parts,
    )
  }
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  const usual =
    named.length > 0 ? named.map((path) => resolve(path)) : [join(environment['HOME'] ?? homedir(), '.kube/config')]
  const context = await contextOf(wanted.kubeconfig === undefined ? usual : [wanted.kubeconfig], wanted.context)
  return ofContext(context, parts)
}

async function contextOf(paths: readonly string[], wanted: string | undefined): Promise<KubeContext> {
  const { parse } = await import('yaml')
  const files: { path: string; content: unknown }[] = []
  for (const path of paths) {
    const text = await textOf(path, paths.length > 1)
    if (text === undefined) continue
    try {
      files.push({ path, content: parse(text, { logLevel: 'error' }) })
    } catch {
      // What a parser says of a text shows parts of it, and there are keys in it.
      throw new PatrolError('config-invalid', `kubeconfig: ${path} is no YAML`)
    }
  }
  return pickContext(files, wanted)
}

async function ofPod(
  server: string,
  { openTransport, serviceAccount = serviceAccountPlace }: KubeAccessParts,
): Promise<KubeAccess> {
  const tokenFile = join(serviceAccount, 'token')
  const ca = await needed(join(serviceAccount, 'ca.crt'))
  const namespace = await textOf(join(serviceAccount, 'namespace'), true)
  const { send } = await openTransport(await contextWith({ ca }))
  return {
    server,
    namespace: namespace?.trim() ?? 'default',
    send,
    authorization: async () => bearer(new Secret((await needed(tokenFile)).trim())),
  }
}

async function ofContext(context: KubeContext, { environment, openTransport }: KubeAccessParts): Promise<KubeAccess> {
  const { server, authority, exec, certificate } = context
  const ca = authority === undefined ? undefined : await pem(authority)
  const clusterInfo = {
    server,
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  }
  const given = exec === undefined ? undefined : await askPlugin(exec, environment, clusterInfo)
  const own: SecureContextOptions =
    given?.certificate !== undefined
      ? { cert: given.certificate.cert, key: given.certificate.key.reveal() }
      : certificate === undefined
        ? {}
        : { cert: await pem(certificate.cert), key: await pem(certificate.key) }
  const isPlain = ca === undefined && own.cert === undefined
  const secure = isPlain ? undefined : await contextWith({ ...(ca === undefined ? {} : { ca }), ...own })
  const { send } = await openTransport(secure, context.proxy)
  return {
    server,
    namespace: context.namespace ?? 'default',
    send,
    async authorization() {
      if (given?.token !== undefined) return bearer(given.token)
      const { token } = context
      if (token === undefined) return {}
      return bearer(token instanceof Secret ? token : new Secret((await needed(token.file)).trim()))
    },
  }
}

function bearer(token: Secret): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token.reveal()}` }
}

async function contextWith(options: SecureContextOptions): Promise<SecureContext> {
  const { createSecureContext } = await import('node:tls')
  try {
    return createSecureContext(options)
  } catch {
    throw new PatrolError('config-invalid', 'kubeconfig: a certificate or key of the cluster cannot be read (PEM)')
  }
}

async function pem(from: Pem): Promise<string> {
  return 'data' in from ? Buffer.from(from.data.reveal(), 'base64').toString() : needed(from.file)
}

async function needed(path: string): Promise<string> {
  return (await textOf(path, false)) ?? ''
}

/** @returns undefined for what is not there and need not be */
async function textOf(path: string, isOptional: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
    if (code === 'ENOENT' && isOptional) return undefined
    const message = code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${code})`
    throw new PatrolError(code === 'ENOENT' ? 'target-not-found' : 'target-denied', message, {
      remedy:
        'Name the kubeconfig of the cluster under kubeconfig: of the target, or run in a pod with a service account.',
    })
  }
}
