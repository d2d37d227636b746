import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import { times, minute } from '../../core/time.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee, Copy, Removal, Target } from '../../ports/target.ts'
import { parseHttpDate } from '../http/answer.ts'
import { fieldOf, GithubClient, type GithubHome, type GithubIdentity } from './github-client.ts'
import { filled } from '../placeholders.ts'
import { sealed } from './sealed-box.ts'
import { assertInTime, type TargetWire } from './target-request.ts'

/** Whose secret it is; placeholders stand as written. */
export type GithubPlace =
  | { readonly kind: 'repository'; readonly repository: string }
  | { readonly kind: 'environment'; readonly repository: string; readonly environment: string }
  | {
      readonly kind: 'organization'
      readonly organization: string
      /** Which repositories see it; undefined leaves it as it is, and at first to the private ones. */
      readonly visibility: 'all' | 'private' | { readonly repositories: readonly string[] } | undefined
    }

export interface GithubSecretParts extends TargetWire {
  readonly name: string
  readonly apiUrl: string
  readonly identity: GithubIdentity
  readonly place: GithubPlace
  /** The name of the secret; placeholders stand as written. */
  readonly secret: string
}

/** The routes of one place with what fills them. */
interface Routes {
  readonly home: GithubHome
  /** Of the list of secrets. */
  readonly secrets: string
  /** What the list's route needs beside that of the home. */
  readonly parameters: Readonly<Record<string, string>>
  /** For people. */
  readonly said: string
}

/** What GitHub shows of a secret. */
interface Shown {
  readonly updatedAt: string
  readonly visibility: unknown
}

const perPage = 100

/**
 * A secret of GitHub Actions: of a repository, an environment or an organization. The value travels in a sealed box that
 * GitHub alone opens, and nobody can read it back; that it arrived is seen by the time of its last change, which is the
 * receipt, too. It is in whole seconds.
 * https://docs.github.com/rest/actions/secrets
 */
