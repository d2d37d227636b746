import { z } from 'zod'
import type { Verification } from '../../core/token.ts'
import { isAzureDevOps } from './address.ts'
import { publicEndpoints } from './connection-schema.ts'
import type { Draft } from './draft.ts'
import { type Fault, fault, type Path } from './faults.ts'
import { field, text } from './fields.ts'
import { urlHint } from './hints.ts'
import type { Sound } from './shape.ts'

const address = String.raw`https:\/\/[^\s/?#@\\]+(?:\/[^\s#\\]*)?`
const addressPhrase = 'an address that begins with https://'
const status = (): z.ZodUnion<[z.ZodInt, z.ZodString]> =>
  z.union(
    [z.int().min(200, { error: statusPhrase }).max(599, { error: statusPhrase }), text(/^[2-5]\d\d$/, statusPhrase)],
    { error: statusPhrase },
  )
const statusPhrase = 'a status from 200 to 599'

const callSchema = z.strictObject({
  url: field(text(new RegExp(`^${address}$`), addressPhrase), {
    description:
      'The address that is called with the new PAT. `{organization}` stands for the organization of the token.',
    examples: ['https://feeds.dev.azure.com/{organization}/_apis/packaging/feeds/1?api-version=7.1'],
    refused: 'it is none of Azure DevOps: a PAT is sent nowhere else',
    hint: urlHint,
  }),
  expect: field(
    z.strictObject({
      status: field(
        z.union([status(), z.array(status()).min(1, { error: 'a list of statuses' })], { error: statusPhrase }),
        {
          description: 'The status of the answer, or a list of those that will do.',
          builtIn: 'any that means success',
          examples: ['404', '[200, 404]'],
          refused: 'it is 203, 302, 401 or 403, by which Azure DevOps refuses a PAT',
        },
      ).optional(),
      contains: field(text(/\S/, 'a text'), {
        description: 'A text that must stand in the answer.',
        examples: ['"\\"count\\":"'],
      }).optional(),
    }),
    { description: 'What the answer must be like.' },
  ).optional(),
})

function schemaOf(words: readonly string[]) {
  const phrase = `${words.join(', ')} or ${addressPhrase}`
  return z.union([text(new RegExp(`^(?:${words.join('|')}|${address})$`), phrase), callSchema], { error: phrase })
}

/** How a new PAT of an entry proves itself, before anybody gets it. */
export const entryVerifySchema = schemaOf(['connection-data', 'listed', 'git', 'feeds', 'work-items'])

/** How it proves itself after a target got it. */
export const targetVerifySchema = schemaOf(['connection-data', 'git', 'feeds', 'work-items'])

export type WrittenVerify = z.input<typeof entryVerifySchema>

/** What is written, as the program asks for it. */
export function verificationOf(written: WrittenVerify): Verification {
  if (typeof written === 'string') {
    if (written === 'connection-data' || written === 'listed') return { kind: written }
    if (written === 'git' || written === 'feeds' || written === 'work-items') return { kind: 'scope', probe: written }
    return { kind: 'url', url: written }
  }
  const { url, expect } = written
  if (expect === undefined) return { kind: 'url', url }
  const statuses = expect.status === undefined ? undefined : [expect.status].flat().map(Number)
  return { kind: 'url', url, expect: { statuses, contains: expect.contains } }
}

/** A PAT is shown to nobody but Azure DevOps, and what refuses it is no proof. */
export function verifyFaults(written: Sound<WrittenVerify> | undefined, path: Path, draft: Draft): readonly Fault[] {
  if (written === undefined) return []
  const isText = typeof written === 'string'
  const url = isText ? written : written.url
  const at = isText ? path : [...path, 'url']
  const faults: Fault[] = []
  const endpoint = draft.written.endpoints?.azureDevOps ?? publicEndpoints.azureDevOps
  const isKnown = url?.startsWith('https:') === true && !draft.isFaulty(['endpoints', 'azureDevOps'])
  if (isKnown && !isAzureDevOps(url.replaceAll('{organization}', 'x'), endpoint)) {
    const remedy = `write an address under dev.azure.com or visualstudio.com${isText ? ', connection-data, or listed' : ''}`
    faults.push(fault(at, `${draft.shown(at)} is not an address of Azure DevOps: a PAT is sent nowhere else`, remedy))
  }
  const statuses = isText ? [] : [written.expect?.status ?? []].flat()
  if (statuses.some((each) => refusing.has(Number(each)))) {
    const where = [...path, 'expect', 'status']
    faults.push(fault(where, 'holds a status by which Azure DevOps refuses a PAT', 'remove 203, 302, 401 and 403'))
  }
  return faults
}

const refusing: ReadonlySet<number> = new Set([203, 302, 401, 403])
