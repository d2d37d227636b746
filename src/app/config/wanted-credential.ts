import { resolve } from 'node:path'
import type { Draft } from './draft.ts'
import { type Path, pathKey } from './faults.ts'
import type { WrittenCredential } from './schema.ts'
import type { WantedCredential } from './wanted.ts'

/**
 * Who opens a vault.
 *
 * @param path where it stands
 */
export function wantedCredential(draft: Draft, written: WrittenCredential, path: Path): WantedCredential {
  if (typeof written === 'string') return wantedWord(written)
  switch (written.type) {
    case 'default':
    case 'github-actions':
      return { type: written.type, clientId: written.clientId, tenant: written.tenant }
    case 'environment':
      return { type: 'environment' }
    case 'managed-identity': {
      const { type, clientId, resourceId, objectId } = written
      return { type, clientId, resourceId, objectId }
    }
    case 'workload-identity': {
      const { type, clientId, tenant, tokenFile } = written
      return {
        type,
        clientId,
        tenant,
        tokenFile: tokenFile === undefined ? undefined : resolve(draft.directory, tokenFile),
      }
    }
    case 'azure-cli':
      return { type: 'azure-cli', tenant: written.tenant }
    case 'azure-pipelines': {
      const { type, clientId, tenant, serviceConnection } = written
      const systemAccessToken = draft.secrets.get(pathKey([...path, 'systemAccessToken']))
      return { type, clientId, tenant, serviceConnection, systemAccessToken }
    }
  }
}

function wantedWord(written: string): WantedCredential {
  switch (written) {
    case 'default':
    case 'environment':
    case 'managed-identity':
    case 'workload-identity':
    case 'azure-cli':
    case 'azure-pipelines':
    case 'github-actions':
      return { type: written }
    default:
      return { type: 'account', account: written.slice('account:'.length) }
  }
}
