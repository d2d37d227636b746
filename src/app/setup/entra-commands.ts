import { PatrolError } from '../../core/errors.ts'

export type Shell = 'bash' | 'powershell'

export interface EntraSetup {
  /** Id or domain; undefined: the tenant that the Azure CLI is signed in to. */
  readonly tenant: string | undefined
  /** What the application is called in the portal. */
  readonly name: string
  readonly shell: Shell
  /** Whether the application is also to open key vaults for its user. */
  readonly vault: boolean
}

/** The same in every tenant: https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/entra */
const azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798'

/**
 * Commands of the Azure CLI that register an application of one's own: for this tenant alone, a public client that a
 * person signs in to in a browser on this machine, with the delegated permissions that the PAT API asks for and nothing
 * more. Nobody knows the ids of permissions by heart, so the commands look them up in the tenant.
 *
 * https://learn.microsoft.com/cli/azure/ad/app and https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
 *
 * @throws PatrolError `usage` for a tenant or name that cannot be one
 */
export function entraCommands(setup: EntraSetup): string {
  if (setup.tenant !== undefined && !/^[A-Za-z0-9][A-Za-z0-9.-]{2,252}$/.test(setup.tenant)) {
    throw new PatrolError('usage', 'the tenant is neither an id nor a domain', {
      remedy:
        'Write --tenant with an id such as 11111111-2222-3333-4444-555555555555, or a domain such as contoso.com.',
    })
  }
  if (!/^[^\p{Cc}]{1,120}$/u.test(setup.name) || setup.name.trim() === '') {
    throw new PatrolError('usage', 'the name of the application is empty, too long, or has line breaks in it', {
      remedy: 'Write --name with 1 to 120 characters.',
    })
  }
  return setup.shell === 'bash' ? bash(setup) : powershell(setup)
}

const whatItDoes = [
  '# Registers an application of your own, with which Patrol signs its users in. Read it, then run it: Patrol ran nothing.',
  '# Run it signed in to the Azure CLI (az login) as somebody who may register applications and, for the consent at',
  '# the end, may consent for the whole tenant (Cloud Application Administrator). Run it once: it makes one application.',
]

const whereConsentGoes = [
  '# Or let an administrator open this address, and leave out the command below. The page that it ends at does not',
  '# exist (http://localhost), and need not.',
]

/** The permission of Azure Key Vault that lets an application open vaults for its user. */
const vaultResource = 'https://vault.azure.net'

function bash({ tenant, name, vault }: EntraSetup): string {
  const idOf = (variable: string, api: string, value: string): readonly string[] => [
    `${variable}=$(az ad sp show --id ${api} --query "oauth2PermissionScopes[?value=='${value}'].id" --output tsv)`,
    `[ -n "$${variable}" ] || { echo 'this tenant knows no permission ${value}' >&2; exit 1; }`,
  ]
  const add = (api: string, ...ids: readonly string[]): string =>
    `az ad app permission add --id "$client_id" --api ${api} --api-permissions ${ids.map((id) => `"$${id}=Scope"`).join(' ')}`
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
  return text([
    '#!/usr/bin/env bash',
    ...whatItDoes,
    'set -euo pipefail',
    '',
    tenant === undefined ? 'tenant=$(az account show --query tenantId --output tsv)' : `tenant=${quoted(tenant)}`,
    `name=${quoted(name)}`,
    '',
    '# Azure DevOps, and the two permissions that its PAT API asks for.',
    `azure_devops=${azureDevOps}`,
    ...idOf('pats', '"$azure_devops"', 'vso.pats'),
    ...idOf('pats_manage', '"$azure_devops"', 'vso.pats_manage'),
    ...(vault
      ? [
          '# Azure Key Vault, for a store with `credential: account:…`.',
          `key_vault=$(az ad sp show --id ${vaultResource} --query appId --output tsv)`,
          ...idOf('vault_user', '"$key_vault"', 'user_impersonation'),
        ]
      : []),
    '',
    '# For this tenant alone, a public client: it has no secret that could leak.',
    'client_id=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg \\',
    '  --public-client-redirect-uris http://localhost --is-fallback-public-client true --query appId --output tsv)',
    'az ad sp create --id "$client_id" --output none',
    add('"$azure_devops"', 'pats', 'pats_manage'),
    ...(vault ? [add('"$key_vault"', 'vault_user')] : []),
    '',
    ...whereConsentGoes,
    'echo "https://login.microsoftonline.com/$tenant/v2.0/adminconsent?client_id=$client_id&scope=$azure_devops/.default&redirect_uri=http://localhost"',
    'az ad app permission admin-consent --id "$client_id"',
    '',
    '# What stands in the tenant now.',
    'az ad app show --id "$client_id" --query "{appId: appId, signInAudience: signInAudience, redirectUris: publicClient.redirectUris}"',
    'cat <<END',
    ...configuration('$tenant', '$client_id'),
    'END',
  ])
}

