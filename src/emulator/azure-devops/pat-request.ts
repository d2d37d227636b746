import type { Call } from '../exchange.ts'
import { badBodyAnswer, errorAnswer, Refusal } from './refusals.ts'

/** A create or update request, read but not yet judged. What was left out or null is absent. */
export interface PatRequest {
  readonly authorizationId?: string
  readonly displayName?: string
  readonly scope?: string
  readonly validTo?: string
  readonly allOrgs?: boolean
}

const fieldTypes = {
  authorizationId: 'string',
  displayName: 'string',
  scope: 'string',
  validTo: 'string',
  allOrgs: 'boolean',
} as const

/**
 * Reads the body of a POST or PUT. Stricter than the service, which ignores what it does not know: a misspelt field
 * here is a fault of the client.
 */
export function readPatRequest(call: Call): PatRequest {
  const type = call.headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) {
    throw new Refusal(
      errorAnswer(
        415,
        'VssRequestContentTypeNotSupportedException',
        `The request body has the unsupported Content-Type "${type}".`,
      ),
    )
  }
  let body: unknown
  try {
    body = JSON.parse(call.body)
  } catch {
    throw new Refusal(badBodyAnswer('The body is not JSON.'))
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal(errorAnswer(400, 'ArgumentNullException', 'Value cannot be null. Parameter name: token'))
  }
  const request: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) {
    const isField = Object.hasOwn(fieldTypes, name) && (name !== 'authorizationId' || call.method === 'PUT')
    if (!isField) {
      throw new Refusal(errorAnswer(400, 'VssPropertyValidationException', `The request has no field "${name}".`))
    }
    if (value === null) continue
    const wanted = fieldTypes[name as keyof typeof fieldTypes]
    if (typeof value !== wanted) throw new Refusal(badBodyAnswer(`"${name}" is not a ${wanted}.`))
    request[name] = value
  }
  return request
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The authorization id, from the body of a PUT or the query of a GET or DELETE. Refuses what is no GUID. */
export function demandAuthorizationId(text: string | null | undefined): string {
  if (text !== null && text !== undefined && GUID.test(text)) return text.toLowerCase()
  throw new Refusal(
    errorAnswer(400, 'VssPropertyValidationException', `The value "${text ?? ''}" is not a valid authorizationId.`),
  )
}
