import { request } from 'undici'
import { type BenchEstate, owner, scope, tenant } from './estate.ts'
import { concurrency, fewestRequests, type Workload } from './workloads.ts'

/** Above so many, the time of the others follows from that of these. */
const mostRequests = 2_000
const mostTokens = 100

const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
const azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798/.default'
const keyVault = 'https://vault.azure.net/.default'

/** A client without a thought: it sends what it is told to, and looks at nothing but the status. */
export class PlainClient {
  readonly #estate: BenchEstate
  readonly #bearers = new Map<string, string>()

  constructor(estate: BenchEstate) {
    this.#estate = estate
  }

  /** How long as many requests take as the workload needs, when nothing is done between them; milliseconds. */
  async allAtOnce(workload: Workload): Promise<number> {
    const needed = fewestRequests(workload)
    const count = Math.min(needed, mostRequests)
    const url = this.#connectionData(0)
    const bearer = await this.#bearer(azureDevOps)
    const began = performance.now()
    let left = count
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#send('GET', url, bearer)
    }
    await Promise.all(Array.from({ length: concurrency }, lane))
    return ((performance.now() - began) * needed) / count
  }

  /** How long the same requests take as a script sends them: strictly one after the other; milliseconds. */
  async oneAfterTheOther({ kind, tokens }: Workload): Promise<number> {
    const began = performance.now()
    const ids = await this.#readPats()
    if (kind !== 'renewal') await this.#readVault()
    const read = performance.now() - began
    if (kind === 'idle') return read
    const count = Math.min(tokens, mostTokens)
    const changing = performance.now()
    for (let index = 0; index < count; index++) {
      if (kind === 'rotation') await this.#rotate(index)
      else await this.#extend(index, ids.get(this.#estate.tokens[index]?.name ?? '') ?? '')
    }
    return read + ((performance.now() - changing) * tokens) / count
  }

  async #rotate(index: number): Promise<void> {
    const name = this.#estate.tokens[index]?.name ?? ''
    const bearer = await this.#bearer(azureDevOps)
    const made = await this.#send('POST', this.#pats(index), bearer, {
      displayName: name,
      scope,
      validTo: inThirtyDays(),
      allOrgs: false,
    })
    const { token } = made['patToken'] as { readonly token: string }
    const basic = `Basic ${Buffer.from(`:${token}`).toString('base64')}`
    await this.#send('GET', this.#connectionData(index), basic)
    const [vault = ''] = Object.values(this.#estate.emulator.endpoints.vaults)
    const secret = `${vault}/secrets/${name}?api-version=2025-07-01`
    await this.#send('PUT', secret, await this.#bearer(keyVault), { value: token })
    await this.#send('GET', this.#connectionData(index), basic)
  }

  async #extend(index: number, authorizationId: string): Promise<void> {
    const body = { authorizationId, validTo: inThirtyDays() }
    await this.#send('PUT', this.#pats(index), await this.#bearer(azureDevOps), body)
  }

  /** @returns authorizationIds by display name */
  async #readPats(): Promise<ReadonlyMap<string, string>> {
    const bearer = await this.#bearer(azureDevOps)
    const ids = new Map<string, string>()
    const homes = new Map(this.#estate.tokens.map(({ organization }, index) => [organization, index]))
    for (const index of homes.values()) {
      let continuation = ''
      do {
        const query = `&displayFilterOption=active&$top=100&continuationToken=${encodeURIComponent(continuation)}`
        const page = await this.#send('GET', this.#pats(index) + query, bearer)
        const pats = page['patTokens'] as readonly { readonly displayName: string; readonly authorizationId: string }[]
        for (const pat of pats) ids.set(pat.displayName, pat.authorizationId)
        continuation = page['continuationToken'] as string
      } while (continuation !== '')
    }
    return ids
  }

  async #readVault(): Promise<void> {
    const bearer = await this.#bearer(keyVault)
    const [vault = ''] = Object.values(this.#estate.emulator.endpoints.vaults)
    let next: unknown = `${vault}/secrets?api-version=2025-07-01`
    while (typeof next === 'string') next = (await this.#send('GET', next, bearer))['nextLink']
  }

  async #bearer(audience: string): Promise<string> {
    const known = this.#bearers.get(audience)
    if (known !== undefined) return known
    const { emulator, variables } = this.#estate
    const form = {
      grant_type: 'password',
      client_id: azureCli,
      scope: audience,
      username: owner,
      password: variables['USER_PASSWORD'] ?? '',
    }
    const answer = await request(`${emulator.endpoints.entra}/${tenant}/oauth2/v2.0/token`, {
      dispatcher: emulator.agent,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
    const { access_token: token } = (await answer.body.json()) as { readonly access_token: string }
    this.#bearers.set(audience, `Bearer ${token}`)
    return `Bearer ${token}`
  }

  #pats(index: number): string {
    const { emulator, tokens } = this.#estate
    return `${emulator.endpoints.vssps}/${tokens[index]?.organization}/_apis/tokens/pats?api-version=7.2-preview.1`
  }

  #connectionData(index: number): string {
    const { emulator, tokens } = this.#estate
    return `${emulator.endpoints.azureDevOps}/${tokens[index]?.organization}/_apis/connectionData`
  }

  async #send(
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    authorization: string,
    body?: unknown,
  ): Promise<Readonly<Record<string, unknown>>> {
    const answer = await request(url, {
      dispatcher: this.#estate.emulator.agent,
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 200)
      throw new Error(`${method} ${new URL(url).pathname} was answered ${answer.statusCode}`)
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  }
}

function inThirtyDays(): string {
  return new Date(Date.now() + 30 * 86_400_000).toISOString()
}
