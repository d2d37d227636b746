import { randomUUID } from 'node:crypto'
import { organizationOf } from '../azure-devops/credentials.ts'
import { errorAnswer, noOrganizationAnswer, signInPageAnswer } from '../azure-devops/refusals.ts'
import { entraIssuer } from '../entra/exchange-token.ts'
import { type Answer, type Call, htmlAnswer, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { issueToken } from './issued-token.ts'
import { bearerOf, type PipelineJob } from './job-book.ts'

const PATH = /^\/([^/]+)\/[^/]+\/_apis\/distributedtask\/hubs\/[^/]+\/plans\/[^/]+\/jobs\/[^/]+\/oidctoken\/?$/i
const LIFE_SECONDS = 600

/** Whether a path of `dev.azure.com` is where a job asks for its token. */
export function isOidcTokenPath(path: string): boolean {
  return PATH.test(path)
}

/** The variables that a job finds; `SYSTEM_ACCESSTOKEN` only when its step maps it. */
export function pipelineVariables(world: World, job: PipelineJob, accessToken: string): Record<string, string> {
  const plan = `${randomUUID()}/_apis/distributedtask/hubs/build/plans/${randomUUID()}/jobs/${randomUUID()}`
  return {
    TF_BUILD: 'True',
    SYSTEM_COLLECTIONURI: `${world.endpoints.azureDevOps}/${job.organization}/`,
    SYSTEM_TEAMPROJECT: job.project,
    SYSTEM_OIDCREQUESTURI: `${world.endpoints.azureDevOps}/${job.organization}/${plan}/oidctoken`,
    SYSTEM_ACCESSTOKEN: accessToken,
  }
}

/** https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create */
export async function answerOidcToken(world: World, call: Call): Promise<Answer> {
  const organization = organizationOf(world, PATH.exec(call.path)?.[1] ?? '')
  if (organization === undefined) return noOrganizationAnswer(world, call)
  if (call.method !== 'POST') return htmlAnswer(405, 'Azure DevOps Services | 405')
  const job = world.jobs.pipeline(bearerOf(call.headers.authorization))
  if (job === undefined || !sameName(job.organization, organization.name)) {
    return signInPageAnswer(world, call, organization)
  }
  call.principal = `pipeline:${job.project}`
  const wanted = call.query.get('serviceConnectionId')
  const connection = job.connections.find(({ id }) => wanted !== null && sameName(id, wanted))
  if (connection === undefined) {
    return errorAnswer(404, 'ServiceEndpointNotFoundException', `No service connection has the id ${wanted ?? ''}.`)
  }
  const statement = { ...speaker(world, organization, job, connection), lifeSeconds: LIFE_SECONDS }
  return jsonAnswer(200, { oidcToken: await issueToken(world, statement, call.at) })
}

/**
 * Older service connections are vouched for by Azure DevOps, newer ones by Entra.
 * https://learn.microsoft.com/en-us/azure/devops/pipelines/release/configure-workload-identity
 */
function speaker(
  world: World,
  organization: Organization,
  job: PipelineJob,
  connection: PipelineJob['connections'][number],
): { issuer: string; subject: string; audience: string } {
  const audience = 'api://AzureADTokenExchange'
  if (world.switches.pipelinesIssuer === 'entra') {
    const subject = `/eid1/c/pub/t/${organization.tenantId}/a/azure-devops/sc/${organization.id}/${connection.id}`
    return { issuer: entraIssuer(organization.tenantId), subject, audience }
  }
  const issuer = `https://vstoken.dev.azure.com/${organization.id}`
  return { issuer, subject: `sc://${organization.name}/${job.project}/${connection.name}`, audience }
}
