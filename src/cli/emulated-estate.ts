import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Emulator } from '../emulator/emulator.ts'

/** Files that let the real commands work against an emulator. */
export interface EmulatedEstate {
  readonly configFile: string
  /** For a shell: `. FILE` exports the account's user name and password. Only its owner can read it. */
  readonly environmentFile: string
  /** The same variables, for a command that runs in this process. */
  readonly variables: Readonly<Record<string, string>>
}

/**
 * Writes a configuration and an environment for the first user and vault of a running emulator.
 *
 * @param tokens the `tokens:` part of the configuration, as YAML; what else is to be in it may stand before
 */
export function writeEstate(
  emulator: Emulator,
  directory: string,
  tenant: string,
  organization: string,
  tokens: string,
): EmulatedEstate {
  const [user = ''] = emulator.users()
  const variables = { USER_NAME: user, USER_PASSWORD: emulator.password(user) }
  const configFile = join(directory, 'patrol.yaml')
  const environmentFile = join(directory, 'environment')
  mkdirSync(directory, { recursive: true })
  writeFileSync(configFile, configText(emulator, tenant, organization, tokens))
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
  const lines = Object.entries({ ...variables, PATROL_CONFIG: configFile }).map(
    ([name, value]) => `export ${name}=${quote(value)}\n`,
  )
  writeFileSync(environmentFile, lines.join(''), { mode: 0o600 })
  return { configFile, environmentFile, variables }
}

function configText(emulator: Emulator, tenant: string, organization: string, tokens: string): string {
  const { endpoints, caFile } = emulator
  const [vaultUrl = ''] = Object.values(endpoints.vaults)
  return `version: 1
endpoints:
  entra: ${endpoints.entra}
  vssps: ${endpoints.vssps}
  azureDevOps: ${endpoints.azureDevOps}
tls:
  caFile: ${caFile}
accounts:
  ci-bot:
    tenant: ${tenant}
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
stores:
  vault:
    type: azure-key-vault
    url: ${vaultUrl}
    credential: account:ci-bot
    verifyChallengeResource: false
defaults:
  account: ci-bot
  organization: ${organization}
  store: vault
${tokens}`
}
