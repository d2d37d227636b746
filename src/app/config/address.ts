import { resolve } from 'node:path'
import { azureClouds, cloudOfVault } from '../../adapters/azure-clouds.ts'
import type { WrittenStore } from './schema.ts'
import type { Sound } from './shape.ts'

/** Where Microsoft's clouds keep vaults. */
export const vaultDomains: readonly string[] = azureClouds.map(({ vaultDomain }) => vaultDomain)

/** The vault's name, when the host is one of Microsoft's vaults. */
export function vaultName(host: string): string | undefined {
  const cloud = cloudOfVault(host)
  return cloud === undefined ? undefined : host.slice(0, -cloud.vaultDomain.length - 1)
}

/** An address without a slash at its end, its host in lower case. */
export function plainUrl(written: string): string {
  const url = new URL(written)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Whether a PAT may be sent there: to the family of dev.azure.com, or to the endpoint that is configured. */
export function isAzureDevOps(written: string, endpoint: string): boolean {
  const url = new URL(written)
  if (url.host === new URL(endpoint).host) return true
  if (url.port !== '') return false
  return /^(?:(?:[\w-]+\.)*dev\.azure\.com|(?:[\w-]+\.)+visualstudio\.com)$/.test(url.hostname)
}

/** What makes two stores one: the vault, or the directory. Undefined when that is not known. */
export function storePlace(store: Sound<WrittenStore>, directory: string): string | undefined {
  if ('path' in store && store.path !== undefined) return resolve(directory, store.path)
  if ('url' in store && store.url !== undefined) return plainUrl(store.url).toLowerCase()
  return undefined
}
