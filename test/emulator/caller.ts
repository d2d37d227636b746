import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/emulator.ts'

export const UPN = 'ci-bot@contoso.example'
export const OWN_CLIENT = 'c11e0000-0000-4000-8000-000000000001'
export const VAULT_CLIENT = 'c11e0000-0000-4000-8000-000000000002'
export const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
export const AZURE_DEVOPS = '499b84ac-1321-427f-aa17-267ca6975798'
export const VAULT = 'https://vault.azure.net'
export const TENANT = '11111111-2222-3333-4444-555555555555'
export const DAY = 86_400_000

export interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // Bodies are looked into freely: what they hold is what each test asserts.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

interface Said {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly bearer?: string
  /** A PAT, sent as the password of an empty user name. */
  readonly pat?: string
}

/** A plain HTTPS client of one emulator: trusts its authority, follows no redirect, repeats nothing. */
export class Caller {
  readonly emulator: Emulator
  readonly #agent: Agent

  constructor(emulator: Emulator) {
    this.emulator = emulator
    this.#agent = new Agent({ connect: { ca: readFileSync(emulator.caFile, 'utf8') } })
  }

  async say(url: string, { method = 'GET', headers = {}, body, bearer, pat }: Said = {}): Promise<Heard> {
    const authorization =
      bearer !== undefined ? `Bearer ${bearer}` : pat === undefined ? undefined : `Basic ${btoa(`:${pat}`)}`
    const response = await fetch(url, {
      dispatcher: this.#agent,
      method,
      redirect: 'manual',
      headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').includes('json') && text !== ''
    return {
      status: response.status,
      headers: response.headers as unknown as Headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }

  async token(form: Record<string, string>, authority = TENANT): Promise<Heard> {
    return this.say(`${this.emulator.endpoints.entra}/${authority}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
  }

  /** The form of a sign-in with the user's right password. */
  passwordForm(more: Record<string, string> = {}): Record<string, string> {
    return {
      client_id: OWN_CLIENT,
      grant_type: 'password',
      username: UPN,
      password: this.emulator.password(more['username'] ?? UPN),
      scope: `${AZURE_DEVOPS}/.default offline_access`,
      ...more,
    }
  }

  /** An access token of the user. */
  async signIn(more: Record<string, string> = {}): Promise<string> {
    const heard = await this.token(this.passwordForm(more))
    if (heard.status !== 200) throw new Error(heard.text)
    return heard.json.access_token
  }

  async vaultToken(): Promise<string> {
    return this.signIn({ scope: `${VAULT}/.default` })
  }

  async pats(
    bearer: string,
    method: string,
    { query = '', body, version = '7.1-preview.1' }: { query?: string; body?: unknown; version?: string } = {},
  ): Promise<Heard> {
    return this.say(`${this.emulator.endpoints.vssps}/contoso/_apis/tokens/pats?api-version=${version}${query}`, {
      method,
      bearer,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  }

  async mint(bearer: string, more: Record<string, unknown> = {}): Promise<Heard> {
    const validTo = new Date(this.emulator.now() + 10 * DAY).toISOString()
    return this.pats(bearer, 'POST', {
      body: { displayName: 'Feed', scope: 'vso.packaging', validTo, allOrgs: false, ...more },
    })
  }

  async connectionData(pat: string): Promise<Heard> {
    return this.say(`${this.emulator.endpoints.azureDevOps}/contoso/_apis/connectionData`, { pat })
  }

  async vault(
    bearer: string | undefined,
    method: string,
    path: string,
    { body, query = 'api-version=2025-07-01' }: { body?: unknown; query?: string } = {},
  ): Promise<Heard> {
    return this.say(`${this.emulator.endpoints.vaults['contoso']}${path}?${query}`, {
      method,
      ...(bearer === undefined ? {} : { bearer }),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  }

  async stop(): Promise<void> {
    await this.#agent.destroy()
    await this.emulator.stop()
  }
}

/** Starts an emulator and a client for it. */
export async function call(options: EmulatorOptions = {}): Promise<Caller> {
  return new Caller(await startEmulator(options))
}
