import { resolve } from 'node:path'
import { z } from 'zod'
import type { WantedCluster } from '../../../adapters/targets/kube-access.ts'
import type { Workload } from '../../../adapters/targets/kubernetes-secret.ts'
import { field, filePath, text } from '../fields.ts'
import { type Fault, fault } from '../faults.ts'
import { writtenOut } from '../path-rules.ts'
import { placeholderNote, targetFields } from './target-fields.ts'
import { targetKind, type TargetTerms } from './target-kind.ts'

const workloadPhrase = 'a workload such as deployment/api, statefulset/db or daemonset/agent'

const schema = z.strictObject({
  type: field(z.literal('kubernetes-secret'), { description: 'One key of a Secret of Kubernetes.' }),
  secret: field(
    text(
      /^[a-z0-9{](?:[A-Za-z0-9.{}-]{0,251}[a-z0-9}])?$/,
      'a name of a Secret: lower-case letters, digits, hyphens and dots',
    ),
    {
      description: `The name of the Secret, which is made when it is not there. ${placeholderNote}`,
      examples: ['package-feed', '"pat-{token}"'],
      refused: 'it has upper-case letters',
      errors: ['target-denied', 'delivery-failed'],
    },
  ),
  key: field(text(/^[-._A-Za-z0-9{}]{1,253}$/, 'a key of letters, digits, hyphens, low lines and dots'), {
    description: `The key in the Secret. All other keys stay as they are. ${placeholderNote}`,
    builtIn: 'token',
    examples: ['AZURE_DEVOPS_EXT_PAT'],
  }).optional(),
  namespace: field(
    text(/^[a-z0-9{](?:[a-z0-9{}-]{0,61}[a-z0-9}])?$/, 'a name of a namespace: lower-case letters, digits and hyphens'),
    {
      description: `The namespace, which must be there. ${placeholderNote}`,
      builtIn: 'that of the context or of the pod, else `default`',
      examples: ['build'],
      errors: ['target-not-found'],
    },
  ).optional(),
  kubeconfig: field(filePath(), {
    description: 'The kubeconfig of the cluster. A relative path starts at the configuration file.',
    builtIn: 'the service account of the pod that Patrol runs in; elsewhere `KUBECONFIG`, then `~/.kube/config`',
    examples: ['/etc/patrol/kubeconfig'],
    errors: ['target-not-found', 'target-denied', 'config-invalid'],
  }).optional(),
  context: field(text(/^\S(?:.{0,253}\S)?$/, 'the name of a context'), {
    description: 'The context of the kubeconfig.',
    builtIn: 'the current one',
    examples: ['production'],
    errors: ['target-not-found'],
  }).optional(),
  restart: field(
    z.array(
      field(text(/^(?:deployment|statefulset|daemonset)\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, workloadPhrase), {
        description: 'A workload.',
      }),
      {
        error: 'a list of workloads',
      },
    ),
    {
      description:
        'What starts anew, pod by pod, when the value has changed, for programs that read it only when they start. Patrol does not wait for the end of it.',
      builtIn: 'none',
      examples: ['[deployment/api, statefulset/db]'],
      errors: ['target-not-found', 'target-denied'],
    },
  ).optional(),
  ...targetFields,
})

export interface WantedKubernetesSecret extends TargetTerms {
  readonly type: 'kubernetes-secret'
  readonly cluster: WantedCluster
  readonly namespace: string | undefined
  readonly secret: string
  readonly key: string
  readonly restart: readonly Workload[]
}

export const kubernetesSecretTarget = targetKind<typeof schema, WantedKubernetesSecret>({
  schema,
  place: ({ kubeconfig, context, namespace, secret, key }, draft) => {
    if (secret === undefined) return undefined
    const file = kubeconfig === undefined ? '' : resolve(draft.directory, kubeconfig)
    return [file, context ?? '', namespace ?? '', secret, key ?? 'token'].join('\n')
  },
  faults: (written, path, draft) => {
    const faults: Fault[] = [...writtenOut(draft, [...path, 'kubeconfig'], written.kubeconfig)]
    if (/[A-Z]/.test((written.secret ?? '').replaceAll(/\{(?:token|organization)\}/g, ''))) {
      const at = [...path, 'secret']
      const text = `${draft.shown(at)} would be no name of a Secret, which has lower-case letters only`
      faults.push(fault(at, text, 'write {token} in place of {TOKEN}, and the rest in lower case'))
    }
    return faults
  },
  wanted: (written, terms, _path, draft) => ({
    ...terms,
    type: 'kubernetes-secret',
    cluster: {
      kubeconfig: written.kubeconfig === undefined ? undefined : resolve(draft.directory, written.kubeconfig),
      context: written.context,
    },
    namespace: written.namespace,
    secret: written.secret,
    key: written.key ?? 'token',
    restart: (written.restart ?? []).map((workload) => {
      const [kind = '', name = ''] = workload.split('/')
      return { kind: kind as Workload['kind'], name }
    }),
  }),
})