export function githubSecretTarget(parts: GithubSecretParts): Target {
  const client = new GithubClient(parts.apiUrl, parts.identity, parts)
  const secretOf = (of: Addressee): string => filled(parts.secret, of)

  const look = async (routes: Routes, secret: string): Promise<Shown | undefined> => {
    try {
      const { data } = await client.call(routes.home, `GET ${routes.secrets}/{secret_name}`, {
        ...routes.parameters,
        secret_name: secret,
      })
      const updatedAt = fieldOf(data, 'updated_at')
      if (typeof updatedAt !== 'string' || receiptOf(updatedAt) === undefined) {
        throw new PatrolError('delivery-failed', `GitHub does not say when ${secret} was changed`)
      }
      return { updatedAt, visibility: fieldOf(data, 'visibility') }
    } catch (thrown) {
      if (!(thrown instanceof PatrolError) || thrown.code !== 'target-not-found') throw thrown
      // "Not found" may be the secret, or all around it.
      await publicKey(routes)
      return undefined
    }
  }

  const publicKey = async (routes: Routes): Promise<{ readonly id: string; readonly key: string }> => {
    const { data } = await client.call(routes.home, `GET ${routes.secrets}/public-key`, routes.parameters)
    const [id, key] = [fieldOf(data, 'key_id'), fieldOf(data, 'key')]
    if (typeof id === 'string' && typeof key === 'string') return { id, key }
    throw new PatrolError('delivery-failed', `GitHub gave no key to encrypt for ${routes.said}`)
  }

  const repositoryIds = (home: GithubHome, names: readonly string[]): Promise<readonly number[]> =>
    Promise.all(
      names.map(async (repo) => {
        const { data } = await client.call(home, 'GET /repos/{org}/{repo}', { repo })
        const id = fieldOf(data, 'id')
        if (typeof id === 'number') return id
        throw new PatrolError('delivery-failed', `GitHub does not say the id of ${repo}`)
      }),
    )

  const selectedNow = async (routes: Routes, secret: string): Promise<readonly number[]> => {
    const ids: number[] = []
    for (let page = 1; ; page++) {
      const { data } = await client.call(routes.home, `GET ${routes.secrets}/{secret_name}/repositories`, {
        ...routes.parameters,
        secret_name: secret,
        per_page: perPage,
        page,
      })
      const repositories = fieldOf(data, 'repositories')
      const found = Array.isArray(repositories) ? (repositories as readonly unknown[]) : []
      ids.push(...found.map((each) => fieldOf(each, 'id')).filter((id) => typeof id === 'number'))
      if (found.length < perPage) return ids
    }
  }

  /** Who sees the secret of an organization, as the body of the request says it. */
  const audience = async (routes: Routes, secret: string): Promise<Readonly<Record<string, unknown>>> => {
    if (parts.place.kind !== 'organization') return {}
    const { visibility } = parts.place
    if (typeof visibility === 'string') return { visibility }
    if (visibility !== undefined) {
      const ids = await repositoryIds(routes.home, visibility.repositories)
      return { visibility: 'selected', selected_repository_ids: ids }
    }
    const now = (await look(routes, secret))?.visibility
    if (now === 'selected') return { visibility: now, selected_repository_ids: await selectedNow(routes, secret) }
    return { visibility: now === 'all' ? 'all' : 'private' }
  }

  const conditionOf = async (copy: Copy): Promise<Condition> => {
    const [routes, secret] = [routesOf(parts.place, copy), secretOf(copy)]
    const shown = await look(routes, secret)
    if (shown === undefined) return { kind: 'gone', message: `${routes.said} has no secret ${secret}` }
    if (copy.receipt !== undefined && receiptOf(shown.updatedAt) === copy.receipt) return { kind: 'intact' }
    return { kind: 'overwritten', message: `the secret ${secret} of ${routes.said} was changed at ${shown.updatedAt}` }
  }

  return {
    name: parts.name,
    async deliver(consignment, limits) {
      assertInTime(parts.clock, limits)
      const [routes, secret] = [routesOf(parts.place, consignment), secretOf(consignment)]
      const [key, audienceNow] = await Promise.all([publicKey(routes), audience(routes, secret)])
      const box = await sealed(consignment.value.reveal(), key.key)
      if (box === undefined) throw new PatrolError('delivery-failed', `GitHub's key of ${routes.said} is no key`)
      const { headers } = await client.call(
        routes.home,
        `PUT ${routes.secrets}/{secret_name}`,
        { ...routes.parameters, secret_name: secret, encrypted_value: box, key_id: key.id, ...audienceNow },
        limits,
      )
      const shown = await look(routes, secret)
      const writtenAt = parseHttpDate(headers['date'] ?? '')
      const isOld =
        writtenAt !== undefined && shown !== undefined && Date.parse(shown.updatedAt) < writtenAt - times(2, minute)
      const receipt = shown === undefined || isOld ? undefined : receiptOf(shown.updatedAt)
      if (receipt !== undefined) return receipt
      const text = `GitHub took the secret ${secret} of ${routes.said} and does not show that it changed`
      throw new PatrolError('delivery-failed', text, { outcome: 'unknown' })
    },
    inspect: conditionOf,
    async remove(copy, limits): Promise<Removal> {
      assertInTime(parts.clock, limits)
      const condition = await conditionOf(copy)
      if (condition.kind === 'gone') return { kind: 'absent' }
      if (condition.kind === 'overwritten') return { kind: 'kept', why: condition.message }
      return drop(client, routesOf(parts.place, copy), secretOf(copy), limits)
    },
    async check() {
      const { place } = parts
      const routes = routesOf(place, { token: '-', organization: '-' })
      // What hangs on the token is made known only with the token.
      if (/\{(?:token|TOKEN|organization)\}/.test(JSON.stringify(place))) return
      await publicKey(routes)
      if (place.kind === 'organization' && typeof place.visibility === 'object') {
        await repositoryIds(routes.home, place.visibility.repositories)
      }
    },
  }
}

async function drop(client: GithubClient, routes: Routes, secret: string, limits: Limits): Promise<Removal> {
  try {
    const parameters = { ...routes.parameters, secret_name: secret }
    await client.call(routes.home, `DELETE ${routes.secrets}/{secret_name}`, parameters, limits)
    return { kind: 'removed' }
  } catch (thrown) {
    if (thrown instanceof PatrolError && thrown.code === 'target-not-found') return { kind: 'absent' }
    throw thrown
  }
}

function routesOf(place: GithubPlace, of: Addressee): Routes {
  if (place.kind === 'organization') {
    const org = filled(place.organization, of)
    const home: GithubHome = { route: '/orgs/{org}', parameters: { org } }
    return { home, secrets: `${home.route}/actions/secrets`, parameters: {}, said: `the organization ${org}` }
  }
  const repository = filled(place.repository, of)
  const [owner = '', repo = ''] = repository.split('/')
  const home: GithubHome = { route: '/repos/{owner}/{repo}', parameters: { owner, repo } }
  if (place.kind === 'repository') {
    return { home, secrets: `${home.route}/actions/secrets`, parameters: {}, said: repository }
  }
  const environment = filled(place.environment, of)
  return {
    home,
    secrets: `${home.route}/environments/{environment_name}/secrets`,
    parameters: { environment_name: environment },
    said: `the environment ${environment} of ${repository}`,
  }
}

/** The time of the last change, short enough for a receipt; undefined for what is no time. */
function receiptOf(updatedAt: string): string | undefined {
  const ms = Date.parse(updatedAt)
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1_000).toString(36)
}
