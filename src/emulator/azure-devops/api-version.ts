import type { Call } from '../exchange.ts'
import { errorAnswer, Refusal } from './refusals.ts'

export interface ApiVersion {
  readonly text: string
  /** 10 x major + minor, to compare. */
  readonly number: number
}

/** What a resource accepts. */
interface VersionRules {
  /** It exists as a preview only. */
  readonly preview: boolean
  /** A call may leave the version out. */
  readonly optional: boolean
  /** The first version that has it, as 10 x major + minor. */
  readonly oldest: number
}

const published = [10, 20, 21, 22, 23, 30, 31, 32, 40, 41, 50, 51, 52, 60, 61, 70, 71, 72]
/** The newest is a preview for every resource. */
const NEWEST = 72

/**
 * The version a call asks for, in the query or in `Accept`. A resource that exists only as a preview refuses a version
 * without `-preview`. https://learn.microsoft.com/en-us/azure/devops/integrate/concepts/rest-api-versioning
 */
export function demandApiVersion(call: Call, rules: VersionRules): ApiVersion {
  const accepted = /(?:^|;)\s*api-version=([^;,\s]+)/i.exec(call.headers.accept ?? '')?.[1]
  const text = call.query.get('api-version') ?? accepted
  if (text === undefined) {
    if (rules.optional) return { text: '7.1-preview.1', number: 71 }
    throw refusal(
      'VssVersionNotSpecifiedException',
      `No api-version was supplied for the "${call.method}" request. The version must be supplied either as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").`,
    )
  }
  const parts = /^(\d+)\.(\d)(-preview(?:\.(\d+))?)?$/.exec(text)
  if (parts === null) throw refusal('VssInvalidApiResourceVersionException', `The api-version "${text}" is not valid.`)
  const number = Number(parts[1]) * 10 + Number(parts[2])
  if (!published.includes(number) || number < rules.oldest) {
    throw refusal(
      'VssVersionOutOfRangeException',
      `The requested REST API version of ${text} is out of range for this server. The latest REST API version this server supports is 7.2.`,
    )
  }
  if (parts[3] === undefined && (rules.preview || number === NEWEST)) {
    throw refusal(
      'VssInvalidPreviewVersionException',
      `The requested version "${text}" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: "${text}-preview"`,
    )
  }
  if (rules.preview && parts[4] !== undefined && parts[4] !== '1') {
    throw refusal('VssInvalidApiResourceVersionException', `The resource has no version "${text}".`)
  }
  return { text, number }
}

function refusal(typeKey: string, message: string): Refusal {
  return new Refusal(errorAnswer(400, typeKey, message))
}
