import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, second, times } from '../../core/time.ts'
import type { UserSignIn } from '../user-sign-in.ts'
import { judgeSignIn } from './aadsts.ts'
import { anyTenant, type TenantSource } from './entra-authority.ts'
import { type EntraParts, HeldSignIn, type ObtainedToken, type SignInFlow } from './held-sign-in.ts'
import type { SignInFailure } from './sign-in-failure.ts'

export interface AzureCliAccount {
  /** In the configuration. */
  readonly name: string
  /** Undefined when it is not written: then the Azure CLI's own counts. */
  readonly tenant: TenantSource | undefined
  /** In lower case. */
  readonly user: string
}

/** The Azure CLI, as far as it is needed. */
export interface AzureCli {
  /** What `az account show` prints; rejects as the program fails. */
  account(): Promise<string>
  /** @param tenant id or domain, or that of the subscription that is set */
  token(
    scope: string,
    tenant: string | undefined,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>
}

/** The program starts Python first, which takes seconds on a busy machine. */
const patience: Duration = times(60, second)

/**
 * Signs in as whoever is signed in to the Azure CLI of this machine, when that is the account's user.
 * https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
 */
export function azureCliSignIn(account: AzureCliAccount, parts: EntraParts, cli: AzureCli = installed): UserSignIn {
  return new HeldSignIn(account.name, new AzureCliFlow(account, cli), parts.transport.msalNetwork(), parts)
}

class AzureCliFlow implements SignInFlow {
  readonly #account: AzureCliAccount
  readonly #cli: AzureCli
  #isUser = false

  constructor(account: AzureCliAccount, cli: AzureCli) {
    this.#account = account
    this.#cli = cli
  }

  async request(scope: string): Promise<ObtainedToken> {
    const tenant = await this.#account.tenant?.()
    const named = tenant === anyTenant ? undefined : tenant
    try {
      if (!this.#isUser) {
        const wrong = wrongUser(await this.#cli.account(), this.#account, named)
        if (wrong !== undefined) throw wrong
        this.#isUser = true
      }
      const { token, expiresOnTimestamp } = await this.#cli.token(scope, named)
      return { accessToken: token, expiresOn: new Date(expiresOnTimestamp) }
    } catch (thrown) {
      if (thrown instanceof PatrolError) throw refusal(thrown)
      throw azureCliFailure(this.#account.name, thrown, scope, named)
    }
  }

  async forgetFailure(): Promise<void> {
    this.#isUser = false
  }
}

/**
 * What is wrong with who is signed in to the Azure CLI; undefined when it is the account's user.
 *
 * @param shown what `az account show --output json` printed
 */
export function wrongUser(
  shown: string,
  { name, user }: Pick<AzureCliAccount, 'name' | 'user'>,
  tenant: string | undefined,
): PatrolError | undefined {
  const { user: signedIn } = parsed(shown)
  const remedy = `Run ${loginCommand(tenant)} as ${user}, or correct \`user\` of the account.`
  if (signedIn === undefined) {
    return new PatrolError('unexpected-answer', `account ${name}: az account show does not tell who is signed in`)
  }
  if (signedIn.type !== 'user') {
    const message = `account ${name}: the Azure CLI is signed in as an application or managed identity (${signedIn.type})`
    return new PatrolError('not-a-user-token', message, { remedy })
  }
  if (signedIn.name.toLowerCase() === user) return undefined
  const message = `account ${name} is ${user}, but the Azure CLI is signed in as ${Secret.redact(signedIn.name)}`
  return new PatrolError('wrong-account', message, { remedy })
}

/** Why the Azure CLI gave no token. */
export function azureCliFailure(
  account: string,
  thrown: unknown,
  scope: string,
  tenant: string | undefined,
): SignInFailure {
  const { code, text } = saidBy(thrown)
  const prefix = `signing in account ${account} by the Azure CLI`
  const command = `${loginCommand(tenant)} --scope ${scope}`
  const numbers = [...text.matchAll(/\bAADSTS(\d{5,8})\b/g)].map((match) => Number(match[1]))
  if (code === 'ENOENT' || /could not be found|not recognized|az:.*not found/.test(text)) {
    const remedy =
      'Install the Azure CLI (https://aka.ms/azure-cli) and put az on the PATH, or use another sign-in method.'
    return refusal(new PatrolError('sign-in-misconfigured', `${prefix}: az is not installed here`, { remedy }))
  }
  if (numbers.length > 0) {
    const judged = judgeSignIn({ status: 400, errorCodes: numbers, error: '', suberror: '' }, account)
    const remedy = judged.class === 'person' ? `Run ${command} and sign in. ${judged.remedy}` : judged.remedy
    const message = `${prefix}: Microsoft Entra refuses (${numbers.map((number) => `AADSTS${number}`).join(', ')})`
    return { error: new PatrolError(judged.code, message, { remedy }), verdict: { ...judged, remedy } }
  }
  if (/az login/.test(text)) {
    return refusal(
      new PatrolError('sign-in-expired', `${prefix}: nobody is signed in to it`, { remedy: `Run ${command}.` }),
    )
  }
  const detail = text === '' ? '' : `: ${text}`
  const error = new PatrolError('sign-in-unavailable', `${prefix} failed${detail}`, {
    remedy: 'See whether az account get-access-token works by itself; it may need the network or a fresh az login.',
  })
  return { error, verdict: undefined }
}

/** No repetition helps: somebody has to do something first. */
function refusal(error: PatrolError): SignInFailure {
  return { error, verdict: { class: 'person', code: error.code, remedy: error.remedy, ofAccount: true } }
}

function loginCommand(tenant: string | undefined): string {
  return tenant === undefined ? 'az login' : `az login --tenant ${tenant}`
}

function saidBy(thrown: unknown): { readonly code: string; readonly text: string } {
  if (!(thrown instanceof Error)) return { code: '', text: '' }
  const fields: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(thrown))
  const stderr = typeof fields['stderr'] === 'string' ? fields['stderr'].trim() : ''
  const text = Secret.redact((stderr === '' ? thrown.message : stderr).replaceAll(/\s+/g, ' ')).slice(0, 400)
  return { code: typeof fields['code'] === 'string' ? fields['code'] : '', text }
}

function parsed(shown: string): { readonly user?: { readonly name: string; readonly type: string } } {
  try {
    const value: unknown = JSON.parse(shown)
    const user = typeof value === 'object' && value !== null && 'user' in value ? value.user : undefined
    if (typeof user !== 'object' || user === null || !('name' in user) || !('type' in user)) return {}
    return { user: { name: String(user.name), type: String(user.type) } }
  } catch {
    return {}
  }
}

/** The program of this machine. The libraries that start it load when it is first asked. */
const installed: AzureCli = {
  async account() {
    const { execFile } = await import('@azure/core-process')
    const options = { allowWindowsBatchFiles: true, encoding: 'utf8', timeout: patience } as const
    return (await execFile('az', ['account', 'show', '--output', 'json'], options)).stdout
  },
  async token(scope, tenant) {
    const { AzureCliCredential } = await import('@azure/identity')
    const named = tenant === undefined ? {} : { tenantId: tenant }
    return new AzureCliCredential({ ...named, processTimeoutInMs: patience }).getToken(scope)
  },
}
