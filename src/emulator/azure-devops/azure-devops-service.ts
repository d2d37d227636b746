import { randomUUID } from 'node:crypto'
import { type Answer, type Call, htmlAnswer, type Service } from '../exchange.ts'
import { answerOidcToken, isOidcTokenPath } from '../workloads/azure-pipelines.ts'
import type { World } from '../world.ts'
import { answerAccounts } from './accounts.ts'
import { answerAzureDevOps } from './connection-data.ts'
import { organizationOf, readCredential } from './credentials.ts'
import { answerGraph } from './graph.ts'
import { answerPats } from './pat-api.ts'
import { throttledAnswer } from './rate-limit.ts'
import { noOrganizationAnswer, Refusal } from './refusals.ts'
import { answerTokenAdministration } from './token-administration.ts'

const PATS = /^\/[^/]+\/_apis\/tokens\/pats\/?$/i
const GRAPH = /^\/[^/]+\/_apis\/graph\//i
const TOKEN_ADMINISTRATION = /^\/[^/]+\/_apis\/tokenadmin\//i
const ACCOUNTS = /^\/_apis\/(?:accounts|profile\/profiles\/me)\/?$/i
const VARIABLE_GROUPS = /^(?:\/[^/]+){1,2}\/_apis\/distributedtask\/variablegroups(?:\/|$)/i
const SERVICE_CONNECTIONS = /^(?:\/[^/]+){1,2}\/_apis\/serviceendpoint\/endpoints(?:\/|$)/i
const CONNECTION_DATA = /^\/[^/]+\/_apis\/connectiondata\/?$/i

/** Which service a path of `vssps.dev.azure.com` belongs to. */
export function vsspsServiceOf(path: string): Service {
  if (PATS.test(path)) return 'pats'
  if (GRAPH.test(path)) return 'graph'
  if (TOKEN_ADMINISTRATION.test(path)) return 'token-administration'
  return ACCOUNTS.test(path) ? 'accounts' : 'other'
}

/** Which service a path of `dev.azure.com` belongs to. */
export function azureDevOpsServiceOf(path: string): Service {
  if (isOidcTokenPath(path)) return 'workload'
  if (VARIABLE_GROUPS.test(path)) return 'variable-groups'
  if (SERVICE_CONNECTIONS.test(path)) return 'service-connections'
  return CONNECTION_DATA.test(path) ? 'connection-data' : 'other'
}

export function answerVssps(world: World, call: Call): Answer {
  return guarded(world, call, () => {
    if (PATS.test(call.path)) return answerPats(world, call)
    if (ACCOUNTS.test(call.path)) return answerAccounts(world, call)
    if (GRAPH.test(call.path)) return inOrganization(world, call, answerGraph)
    if (TOKEN_ADMINISTRATION.test(call.path)) return inOrganization(world, call, answerTokenAdministration)
    // Where a followed redirect ends: a page under 200, which is what makes following one dangerous.
    if (call.path === '/_signin') return htmlAnswer(200, 'Azure DevOps Services | Sign In')
    return htmlAnswer(404, 'Azure DevOps Services | 404')
  })
}

export function answerDevAzure(world: World, call: Call): Answer | Promise<Answer> {
  if (isOidcTokenPath(call.path)) return answerOidcToken(world, call)
  return guarded(world, call, () => answerAzureDevOps(world, call))
}

/** Answers a path `/{organization}/_apis/{area}/…` by its parts behind the area. */
function inOrganization(world: World, call: Call, answer: typeof answerGraph): Answer {
  const [, name = '', , , ...route] = call.path.replace(/\/$/, '').split('/')
  const organization = organizationOf(world, name)
  return organization === undefined ? noOrganizationAnswer(world, call) : answer(world, call, organization, route)
}

function guarded(world: World, call: Call, answer: () => Answer): Answer {
  readCredential(world, call)
  const { principal } = call
  const waitSeconds =
    principal === undefined ? undefined : world.traffic.count(principal, call.at, world.switches.throttleAfter)
  const answered = waitSeconds === undefined ? refusable(answer) : throttledAnswer(call.at, waitSeconds)
  return {
    ...answered,
    headers: {
      ...answered.headers,
      ActivityId: randomUUID(),
      'X-VSS-E2EID': randomUUID(),
      'X-TFS-ProcessId': randomUUID(),
    },
  }
}

function refusable(answer: () => Answer): Answer {
  try {
    return answer()
  } catch (fault) {
    if (fault instanceof Refusal) return fault.answer
    throw fault
  }
}
