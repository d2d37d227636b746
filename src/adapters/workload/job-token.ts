import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, second, times } from '../../core/time.ts'
import { type HttpAnswer, jsonOf } from '../http/answer.ts'
import type { HttpRequest } from '../http/exchange.ts'

/** What a job knows of the runner that it runs on. */
export interface JobSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>
}

const timeout: Duration = times(30, second)

/**
 * The token by which GitHub Actions vouches for a job.
 * https://docs.github.com/actions/reference/security/oidc
 *
 * @param audience whom it is for, such as `api://AzureADTokenExchange`
 * @throws PatrolError `sign-in-misconfigured` or `sign-in-unavailable`
 */
export async function githubActionsToken(audience: string, job: JobSurroundings): Promise<Secret> {
  const remedy = 'Run within a job of GitHub Actions that has permissions: id-token: write.'
  const [address, bearer] = variablesOf(job, ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'], remedy)
  const url = urlOf('ACTIONS_ID_TOKEN_REQUEST_URL', address)
  url.searchParams.set('audience', audience)
  const headers = { accept: 'application/json', authorization: `Bearer ${bearer}` }
  const answer = await asked('GitHub Actions', job, { method: 'GET', url: url.href, headers, timeout })
  return tokenIn(answer, 'value', 'GitHub Actions', remedy)
}

export interface PipelineJob {
  /** The id of the service connection; else that of the task around this step. */
  readonly serviceConnection?: string | undefined
  /** Else `SYSTEM_ACCESSTOKEN`. */
  readonly systemAccessToken?: Secret | undefined
}

/**
 * The token by which Azure Pipelines vouches for a job that may use a service connection. Whom it is for follows from
 * the service connection.
 * https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 *
 * @throws PatrolError `sign-in-misconfigured` or `sign-in-unavailable`
 */
export async function azurePipelinesToken(pipeline: PipelineJob, job: JobSurroundings): Promise<Secret> {
  const given: Readonly<Record<string, string | undefined>> = {
    AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: pipeline.serviceConnection,
    SYSTEM_ACCESSTOKEN: pipeline.systemAccessToken?.reveal(),
  }
  const remedy =
    'Run within a step of Azure Pipelines that gets SYSTEM_ACCESSTOKEN: $(System.AccessToken) under env:, and write serviceConnection: with the id of a service connection, or run within the task AzureCLI@2.'
  const [address, connection, bearer] = variablesOf(
    { environment: { ...job.environment, ...defined(given) } },
    ['SYSTEM_OIDCREQUESTURI', 'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID', 'SYSTEM_ACCESSTOKEN'],
    remedy,
  )
  const url = urlOf('SYSTEM_OIDCREQUESTURI', address)
  url.searchParams.set('api-version', '7.1')
  url.searchParams.set('serviceConnectionId', connection)
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${bearer}`,
    'x-tfs-fedauthredirect': 'Suppress',
  }
  const answer = await asked('Azure Pipelines', job, { method: 'POST', url: url.href, headers, body: '', timeout })
  return tokenIn(
    answer,
    'oidcToken',
    'Azure Pipelines',
    `See that the service connection ${connection} uses workload identity federation, that this pipeline may use it, and that System.AccessToken is handed to the step.`,
  )
}

/**
 * The token in the answer of a runner.
 *
 * @param field where it stands
 * @throws PatrolError `sign-in-unavailable` for an answer that a later try may better, else `sign-in-misconfigured`
 */
export function tokenIn(answer: HttpAnswer, field: string, who: string, remedy: string): Secret {
  const body = jsonOf(answer)
  const token =
    typeof body === 'object' && body !== null ? Object.entries(body).find(([key]) => key === field)?.[1] : ''
  // Anything else would go into a form, and its refusal would say nothing of where it came from.
  if (answer.status === 200 && typeof token === 'string' && /^[\w.~+/=-]+$/.test(token)) return new Secret(token)
  const passing = answer.status === 429 || answer.status >= 500
  const message = `${who} gave no token for this job (status ${answer.status})`
  throw new PatrolError(passing ? 'sign-in-unavailable' : 'sign-in-misconfigured', message, passing ? {} : { remedy })
}

async function asked(who: string, job: JobSurroundings, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return await job.send(request)
  } catch (thrown) {
    const { message, remedy } = asPatrolError(thrown)
    throw new PatrolError('sign-in-unavailable', `${who} could not be asked for a token of this job: ${message}`, {
      remedy,
    })
  }
}

/** Their values; all that are missing are told at once. */
function variablesOf<const Names extends readonly string[]>(
  { environment }: Pick<JobSurroundings, 'environment'>,
  names: Names,
  remedy: string,
): { [Index in keyof Names]: string } {
  const missing = names.filter((name) => (environment[name] ?? '') === '')
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are'
    throw new PatrolError('sign-in-misconfigured', `${missing.join(', ')} ${verb} not set`, { remedy })
  }
  return names.map((name) => environment[name] ?? '') as { [Index in keyof Names]: string }
}

function urlOf(variable: string, address: string): URL {
  if (URL.canParse(address)) {
    const url = new URL(address)
    if (url.protocol === 'https:') return url
  }
  throw new PatrolError('sign-in-misconfigured', `${variable} is no https address`, {
    remedy: `The runner sets ${variable}: do not set it yourself.`,
  })
}

function defined(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
