import { type Answer, type Call, emptyAnswer, jsonAnswer } from '../exchange.ts'
import type { World } from '../world.ts'
import { issueToken } from './issued-token.ts'
import { bearerOf } from './job-book.ts'

const ISSUER = 'https://token.actions.githubusercontent.com'
const PATH = '/idtoken'
const LIFE_SECONDS = 300

/** The variables that a job with `id-token: write` finds. */
export function gitHubVariables(world: World, requestToken: string): Record<string, string> {
  return {
    GITHUB_ACTIONS: 'true',
    // Who asks for a token appends `&audience=`, so there is a query already.
    ACTIONS_ID_TOKEN_REQUEST_URL: `${world.endpoints.gitHubActions}${PATH}?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  }
}

/** The issuer of GitHub Actions. https://docs.github.com/en/actions/reference/security/oidc */
export async function answerGitHubActions(world: World, call: Call): Promise<Answer> {
  if (call.method !== 'GET' || call.path !== PATH) return emptyAnswer(404)
  const job = world.jobs.gitHub(bearerOf(call.headers.authorization))
  if (job === undefined) return jsonAnswer(401, { message: 'The token of the request is not valid.' })
  call.principal = job.subject
  const [, repository = '', context = ''] = /^repo:([^:]+):(.+)$/.exec(job.subject) ?? []
  const [owner = ''] = repository.split('/')
  const audience = call.query.get('audience') ?? `https://github.com/${owner}`
  const more = {
    repository,
    repository_owner: owner,
    ...(context.startsWith('ref:') ? { ref: context.slice('ref:'.length) } : {}),
    ...(context.startsWith('environment:') ? { environment: context.slice('environment:'.length) } : {}),
  }
  const statement = { issuer: ISSUER, subject: job.subject, audience, lifeSeconds: LIFE_SECONDS, more }
  const value = await issueToken(world, statement, call.at)
  return jsonAnswer(200, { count: value.length, value })
}
