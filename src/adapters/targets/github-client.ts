import type { Octokit } from '@octokit/core'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Limits } from '../../ports/limits.ts'
import { githubFailure } from './github-answer.ts'
import { sendToTarget, type TargetWire } from './target-request.ts'

/** Who asks: a token of a person or a machine user, or an App that is installed where the secrets are. */
export type GithubIdentity =
  | { readonly kind: 'token'; readonly token: Secret }
  | {
      readonly kind: 'app'
      /** Its id or client id. */
      readonly id: string
      /** PEM. */
      readonly privateKey: Secret
      /** Undefined when it is found from the repository or organization. */
      readonly installation: number | undefined
    }

export interface GithubAnswer {
  readonly status: number
  /** With lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly data: unknown
}

type Parameters = Readonly<Record<string, unknown>>

/** The repository or organization that all is asked of, and below which an App's installation stands. */
export interface GithubHome {
  readonly route: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Patrol speaks one version of the API. https://docs.github.com/rest/about-the-rest-api/api-versions */
const apiVersion = '2022-11-28'

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** GitHub's REST API over Patrol's own way to the network. Nothing is sent before the first call. */
export class GithubClient {
  readonly #apiUrl: string
  readonly #identity: GithubIdentity
  readonly #wire: TargetWire
  /** One for each place whose installation was looked for. */
  readonly #opened = new Map<string, Promise<Octokit>>()

  constructor(apiUrl: string, identity: GithubIdentity, wire: TargetWire) {
    this.#apiUrl = apiUrl
    this.#identity = identity
    this.#wire = wire
  }

  /**
   * @param parameters those of the route beside those of the home
   * @param limits those of the delivery; undefined for what only looks
   * @throws PatrolError as `githubFailure` judges it, and as `sendToTarget` says
   */
  async call(home: GithubHome, route: string, parameters: Parameters, limits?: Limits): Promise<GithubAnswer> {
    const octokit = await this.#open(home)
    return this.#ask(octokit, route, { ...home.parameters, ...parameters }, limits)
  }

  #open(home: GithubHome): Promise<Octokit> {
    const place = JSON.stringify(home)
    const known = this.#opened.get(place)
    if (known !== undefined) return known
    const opening = this.#connect(home)
    this.#opened.set(place, opening)
    // What could not be opened is tried anew the next time.
    opening.catch(() => this.#opened.delete(place))
    return opening
  }

  async #connect({ route, parameters }: GithubHome): Promise<Octokit> {
    const { Octokit } = await import('@octokit/core')
    const options = { baseUrl: this.#apiUrl, log: silent, request: { fetch: this.#fetch(undefined), log: silent } }
    if (this.#identity.kind === 'token') return new Octokit({ ...options, auth: this.#identity.token.reveal() })
    const { createAppAuth } = await import('@octokit/auth-app')
    const { id, privateKey, installation } = this.#identity
    const app = { appId: id, privateKey: privateKey.reveal() }
    const as = (installationId?: number): Octokit => {
      const auth = installationId === undefined ? app : { ...app, installationId }
      return new Octokit({ ...options, authStrategy: createAppAuth, auth })
    }
    if (installation !== undefined) return as(installation)
    const found = await this.#ask(as(), `GET ${route}/installation`, parameters, undefined)
    const installationId = fieldOf(found.data, 'id')
    if (typeof installationId === 'number') return as(installationId)
    throw new PatrolError('delivery-failed', 'GitHub did not say which installation of the App is responsible')
  }

  async #ask(
    octokit: Octokit,
    route: string,
    parameters: Parameters,
    limits: Limits | undefined,
  ): Promise<GithubAnswer> {
    const shown = (name: string): string => {
      const value = parameters[name]
      return typeof value === 'string' ? value : name
    }
    const asked = `GitHub's ${route.replaceAll(/\{(\w+)\}/g, (_, name: string) => shown(name))}`
    const mutating = !route.startsWith('GET ')
    try {
      const { status, headers, data } = await octokit.request(route, {
        ...parameters,
        headers: { 'x-github-api-version': apiVersion },
        request: { fetch: this.#fetch(limits), log: silent },
      })
      const plain = plainHeaders(headers)
      if (status < 300) return { status, headers: plain, data: data as unknown }
      throw githubFailure({ status, headers: plain, said: '', asked, mutating })
    } catch (thrown) {
      throw failureOf(thrown, asked, mutating)
    }
  }

  /** The transport in the shape that Octokit wants. Redirects are answers like any other. */
  #fetch(limits: Limits | undefined): typeof fetch {
    return async (input, init = {}) => {
      const url = input instanceof Request ? input.url : String(input)
      const headers = Object.fromEntries(new Headers(init.headers))
      // What Octokit made of a key by itself is a secret from here on.
      const [scheme, credential] = headers['authorization']?.split(' ') ?? []
      if (credential !== undefined) headers['authorization'] = `${scheme} ${new Secret(credential).reveal()}`
      const body = typeof init.body === 'string' ? init.body : undefined
      const answer = await sendToTarget(
        this.#wire,
        { method: init.method ?? 'GET', url, headers, ...(body === undefined ? {} : { body }) },
        limits,
      )
      const bodiless = answer.body.length === 0 || [204, 205, 304].includes(answer.status)
      return new Response(bodiless ? null : new Uint8Array(answer.body), {
        status: answer.status,
        headers: { ...answer.headers },
      })
    }
  }
}

/** Octokit wraps what its `fetch` throws; a refusal has the answer with it. */
function failureOf(thrown: unknown, asked: string, mutating: boolean): unknown {
  if (thrown instanceof PatrolError) return thrown
  const cause = thrown instanceof Error ? thrown.cause : undefined
  if (cause instanceof PatrolError) return cause
  const response = fieldOf(thrown, 'response')
  const status = fieldOf(response, 'status')
  if (typeof status === 'number') {
    const said = fieldOf(fieldOf(response, 'data'), 'message')
    return githubFailure({
      status,
      headers: plainHeaders(fieldOf(response, 'headers')),
      said: typeof said === 'string' ? said : '',
      asked,
      mutating,
    })
  }
  // The library of Apps throws by itself when a key is no key, and its message may show parts of it.
  return new PatrolError('target-denied', `${asked} could not be asked: the key of the App cannot be used`, {
    remedy: 'Take the private key (PEM) as GitHub gave it, all of its lines.',
  })
}

function plainHeaders(headers: unknown): Readonly<Record<string, string>> {
  const entries = typeof headers === 'object' && headers !== null ? Object.entries(headers) : []
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]))
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
