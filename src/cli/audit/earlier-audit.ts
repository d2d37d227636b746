import { type FileHandle, open } from 'node:fs/promises'
import { z } from 'zod'
import { reasonOf } from '../../app/config/references.ts'
import type { ToldFinding, ToldPat } from '../../core/audit/comparison.ts'
import { PatrolError } from '../../core/errors.ts'
import { instant } from '../../core/time.ts'

const iso = z.iso.datetime().transform((text) => instant(Date.parse(text)))

const patSchema = z.object({
  authorizationId: z.string(),
  displayName: z.string(),
  owner: z.string(),
  organizations: z.array(z.string()),
  scopes: z.array(z.string()),
  allOrganizations: z.boolean(),
  validTo: iso.optional(),
})

const findingSchema = z.object({
  fingerprint: z.string(),
  name: z.string(),
  displayName: z.string(),
  owner: z.string(),
})

/** What is compared of the JSON of an audit; whatever else stands there may be of a newer Patrol. */
const headSchema = z.object({
  version: z.literal(1),
  kind: z.literal('audit'),
  auditedAt: iso,
  scope: z.enum(['accounts', 'everybody']),
  organizations: z.array(z.string()),
  complete: z.boolean(),
  pats: z.array(z.unknown()),
  findings: z.array(z.unknown()),
})

export interface EarlierAudit extends Omit<z.output<typeof headSchema>, 'version' | 'kind' | 'pats' | 'findings'> {
  readonly pats: readonly ToldPat[]
  readonly findings: readonly ToldFinding[]
}

/** How much may stand in other lines than those that an audit writes for each PAT and finding: a text must hold it. */
const mostElsewhere = 256 * 1_024 * 1_024

/**
 * Reads the JSON of an audit line by line. As it was written, every PAT and every finding has a line of its own, so that
 * a large one is never held as a whole; one that was formatted anew is understood as well.
 *
 * @param shown as the person named the file
 * @throws PatrolError `usage` when it is no JSON of an audit
 */
export async function readEarlierText(chunks: AsyncIterable<string>, shown: string): Promise<EarlierAudit> {
  const pats: ToldPat[] = []
  const findings: ToldFinding[] = []
  const take = { pats: patTaker(pats, shown), findings: findingTaker(findings, shown) } as const
  const rest: string[] = []
  let length = 0
  let list: keyof typeof take | undefined
  for await (const line of linesOf(chunks, shown)) {
    const [, element] = list === undefined ? [] : (/^ {4}(\{.*\}),?\r?$/s.exec(line) ?? [])
    const value = element === undefined ? undefined : parsed(element)
    if (list !== undefined && value !== undefined) {
      take[list](value)
      continue
    }
    const [, begun] = /^ {2}"(pats|findings)": \[\r?$/.exec(line) ?? []
    list = begun as typeof list
    rest.push(line)
    length += line.length + 1
    if (length > mostElsewhere) throw tooLarge(shown)
  }
  const text = rest.join('\n').replace(/^\uFEFF/, '')
  const whole = parsed(text)
  if (whole === undefined) throw refusal(shown, text.trim() === '' ? 'is empty' : 'is not JSON')
  const head = headOf(whole, shown)
  for (const pat of head.pats) take.pats(pat)
  for (const finding of head.findings) take.findings(finding)
  const { auditedAt, scope, organizations, complete } = head
  return { auditedAt, scope, organizations, complete, pats, findings }
}

/**
 * The audit that an earlier call wrote as JSON.
 *
 * @param path absolute
 * @param shown as the person named it
 * @throws PatrolError `usage` when it cannot be read, or is none
 */
export async function readEarlier(path: string, shown: string): Promise<EarlierAudit> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    // As a shell of Windows writes what it is told to put into a file.
    const encoding = buffer.readUInt16BE() === 0xff_fe ? 'utf16le' : 'utf8'
    return await readEarlierText(file.createReadStream({ encoding, start: 0, autoClose: false }), shown)
  } catch (thrown) {
    if (thrown instanceof PatrolError) throw thrown
    throw refusal(shown, `cannot be read: ${reasonOf(thrown)}`, thrown)
  } finally {
    await file?.close()
  }
}

/** Ends at `\n` alone: names may hold other things that end lines elsewhere. */
async function* linesOf(chunks: AsyncIterable<string>, shown: string): AsyncGenerator<string> {
  let begun = ''
  for await (const chunk of chunks) {
    if (begun.length > mostElsewhere) throw tooLarge(shown)
    if (!chunk.includes('\n')) {
      begun += chunk
      continue
    }
    const lines = `${begun}${chunk}`.split('\n')
    begun = lines.pop() ?? ''
    yield* lines
  }
  yield begun
}

/** Thousands of PATs share some owners, organizations and lists of scopes: each is kept once. */
function patTaker(pats: ToldPat[], shown: string): (value: unknown) => void {
  const lists = new Map<string, readonly string[]>()
  const owners = new Map<string, string>()
  const once = (list: readonly string[]): readonly string[] => kept(lists, list.join('\n'), list)
  return (value) => {
    const { owner, organizations, scopes, validTo, ...pat } = checked(patSchema, value, `pats.${pats.length}`, shown)
    pats.push({
      ...pat,
      owner: kept(owners, owner, owner),
      organizations: once(organizations),
      scopes: once(scopes),
      validTo,
    })
  }
}

function findingTaker(findings: ToldFinding[], shown: string): (value: unknown) => void {
  const texts = new Map<string, string>()
  return (value) => {
    const { name, owner, ...finding } = checked(findingSchema, value, `findings.${findings.length}`, shown)
    findings.push({ ...finding, name: kept(texts, name, name), owner: kept(texts, owner, owner) })
  }
}

function kept<Value>(known: Map<string, Value>, key: string, value: Value): Value {
  const same = known.get(key)
  if (same === undefined) known.set(key, value)
  return same ?? value
}

function headOf(value: unknown, shown: string): z.output<typeof headSchema> {
  const { version, kind } = z.object({ version: z.unknown(), kind: z.unknown() }).partial().safeParse(value).data ?? {}
  if (kind === 'audit' && typeof version === 'number' && version !== 1) {
    throw refusal(shown, `is the JSON of an audit in version ${version}, and this Patrol knows version 1`)
  }
  return checked(headSchema, value, '', shown)
}

function checked<Shape extends z.ZodType>(schema: Shape, value: unknown, at: string, shown: string): z.output<Shape> {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const where = [at, ...(issue?.path ?? [])].filter((part) => part !== '').join('.') || 'the whole'
  throw refusal(shown, `is not the JSON of an audit (${where}: ${issue?.message})`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function tooLarge(shown: string): PatrolError {
  return refusal(shown, 'is too large to be read in the form that it has')
}

function refusal(shown: string, why: string, cause?: unknown): PatrolError {
  return new PatrolError('usage', `${shown} ${why}`, {
    remedy: 'Name a file that `patrol audit --json` wrote.',
    ...(cause === undefined ? {} : { cause }),
  })
}
