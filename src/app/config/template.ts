import { publicEndpoints } from './connection-schema.ts'
import { accountNameOf, isVaultAddress, requireSoundParts, type TemplateParts } from './template-parts.ts'

/**
 * A commented `patrol.yaml` that passes validation once the variables that it names are set.
 *
 * @throws PatrolError `usage` for a part that validation would refuse
 */
export function initTemplate(parts: TemplateParts = {}): string {
  requireSoundParts(parts)
  const { organization, tenant, store, user, token } = parts
  const account = accountNameOf(user)
  const vault = store !== undefined && isVaultAddress(store)
  return `# yaml-language-server: $schema=./patrol.schema.json
# That schema helps editors, and \`patrol schema > patrol.schema.json\` writes it beside this file.
# Check this file with \`patrol validate\`, and see what it would do with \`patrol plan\`: neither changes anything.
# \${NAME} is a variable of the environment, \${file:/path} the content of a file. Passwords stand nowhere else.
version: 1

# Who owns the tokens. Only users can: a service account, not a service principal or managed identity.
accounts:
  ${account}:
    tenant: ${scalar(tenant ?? 'contoso.onmicrosoft.com')}${tenant === undefined ? '   # your tenant: its id or a domain' : ''}
${signInOf(parts)}

# Where the values of tokens are kept. Consumers read them there.
stores:
${vault ? vaultStore(store) : fileStore(store ?? './secrets', parts.identityFile)}

# What holds for every token that does not say otherwise.
defaults:
  account: ${account}
  organization: ${scalar(organization ?? 'contoso')}${organization === undefined ? '   # your organization: dev.azure.com/contoso' : ''}
  store: ${vault ? 'vault' : 'local'}
  lifetime: 30d        # how long a new token lives
  renewBefore: 10d     # so long before its end it is replaced
  overlap: 48h         # so long the old value still works afterwards
  runEvery: 1d         # how often you run patrol apply; only to warn you

tokens:
  # A token of your own: made when it is missing, replaced when it is due, revoked when nobody uses it any more.
${tokenEntry(token)}

  # A rule looks after tokens that people made by hand. This one only extends them: the same value lives longer.
  # - match: "deploy-*"
  #   method: renew
  #   lifetime: 60d

# So many lost tokens may be replaced in one run; more look like a mistake, and the run stops.
limits:
  maxReplacements: 25%

# Only to point elsewhere, at an emulator or a proxy.
# endpoints:
#   entra: ${publicEndpoints.entra}
#   vssps: ${publicEndpoints.vssps}
#   azureDevOps: ${publicEndpoints.azureDevOps}

# Only behind a proxy that opens encrypted connections.
# tls:
#   caFile: /etc/ssl/corporate.pem
`
}

/** How the account signs in, with a word on what that asks of people. */
function signInOf(parts: TemplateParts): string {
  const { user, method = 'password' } = parts
  const name = user === undefined ? '${USER_NAME}' : scalar(user)
  switch (method) {
    case 'password':
      return `    signIn:
      # A password works as long as no policy asks this account for a second factor.
      method: password
      username: ${name}
      password: \${USER_PASSWORD}`
    case 'refresh-token':
      return `    user: ${name}
    signIn:
      # A person signs in once, second factor and all: patrol login ${accountNameOf(user)}. Each use renews it; it dies
      # after 90 days without use, and when the password is changed. It is kept encrypted, in the store below.
      method: refresh-token
      cache:
        store: ${isVault(parts) ? 'vault' : 'local'}
        secret: ${accountNameOf(user)}-sign-in`
    case 'azure-cli':
      return `    user: ${name}
    signIn:
      # Whoever is signed in to the Azure CLI of this machine (az login), which must be this user.
      method: azure-cli`
    case 'access-token':
      return `    user: ${name}
    signIn:
      # Something else signs in, with a second factor if need be, and hands over its access token for Azure DevOps.
      method: access-token
      token: \${AZURE_DEVOPS_TOKEN}`
  }
}

function isVault({ store }: TemplateParts): boolean {
  return store !== undefined && isVaultAddress(store)
}

function tokenEntry(token: TemplateParts['token']): string {
  if (token === undefined) {
    return `  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging`
  }
  return [
    `  - name: ${scalar(token.name)}`,
    '    scopes:',
    ...token.scopes.map((scope) => `      - ${scalar(scope)}`),
  ].join('\n')
}

function fileStore(path: string, identityFile: string | undefined): string {
  const identity = identityFile === undefined ? '${PATROL_AGE_IDENTITY}' : `\${file:${identityFile}}`
  return `  # Encrypted files on this machine. \`patrol init --new-identity FILE\` makes a key, and age-keygen does as well.
  local:
    type: file
    path: ${plainPath(path)}
    identity: ${identity}
  # vault:
  #   type: azure-key-vault
  #   url: https://contoso.vault.azure.net
  #   credential: default`
}

function vaultStore(url: string): string {
  return `  vault:
    type: azure-key-vault
    url: ${scalar(url)}
    # default tries the environment, workload and managed identity, and the Azure CLI.
    # It needs the permissions get, list and set for secrets.
    credential: default`
}

/** A path as people write it; what YAML might read otherwise gets quotes. */
function plainPath(path: string): string {
  return /^[./]*[A-Za-z][\w./-]*$/.test(path) ? path : scalar(path)
}

/** Plain where YAML reads it as text and nothing else, else in quotes; a reference stays one. */
function scalar(text: string): string {
  return /^[A-Za-z][\w.:/@-]*$|^\$\{[^}\n]+\}$/.test(text) && !/: |^(?:true|false|null|y|n|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text)
}
