import { resolve } from 'node:path'
import type { Secret } from '../../core/secret.ts'
import type { Draft } from './draft.ts'
import { type Path, pathKey } from './faults.ts'
import { secretAt } from './present.ts'
import type { Written } from './schema.ts'

/** How the blueprint of an agent proves itself. Paths are absolute. */
export type WantedProof =
  | {
      readonly type: 'managed-identity'
      readonly clientId?: string | undefined
      readonly resourceId?: string | undefined
      readonly objectId?: string | undefined
    }
  | { readonly type: 'workload-identity'; readonly tokenFile?: string | undefined }
  | {
      readonly type: 'azure-pipelines'
      readonly serviceConnection?: string | undefined
      readonly systemAccessToken?: Secret | undefined
    }
  | { readonly type: 'github-actions' }
  | WantedCertificate

export interface WantedCertificate {
  readonly type: 'certificate'
  readonly pem: Secret
  readonly passphrase: Secret | undefined
}

/** A sign-in without a person at it, other than by password. */
export type WantedUnattended =
  | {
      readonly method: 'agent-user'
      readonly blueprint: string
      readonly agent: string
      readonly credential: WantedProof
    }
  | {
      readonly method: 'on-behalf-of'
      readonly assertion: Secret | { readonly file: string }
      readonly credential: WantedCertificate | { readonly type: 'secret'; readonly secret: Secret }
    }
  | { readonly method: 'azure-cli' }

type WrittenUnattended = Extract<Written['accounts'][string]['signIn'], { readonly method: WantedUnattended['method'] }>

/** @param path where the sign-in stands */
export function wantedUnattended(draft: Draft, signIn: WrittenUnattended, path: Path): WantedUnattended {
  switch (signIn.method) {
    case 'azure-cli':
      return { method: 'azure-cli' }
    case 'agent-user': {
      const { blueprint, agent, credential } = signIn
      return { method: 'agent-user', blueprint, agent, credential: proofOf(draft, credential, [...path, 'credential']) }
    }
    case 'on-behalf-of': {
      const secret = draft.secrets.get(pathKey([...path, 'secret']))
      return {
        method: 'on-behalf-of',
        assertion:
          signIn.file === undefined
            ? secretAt(draft, [...path, 'assertion'])
            : { file: resolve(draft.directory, signIn.file) },
        credential: secret === undefined ? certificateAt(draft, path) : { type: 'secret', secret },
      }
    }
  }
}

type WrittenProof = Extract<WrittenUnattended, { readonly method: 'agent-user' }>['credential']

function proofOf(draft: Draft, written: WrittenProof, path: Path): WantedProof {
  if (typeof written === 'string') return proofOfWord(written)
  switch (written.type) {
    case 'managed-identity': {
      const { type, clientId, resourceId, objectId } = written
      return { type, clientId, resourceId, objectId }
    }
    case 'workload-identity': {
      const { type, tokenFile } = written
      return { type, tokenFile: tokenFile === undefined ? undefined : resolve(draft.directory, tokenFile) }
    }
    case 'azure-pipelines': {
      const { type, serviceConnection } = written
      return { type, serviceConnection, systemAccessToken: draft.secrets.get(pathKey([...path, 'systemAccessToken'])) }
    }
    case 'github-actions':
      return { type: 'github-actions' }
    case 'certificate':
      return certificateAt(draft, path)
  }
}

function proofOfWord(written: string): WantedProof {
  switch (written) {
    case 'managed-identity':
    case 'workload-identity':
    case 'azure-pipelines':
    case 'github-actions':
      return { type: written }
    default:
      throw new Error('the schema lets a credential pass that nobody knows')
  }
}

function certificateAt(draft: Draft, path: Path): WantedCertificate {
  return {
    type: 'certificate',
    pem: secretAt(draft, [...path, 'certificate']),
    passphrase: draft.secrets.get(pathKey([...path, 'passphrase'])),
  }
}
