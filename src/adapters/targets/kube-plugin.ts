import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { withoutSecrets } from './program.ts'
import type { ExecPlugin } from './kubeconfig.ts'

/** What a program of a kubeconfig gave. */
export interface PluginCredential {
  readonly token: Secret | undefined
  /** PEM. */
  readonly certificate: { readonly cert: string; readonly key: Secret } | undefined
}

const timeoutMs = 30_000
const largestAnswer = 1024 * 1024

/**
 * Runs the program that a kubeconfig names for its user, without a shell and without the secrets of Patrol.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 *
 * @param cluster what it may ask for under `provideClusterInfo`
 * @throws PatrolError `target-denied` when it gives no credential
 */
export async function askPlugin(
  plugin: ExecPlugin,
  environment: Readonly<Record<string, string | undefined>>,
  cluster: Readonly<Record<string, unknown>>,
): Promise<PluginCredential> {
  const spec = { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) }
  const info = JSON.stringify({ apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec })
  let stdout: string
  try {
    const env = { ...withoutSecrets(environment), ...plugin.variables, KUBERNETES_EXEC_INFO: info }
    const options = { env, timeout: timeoutMs, maxBuffer: largestAnswer, windowsHide: true, encoding: 'utf8' as const }
    const running = promisify(execFile)(plugin.command, [...plugin.args], options)
    // Nobody is there to answer what it might ask.
    running.child.stdin?.end()
    ;({ stdout } = await running)
  } catch (thrown) {
    throw refusedBy(plugin, reasonOf(thrown))
  }
  const credential = credentialOf(stdout)
  if (credential === undefined) throw refusedBy(plugin, 'gave neither a token nor a client certificate')
  return credential
}

/** Judges what a program printed; undefined when it is no credential. Pure. */
export function credentialOf(printed: string): PluginCredential | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(printed)
  } catch {
    return undefined
  }
  if (fieldOf(answer, 'kind') !== 'ExecCredential') return undefined
  const status = fieldOf(answer, 'status')
  const [token, cert, key] = ['token', 'clientCertificateData', 'clientKeyData'].map((name) => {
    const value = fieldOf(status, name)
    return typeof value === 'string' && value !== '' ? value : undefined
  })
  const certificate = cert === undefined || key === undefined ? undefined : { cert, key: new Secret(key) }
  if (token === undefined && certificate === undefined) return undefined
  return { token: token === undefined ? undefined : new Secret(token), certificate }
}

function refusedBy({ command, installHint }: ExecPlugin, what: string): PatrolError {
  const hint = installHint === undefined ? '' : ` ${Secret.redact(installHint.trim())}`
  return new PatrolError('target-denied', `the program ${command} of the kubeconfig ${what}`, {
    remedy: `Run it by hand to see what it lacks.${hint}`,
  })
}

function reasonOf(thrown: unknown): string {
  const code = fieldOf(thrown, 'code')
  if (code === 'ENOENT') return 'is not there'
  if (fieldOf(thrown, 'killed') === true) return `took longer than ${timeoutMs / 1_000} seconds`
  const said = fieldOf(thrown, 'stderr')
  const lines = typeof said === 'string' ? said.trim().split('\n') : []
  const last = Secret.redact(lines.at(-1) ?? '').slice(0, 300)
  return `failed (${String(code)})${last === '' ? '' : `: ${last}`}`
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
