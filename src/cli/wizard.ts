import { accountNameOf, partFaults, type TemplateMethod, type TemplateParts } from '../app/config/template-parts.ts'
import { isUserName, organizationIn, scopesIn, vaultIn } from '../app/init/answers.ts'
import type { Soundings } from '../app/init/soundings.ts'
import { asPatrolError } from '../core/errors.ts'
import type { Choice, Dialogue } from './dialogue.ts'

/** What the person wants, and whether a key has to be made for it. */
export interface Wishes {
  readonly parts: TemplateParts
  readonly makesIdentity: boolean
}

/** Where the key of encrypted files is put. */
export const identityFile = 'patrol-age-identity.txt'

const methods: readonly Choice<TemplateMethod>[] = [
  {
    value: 'refresh-token',
    label: 'a person, once',
    about: 'in a browser, with a second factor if need be; then it renews itself (patrol login)',
  },
  {
    value: 'password',
    label: 'password',
    about: 'a stored password; runs by itself until the account must prove a second factor',
  },
  {
    value: 'azure-cli',
    label: 'Azure CLI',
    about: 'whoever is signed in with az login on this machine; for your own machine',
  },
  {
    value: 'access-token',
    label: 'access token',
    about: 'something else signs in, and hands over its token for Azure DevOps',
  },
]

const storeKinds: readonly Choice<'vault' | 'files'>[] = [
  { value: 'vault', label: 'Azure Key Vault', about: 'apps and pipelines read the values there' },
  { value: 'files', label: 'encrypted files', about: 'on this machine; a key is made, and `patrol get` reads them' },
]

/**
 * Asks for what a configuration begins with, and finds out as it goes whether the answers can be right. What cannot be
 * found out is told, and the person decides. No secret is asked for.
 *
 * @param hasIdentity whether there is a key for encrypted files already
 */
export async function askForWishes(dialogue: Dialogue, soundings: Soundings, hasIdentity: boolean): Promise<Wishes> {
  const { organization, tenant: found } = await askForOrganization(dialogue, soundings)
  const user = await dialogue.ask('User name of the service account that owns the tokens', undefined, (answer) =>
    isUserName(answer) ? faultOf({ user: answer }) : 'a user name looks like ci-bot@contoso.com',
  )
  const tenant =
    found ??
    (await dialogue.ask('Tenant, its id or a domain', user.split('@')[1], (answer) => faultOf({ tenant: answer })))
  const method = await dialogue.choose('How does it sign in?', methods)
  const kind = await dialogue.choose('Where are the values of tokens kept?', storeKinds)
  const store = kind === 'vault' ? await askForVault(dialogue, soundings, tenant) : await askForDirectory(dialogue)
  const token = await askForToken(dialogue)
  const files = kind === 'files'
  return {
    parts: {
      organization,
      tenant,
      user,
      method,
      store,
      token,
      ...(files ? { identityFile: `./${identityFile}` } : {}),
    },
    makesIdentity: files && !hasIdentity,
  }
}

async function askForOrganization(
  dialogue: Dialogue,
  soundings: Soundings,
): Promise<{ readonly organization: string; readonly tenant: string | undefined }> {
  for (;;) {
    const answer = await dialogue.ask('Organization, as in dev.azure.com/ORGANIZATION', undefined, (written) =>
      faultOf({ organization: organizationIn(written) }),
    )
    const organization = organizationIn(answer)
    try {
      const tenant = await soundings.tenantOf(organization)
      if (tenant !== 'organizations') {
        dialogue.say(`  found: ${organization} belongs to the tenant ${tenant}`)
        return { organization, tenant }
      }
      const remedy = 'Connect it to a tenant first: without one there is no account that could own the tokens.'
      dialogue.warn(`${organization} belongs to no tenant of Microsoft Entra`, remedy)
    } catch (thrown) {
      const { message, remedy } = asPatrolError(thrown)
      dialogue.warn(message, remedy)
    }
    if (await dialogue.confirm(`Go on with ${organization} all the same?`, false))
      return { organization, tenant: undefined }
  }
}

async function askForVault(dialogue: Dialogue, soundings: Soundings, tenant: string): Promise<string> {
  for (;;) {
    const answer = await dialogue.ask('Vault, its name or address', undefined, (written) =>
      faultOf({ store: vaultIn(written) }),
    )
    const url = vaultIn(answer)
    try {
      const home = await soundings.tenantOfVault(url)
      dialogue.say(`  found: ${url} is a Key Vault`)
      if (home === undefined || home === tenant.toLowerCase() || !/^[0-9a-f-]{36}$/.test(tenant)) return url
      dialogue.warn(
        `it belongs to another tenant than the organization: ${home}`,
        'Something of that tenant must open it.',
      )
    } catch (thrown) {
      const { message, remedy } = asPatrolError(thrown)
      dialogue.warn(message, remedy)
    }
    if (await dialogue.confirm(`Go on with ${url} all the same?`, false)) return url
  }
}

async function askForDirectory(dialogue: Dialogue): Promise<string> {
  return dialogue.ask('Folder for the encrypted files', './secrets', (answer) =>
    answer.includes('://') ? 'a folder, not an address' : faultOf({ store: answer }),
  )
}

async function askForToken(dialogue: Dialogue): Promise<{ readonly name: string; readonly scopes: readonly string[] }> {
  const plain = ['vso.packaging']
  const name = await dialogue.ask('Name of a first token', 'package-feed', (answer) =>
    faultOf({ token: { name: answer, scopes: plain } }),
  )
  for (;;) {
    const answer = await dialogue.ask('Its scopes, apart by blanks', 'vso.packaging', (written) =>
      faultOf({ token: { name, scopes: scopesIn(written) } }),
    )
    const token = { name, scopes: scopesIn(answer) }
    const warnings = partFaults({ token }).filter(({ severity }) => severity === 'warning')
    for (const { text, remedy } of warnings) dialogue.warn(text, remedy)
    if (warnings.length === 0 || (await dialogue.confirm('Go on with these scopes all the same?', false))) return token
  }
}

/** What validation would refuse in a part. */
function faultOf(parts: TemplateParts): string | undefined {
  const [fault] = partFaults(parts).filter(({ part, severity }) => severity === 'error' && part in parts)
  return fault === undefined ? undefined : `${fault.text}; ${fault.remedy}`
}

/** What the person does next, in the order of the commands. */
export function nextSteps({ user, method = 'password' }: TemplateParts): readonly string[] {
  const signIn: Readonly<Record<TemplateMethod, string>> = {
    'refresh-token': `patrol login ${accountNameOf(user)}`,
    password: `read -rsp 'Password of ${user ?? 'the account'}: ' USER_PASSWORD && export USER_PASSWORD`,
    'azure-cli': 'az login',
    'access-token':
      'export AZURE_DEVOPS_TOKEN="$(az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken --output tsv)"',
  }
  return [signIn[method], 'patrol doctor', 'patrol plan', 'patrol apply']
}
