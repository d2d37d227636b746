import { createHash } from 'node:crypto'
import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { demandApiVersion } from './api-version.ts'
import { demandUser } from './credentials.ts'
import { errorAnswer, Refusal } from './refusals.ts'

export interface Project {
  readonly id: string
  readonly name: string
}

export function projectsOf(organization: Pick<Organization, 'id' | 'projects'>): readonly Project[] {
  return organization.projects.map((name) => {
    const hash = createHash('sha256').update(`${organization.id}/${name}`).digest('hex')
    const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
    return { id, name }
  })
}

/** The project that a part of a path names, or the refusal of one that is not there. */
export function demandProject(organization: Organization, key: string): Project {
  const found = projectsOf(organization).find(({ id, name }) => sameName(id, key) || sameName(name, key))
  if (found !== undefined) return found
  const message = `TF200016: The following project does not exist: ${key}. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.`
  throw new Refusal(errorAnswer(404, 'ProjectDoesNotExistWithNameException', message))
}

/** https://learn.microsoft.com/en-us/rest/api/azure/devops/core/projects */
export function answerProjects(world: World, call: Call, organization: Organization): Answer {
  demandUser(world, call, organization, ['vso.project', 'vso.profile'])
  const version = demandApiVersion(call, { preview: false, optional: true, oldest: 10 })
  const headers = { 'Content-Type': `application/json; charset=utf-8; api-version=${version.text}` }
  const [key = ''] = call.path.split('/').slice(4)
  const written = ({ id, name }: Project): object => ({
    id,
    name,
    url: `${world.endpoints.azureDevOps}/${organization.name}/_apis/projects/${id}`,
    state: 'wellFormed',
    revision: 11,
    visibility: 'private',
    lastUpdateTime: '2024-01-01T00:00:00.000Z',
  })
  if (key !== '') return jsonAnswer(200, written(demandProject(organization, key)), headers)
  const top = Number(call.query.get('$top') ?? organization.projects.length)
  const value = projectsOf(organization).slice(0, top).map(written)
  return jsonAnswer(200, { count: value.length, value }, headers)
}
