import { dirname, resolve } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/** Files of Kubernetes' own form, read and in the order in which the first word counts. */
export interface KubeconfigFile {
  readonly path: string
  /** What YAML makes of it. */
  readonly content: unknown
}

/** A certificate or key: given as base64, or as the path of a file. */
export type Pem = { readonly data: Secret } | { readonly file: string }

export interface ExecPlugin {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  readonly provideClusterInfo: boolean
  readonly installHint: string | undefined
}

/** One context of a kubeconfig, with what it names. Paths are absolute. */
export interface KubeContext {
  readonly name: string
  /** https, without a slash at its end. */
  readonly server: string
  readonly namespace: string | undefined
  readonly authority: Pem | undefined
  readonly proxy: string | undefined
  readonly token: Secret | { readonly file: string } | undefined
  readonly certificate: { readonly cert: Pem; readonly key: Pem } | undefined
  readonly exec: ExecPlugin | undefined
}

interface Entry {
  readonly value: Readonly<Record<string, unknown>>
  readonly directory: string
}

/**
 * Picks a context. As with kubectl, the first file that has a name or the current context counts.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 *
 * @param wanted the context; undefined for the current one
 * @throws PatrolError `target-not-found` for what is not there, `config-invalid` for what Patrol does not do
 */
export function pickContext(files: readonly KubeconfigFile[], wanted: string | undefined): KubeContext {
  const where = files.map(({ path }) => path).join(', ')
  const current = files.map(({ content }) => textOf(content, 'current-context')).find((name) => (name ?? '') !== '')
  const name = wanted ?? current
  if (name === undefined) throw missing(`${where} has no current context`)
  const context = entryOf(files, 'contexts', 'context', name)
  if (context === undefined) throw missing(`${where} has no context ${name}`)
  const [clusterName, userName] = [textOf(context.value, 'cluster') ?? '', textOf(context.value, 'user') ?? '']
  const cluster = entryOf(files, 'clusters', 'cluster', clusterName)
  if (cluster === undefined) throw missing(`${where} has no cluster ${clusterName}, which context ${name} names`)
  const user = entryOf(files, 'users', 'user', userName) ?? { value: {}, directory: '.' }
  refuse(cluster.value, ['insecure-skip-tls-verify', 'tls-server-name'], `cluster ${clusterName}`)
  refuse(user.value, ['username', 'password', 'auth-provider', 'as', 'as-groups'], `user ${userName}`)
  const server = (textOf(cluster.value, 'server') ?? '').replace(/\/+$/, '')
  if (!/^https:\/\/[^\s@]+$/.test(server) || !URL.canParse(server)) {
    throw unsupported(
      `the server of cluster ${clusterName} is no https address`,
      'Name an address that begins with https://.',
    )
  }
  const [cert, key] = [pemOf(user, 'client-certificate'), pemOf(user, 'client-key')]
  const tokenFile = textOf(user.value, 'tokenFile')
  const token = textOf(user.value, 'token')
  return {
    name,
    server,
    namespace: textOf(context.value, 'namespace'),
    authority: pemOf(cluster, 'certificate-authority'),
    proxy: textOf(cluster.value, 'proxy-url'),
    token:
      token !== undefined
        ? new Secret(token)
        : tokenFile === undefined
          ? undefined
          : { file: resolve(user.directory, tokenFile) },
    certificate: cert === undefined || key === undefined ? undefined : { cert, key },
    exec: execOf(user, userName),
  }
}

function execOf({ value, directory }: Entry, userName: string): ExecPlugin | undefined {
  const exec = fieldOf(value, 'exec')
  if (typeof exec !== 'object' || exec === null) return undefined
  const command = textOf(exec, 'command')
  if (command === undefined) throw unsupported(`user ${userName} has an exec without a command`, 'Name its command.')
  if (textOf(exec, 'interactiveMode') === 'Always') {
    throw unsupported(`the program of user ${userName} asks a person each time`, 'Use a user that signs in by itself.')
  }
  const variables = listOf(fieldOf(exec, 'env')).map((each) => [
    textOf(each, 'name') ?? '',
    textOf(each, 'value') ?? '',
  ])
  return {
    apiVersion: textOf(exec, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    // One with a path is meant from the kubeconfig on, any other is looked for.
    command: /[/\\]/.test(command) ? resolve(directory, command) : command,
    args: listOf(fieldOf(exec, 'args')).map(String),
    variables: Object.fromEntries(variables) as Readonly<Record<string, string>>,
    provideClusterInfo: fieldOf(exec, 'provideClusterInfo') === true,
    installHint: textOf(exec, 'installHint'),
  }
}

/** Under `<key>-data` stands the thing itself, which counts more than the path of a file. */
function pemOf({ value, directory }: Entry, key: string): Pem | undefined {
  const data = textOf(value, `${key}-data`)
  if (data !== undefined) return { data: new Secret(data) }
  const file = textOf(value, key)
  return file === undefined ? undefined : { file: resolve(directory, file) }
}

function entryOf(files: readonly KubeconfigFile[], list: string, inner: string, name: string): Entry | undefined {
  for (const { path, content } of files) {
    const found = listOf(fieldOf(content, list)).find((entry) => textOf(entry, 'name') === name)
    const value = fieldOf(found, inner)
    if (typeof value === 'object' && value !== null) {
      return { value: value as Readonly<Record<string, unknown>>, directory: dirname(path) }
    }
  }
  return undefined
}

/** What would weaken TLS or needs code that Kubernetes itself has given up is told of, not passed over. */
function refuse(value: Readonly<Record<string, unknown>>, keys: readonly string[], of: string): void {
  const found = keys.find((key) => value[key] !== undefined && value[key] !== false && value[key] !== '')
  if (found === undefined) return
  throw unsupported(
    `${of} has ${found}, which Patrol does not do`,
    'Name a certificate-authority, and a user with a token, a client certificate or exec.',
  )
}

function missing(message: string): PatrolError {
  const remedy = 'Correct kubeconfig: or context: of the target; `kubectl config get-contexts` shows what there is.'
  return new PatrolError('target-not-found', message, { remedy })
}

function unsupported(message: string, remedy: string): PatrolError {
  return new PatrolError('config-invalid', `kubeconfig: ${message}`, { remedy })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function textOf(value: unknown, name: string): string | undefined {
  const text = fieldOf(value, name)
  return typeof text === 'string' && text !== '' ? text : undefined
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
