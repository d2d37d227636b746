import { createHash } from 'node:crypto'
import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee, Copy, Removal, Target } from '../../ports/target.ts'
import { fingerprint } from '../fingerprint.ts'
import type { KubeAccess } from './kube-access.ts'
import { callKube, fieldOf, type KubeCall } from './kube-client.ts'
import { filled } from '../placeholders.ts'
import { assertInTime } from './target-request.ts'

/** What is to start anew after a delivery. */
export interface Workload {
  readonly kind: 'deployment' | 'statefulset' | 'daemonset'
  readonly name: string
}

export interface KubernetesSecretParts {
  readonly name: string
  /** Undefined for that of the context or the pod; placeholders stand as written, here and below. */
  readonly namespace: string | undefined
  readonly secret: string
  readonly key: string
  readonly restart: readonly Workload[]
  readonly open: () => Promise<KubeAccess>
  readonly clock: Pick<Clock, 'elapsed'>
}

/** One key of one Secret. */
interface Spot {
  readonly access: KubeAccess
  readonly namespace: string
  readonly secret: string
  readonly key: string
  readonly path: string
  /** For people. */
  readonly said: string
}

/** A Secret as far as it matters here. */
interface Found {
  /** In plain; undefined when the key is not there. */
  readonly value: Secret | undefined
  readonly uid: unknown
  readonly version: unknown
}

const secretPermission = 'get, create and patch on secrets'

