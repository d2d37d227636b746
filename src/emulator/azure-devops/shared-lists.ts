import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import type { Organization, World } from '../world.ts'
import { demandApiVersion } from './api-version.ts'
import { demandUser } from './credentials.ts'
import { projectsOf } from './projects.ts'

/** A list that every organization has, with the scope that a PAT needs to read it. */
interface SharedList {
  readonly scope: string
  /** The first version that has it, as 10 x major + minor. */
  readonly oldest: number
  readonly entries: (organization: Organization) => readonly object[]
}

const lists: ReadonlyMap<string, SharedList> = new Map<string, SharedList>([
  // https://learn.microsoft.com/en-us/rest/api/azure/devops/git/repositories/list
  [
    '_apis/git/repositories',
    {
      scope: 'vso.code',
      oldest: 10,
      entries: (organization) =>
        projectsOf(organization).map(({ id, name }) => ({ id, name, project: { id, name }, isDisabled: false })),
    },
  ],
  // https://learn.microsoft.com/en-us/rest/api/azure/devops/artifacts/feed-management/get-feeds
  ['_apis/packaging/feeds', { scope: 'vso.packaging', oldest: 50, entries: () => [] }],
  // https://learn.microsoft.com/en-us/rest/api/azure/devops/wit/work-item-artifact-link-types/list
  [
    '_apis/wit/artifactlinktypes',
    {
      scope: 'vso.work',
      oldest: 40,
      entries: () => [{ toolType: 'Git', artifactType: 'Commit', linkType: 'Fixed in Commit' }],
    },
  ],
])

/** Answers for the repositories, the feeds and the link types of an organization; undefined for any other route. */
export function answerSharedList(
  world: World,
  call: Call,
  organization: Organization,
  route: string,
): Answer | undefined {
  const list = call.method === 'GET' ? lists.get(route) : undefined
  if (list === undefined) return undefined
  demandUser(world, call, organization, [list.scope])
  const version = demandApiVersion(call, { preview: false, optional: true, oldest: list.oldest })
  const value = list.entries(organization)
  return jsonAnswer(
    200,
    { count: value.length, value },
    {
      'Content-Type': `application/json; charset=utf-8; api-version=${version.text}`,
    },
  )
}