function powershell({ tenant, name, vault }: EntraSetup): string {
  const checked = 'if ($LASTEXITCODE -ne 0) { throw "az failed" }'
  const idOf = (variable: string, api: string, value: string): readonly string[] => [
    `$${variable} = az ad sp show --id ${api} --query "oauth2PermissionScopes[?value=='${value}'].id" --output tsv`,
    `if (-not $${variable}) { throw "this tenant knows no permission ${value}" }`,
  ]
  const add = (api: string, ...ids: readonly string[]): readonly string[] => [
    `az ad app permission add --id $clientId --api ${api} --api-permissions ${ids.map((id) => `"$($${id})=Scope"`).join(' ')}`,
    checked,
  ]
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
  return text([
    ...whatItDoes,
    '$ErrorActionPreference = "Stop"',
    '',
    ...(tenant === undefined
      ? ['$tenant = az account show --query tenantId --output tsv', checked]
      : [`$tenant = ${quoted(tenant)}`]),
    `$name = ${quoted(name)}`,
    '',
    '# Azure DevOps, and the two permissions that its PAT API asks for.',
    `$azureDevOps = "${azureDevOps}"`,
    ...idOf('pats', '$azureDevOps', 'vso.pats'),
    ...idOf('patsManage', '$azureDevOps', 'vso.pats_manage'),
    ...(vault
      ? [
          '# Azure Key Vault, for a store with `credential: account:…`.',
          `$keyVault = az ad sp show --id ${vaultResource} --query appId --output tsv`,
          checked,
          ...idOf('vaultUser', '$keyVault', 'user_impersonation'),
        ]
      : []),
    '',
    '# For this tenant alone, a public client: it has no secret that could leak.',
    '$clientId = az ad app create --display-name $name --sign-in-audience AzureADMyOrg `',
    '  --public-client-redirect-uris http://localhost --is-fallback-public-client true --query appId --output tsv',
    checked,
    'az ad sp create --id $clientId --output none',
    checked,
    ...add('$azureDevOps', 'pats', 'patsManage'),
    ...(vault ? add('$keyVault', 'vaultUser') : []),
    '',
    ...whereConsentGoes,
    '"https://login.microsoftonline.com/$($tenant)/v2.0/adminconsent?client_id=$($clientId)&scope=$($azureDevOps)/.default&redirect_uri=http://localhost"',
    'az ad app permission admin-consent --id $clientId',
    checked,
    '',
    '# What stands in the tenant now.',
    'az ad app show --id $clientId --query "{appId: appId, signInAudience: signInAudience, redirectUris: publicClient.redirectUris}"',
    checked,
    '@"',
    ...configuration('$tenant', '$clientId'),
    '"@',
  ])
}

/** What belongs into `patrol.yaml`. */
function configuration(tenant: string, clientId: string): readonly string[] {
  return ['', '# Put into patrol.yaml:', 'accounts:', '  ci-bot:', `    tenant: ${tenant}`, `    clientId: ${clientId}`]
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