/**
 * One key of a Secret of Kubernetes, by server-side apply. Each key has a field manager of its own: one manager for
 * several keys would take away those that it does not name. Whoever else owns the key loses it, and all other keys,
 * labels and annotations stay with their owners.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function kubernetesSecretTarget(parts: KubernetesSecretParts): Target {
  let opening: Promise<KubeAccess> | undefined
  const spotOf = async (of: Addressee): Promise<Spot> => {
    opening ??= parts.open()
    // What did not open is tried anew the next time.
    opening.catch(() => (opening = undefined))
    const access = await opening
    const namespace = filled(parts.namespace ?? access.namespace, of)
    const [secret, key] = [filled(parts.secret, of), filled(parts.key, of)]
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(secret)}`
    return { access, namespace, secret, key, path, said: `${key} of Secret ${namespace}/${secret}` }
  }
  const call = async (spot: Spot, what: KubeCall, limits?: Limits): Promise<unknown> => {
    try {
      return await callKube(spot.access, parts.clock, what, limits)
    } catch (thrown) {
      // A credential that a program gave may have ended; the next call asks for another.
      if (thrown instanceof PatrolError && thrown.code === 'target-denied') opening = undefined
      throw thrown
    }
  }

  const look = async (spot: Spot): Promise<Found | undefined> => {
    const answer = await call(spot, { method: 'GET', path: spot.path, permission: 'get on secrets' })
    return answer === undefined ? undefined : foundIn(answer, spot.key)
  }

  /** @param data what our manager is to own: our key, or nothing */
  const apply = async (
    spot: Spot,
    uid: unknown,
    data: Readonly<Record<string, string>>,
    limits: Limits,
  ): Promise<void> => {
    const query = new URLSearchParams({ fieldManager: managerOf(spot.key), force: 'true' })
    const metadata = { name: spot.secret, namespace: spot.namespace, ...(uid === undefined ? {} : { uid }) }
    const value = { apiVersion: 'v1', kind: 'Secret', metadata, data }
    const body = { contentType: 'application/apply-patch+yaml', value }
    const path = `${spot.path}?${query.toString()}`
    const answer = await call(spot, { method: 'PATCH', path, body, permission: secretPermission }, limits)
    if (answer === undefined) throw placeless(spot)
  }

  const restart = async (
    spot: Spot,
    workload: Workload,
    mark: string,
    isNew: boolean,
    limits: Limits,
  ): Promise<void> => {
    const path = `/apis/apps/v1/namespaces/${encodeURIComponent(spot.namespace)}/${workload.kind}s/${encodeURIComponent(workload.name)}`
    const permission = `get and patch on ${workload.kind}s`
    const annotation = annotationOf(spot)
    const said = `there is no ${workload.kind} ${spot.namespace}/${workload.name} to restart`
    if (!isNew) {
      const now = await call(spot, { method: 'GET', path, permission })
      const template = fieldOf(fieldOf(fieldOf(now, 'spec'), 'template'), 'metadata')
      const present = fieldOf(fieldOf(template, 'annotations'), annotation)
      if (typeof present === 'string' && present.split('.')[0] === mark.split('.')[0]) return
    }
    const value = { spec: { template: { metadata: { annotations: { [annotation]: mark } } } } }
    const body = { contentType: 'application/strategic-merge-patch+json', value }
    const changed = await call(
      spot,
      { method: 'PATCH', path: `${path}?fieldManager=azdo-patrol`, body, permission },
      limits,
    )
    if (changed === undefined) throw new PatrolError('target-not-found', said)
  }

  const conditionOf = async (spot: Spot, copy: Copy): Promise<Condition> => {
    const found = await look(spot)
    if (found?.value === undefined) return { kind: 'gone', message: `there is no ${spot.said}` }
    if (fingerprint(found.value.reveal()) === copy.receipt) return { kind: 'intact' }
    return { kind: 'overwritten', message: `${spot.said} holds another value than was delivered` }
  }

  return {
    name: parts.name,
    async deliver(consignment, limits) {
      assertInTime(parts.clock, limits)
      const spot = await spotOf(consignment)
      const value = consignment.value.reveal()
      const encoded = new Secret(Buffer.from(value).toString('base64'))
      const before = (await look(spot))?.value
      await apply(spot, undefined, { [spot.key]: encoded.reveal() }, limits)
      const after = await look(spot)
      if (after?.value?.equals(consignment.value) !== true) {
        throw new PatrolError('delivery-failed', `${spot.said} does not hold what was written just now`, {
          outcome: 'unknown',
        })
      }
      const mark = `${consignment.generation}.${String(after.version)}`
      const isNew = before?.equals(consignment.value) !== true
      for (const workload of parts.restart) await restart(spot, workload, mark, isNew, limits)
      return fingerprint(value)
    },
    inspect: async (copy) => conditionOf(await spotOf(copy), copy),
    async remove(copy, limits): Promise<Removal> {
      assertInTime(parts.clock, limits)
      const spot = await spotOf(copy)
      const condition = await conditionOf(spot, copy)
      if (condition.kind === 'gone') return { kind: 'absent' }
      if (condition.kind !== 'intact') return { kind: 'kept', why: `${spot.said} holds another value` }
      const found = await look(spot)
      // With the id, a Secret that was deleted meanwhile is not made anew.
      await apply(spot, found?.uid, {}, limits)
      if ((await look(spot))?.value === undefined) return { kind: 'removed' }
      return { kind: 'kept', why: `somebody else has a hand on ${spot.said}, too` }
    },
    async check() {
      const spot = await spotOf({ token: '-', organization: '-' })
      const isFixed = !/\{(?:token|TOKEN|organization)\}/.test(parts.namespace ?? '')
      const place = `/api/v1/namespaces/${encodeURIComponent(spot.namespace)}`
      if (
        isFixed &&
        (await readable(() => call(spot, { method: 'GET', path: place, permission: 'get on namespaces' })))
      ) {
        throw placeless(spot)
      }
      const resources = [['get', ''], ['patch', ''], ...parts.restart.map(({ kind }) => ['patch', `${kind}s`])]
      for (const [verb = '', resource = ''] of resources) await assertAllowed(spot, verb, resource)
    },
  }

  /** Asks the cluster what we may do, which changes nothing. */
  async function assertAllowed(spot: Spot, verb: string, workloads: string): Promise<void> {
    const named = /\{/.test(parts.secret) || workloads !== '' ? {} : { name: spot.secret }
    const resource = workloads === '' ? { group: '', resource: 'secrets' } : { group: 'apps', resource: workloads }
    const resourceAttributes = { namespace: spot.namespace, verb, ...resource, ...named }
    const value = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    }
    const body = { contentType: 'application/json', value }
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const answer = await call(spot, { method: 'POST', path, body, permission: 'create on selfsubjectaccessreviews' })
    if (fieldOf(fieldOf(answer, 'status'), 'allowed') === true) return
    const message = `the cluster does not allow ${verb} on ${resource.resource} in ${spot.namespace}`
    throw new PatrolError('target-denied', message, {
      remedy: `Give the user or service account a role with ${verb} on ${resource.resource}.`,
    })
  }
}

/** Whether the place is known not to be there; who may not look learns of it by the delivery. */
async function readable(look: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await look()) === undefined
  } catch (thrown) {
    if (thrown instanceof PatrolError && thrown.code === 'target-denied' && / 403\b/.test(thrown.message)) return false
    throw thrown
  }
}

function foundIn(answer: unknown, key: string): Found {
  const metadata = fieldOf(answer, 'metadata')
  const encoded = fieldOf(fieldOf(answer, 'data'), key)
  const value = typeof encoded === 'string' ? new Secret(Buffer.from(encoded, 'base64').toString()) : undefined
  return { value, uid: fieldOf(metadata, 'uid'), version: fieldOf(metadata, 'resourceVersion') }
}

function placeless(spot: Spot): PatrolError {
  return new PatrolError('target-not-found', `there is no namespace ${spot.namespace} in ${spot.access.server}`)
}

/** Names of field managers have at most 128 characters. */
function managerOf(key: string): string {
  const manager = `azdo-patrol.${key}`
  return manager.length <= 128 ? manager : `azdo-patrol.${hashOf(key)}`
}

/** One for each copy, so that several in one workload do not take turns. */
function annotationOf({ secret, key }: Spot): string {
  return `azdo-patrol/${hashOf(`${secret}\n${key}`)}`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
