import { z } from 'zod'
import { connectionChanges, groupChanges, type VariableGroupRecord } from './azure-devops/library-record.ts'
import { type Answer, type Call, jsonAnswer } from './exchange.ts'
import type { Emulator } from './emulator.ts'
import type { FaultControl, FaultRule } from './faults.ts'

/** What the control API needs to know beyond the public face of the emulator. */
export interface ControlFace extends Emulator {
  /** Blanks out every known secret in a text. */
  mask(text: string): string
}

type Reply = (call: Call, parts: string[]) => unknown

const travelBody = z.strictObject({ ms: z.number() })
const revokeBody = z.strictObject({ authorizationId: z.guid(), by: z.enum(['scanner', 'administrator', 'owner']) })
const patBody = z.strictObject({
  owner: z.string(),
  displayName: z.string(),
  scope: z.string(),
  organization: z.string(),
  validTo: z.number(),
  validFrom: z.number().optional(),
  allOrgs: z.boolean().optional(),
})
const userBody = z.strictObject({
  password: z.string().optional(),
  enabled: z.boolean().optional(),
  mfa: z.enum(['none', 'required', 'enrol']).optional(),
  locked: z.boolean().optional(),
  passwordExpired: z.boolean().optional(),
  conditionalAccess: z.enum(['pass', 'block']).optional(),
  deviceCodeFlow: z.enum(['pass', 'block']).optional(),
  signInFrequencyHours: z.number().positive().nullable().optional(),
})
const clientBody = z.strictObject({
  consent: z.boolean().optional(),
  userConsent: z.enum(['allowed', 'administrator-only']).optional(),
  allowPublicFlows: z.boolean().optional(),
  secretExpired: z.boolean().optional(),
  azureDevOps: z.array(z.string()).optional(),
  certificates: z.array(z.string()).optional(),
})
const gitHubBody = z.strictObject({ subject: z.string() })
const pipelineBody = z.strictObject({
  organization: z.string(),
  project: z.string(),
  connections: z.array(z.strictObject({ id: z.guid(), name: z.string() })),
})
const serviceAccountBody = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  audience: z.string().optional(),
  lifeSeconds: z.number().int().positive().optional(),
})
const objectBody = z.record(z.string(), z.unknown())

/**
 * The emulator by remote control, for those who run it as a program: JSON in and out. Secrets are left out unless the
 * query says `reveal=1`.
 */
export function makeControl(emulator: ControlFace): (call: Call) => Promise<Answer> {
  const faults: FaultControl[] = []
  const replies: Record<string, Reply> = {
    'GET now': () => ({ now: emulator.now() }),
    'GET endpoints': () => ({ endpoints: emulator.endpoints, caFile: emulator.caFile }),
    'POST travel': (call) => {
      emulator.travel(travelBody.parse(bodyOf(call)).ms)
      return { now: emulator.now() }
    },
    'GET switches': () => emulator.switches(),
    'POST switches': (call) => {
      emulator.set(objectBody.parse(bodyOf(call)))
      return emulator.switches()
    },
    'POST fault': (call) => {
      const written = objectBody.parse(bodyOf(call))
      // JSON has no infinity.
      const times = written['times'] === 'all' ? { times: Number.POSITIVE_INFINITY } : {}
      faults.push(emulator.fault({ ...written, ...times } as unknown as FaultRule))
      return { id: faults.length }
    },
    'GET fault': (_, [, id]) => ({ id: Number(id), fired: faultOf(faults, id).fired() }),
    'POST release': (_, [, id]) => {
      faultOf(faults, id).release()
      return { id: Number(id) }
    },
    'POST cancel': (_, [, id]) => {
      faultOf(faults, id).cancel()
      return { id: Number(id) }
    },
    'GET pats': (call) => emulator.pats().map((pat) => (isRevealing(call) ? pat : without(pat, 'value'))),
    'POST pats': (call) => {
      const { owner, validFrom, allOrgs, ...request } = patBody.parse(bodyOf(call))
      const pat = emulator.createPat(owner, {
        ...request,
        ...(validFrom === undefined ? {} : { validFrom }),
        ...(allOrgs === undefined ? {} : { allOrgs }),
      })
      return isRevealing(call) ? pat : without(pat, 'value')
    },
    'POST revoke-outside': (call) => {
      const { authorizationId, by } = revokeBody.parse(bodyOf(call))
      emulator.revokeOutside(authorizationId, by)
      return { authorizationId, by }
    },
    'GET requests': (call) =>
      emulator.requests().map((record) => (isRevealing(call) ? record : { ...record, url: emulator.mask(record.url) })),
    'GET vaults': (call) =>
      Object.keys(emulator.endpoints.vaults).map((name) => vaultView(emulator, name, isRevealing(call))),
    'GET variable-groups': (call) =>
      emulator.variableGroups().map((group) => (isRevealing(call) ? group : withoutSecretValues(group))),
    'POST variable-groups': (call, [, name = '']) => {
      emulator.changeVariableGroup(name, groupChanges.parse(bodyOf(call)))
      return { name }
    },
    'GET service-connections': (call) =>
      emulator
        .serviceConnections()
        .map((connection) => (isRevealing(call) ? connection : without(connection, 'secrets'))),
    'POST service-connections': (call, [, name = '']) => {
      emulator.changeServiceConnection(name, connectionChanges.parse(bodyOf(call)))
      return { name }
    },
    'GET users': (call) =>
      emulator.users().map((upn) => ({ upn, ...(isRevealing(call) ? { password: emulator.password(upn) } : {}) })),
    'POST users': (call, [, upn = '']) => {
      const changes = userBody.parse(bodyOf(call))
      emulator.changeUser(upn, present(changes))
      return { upn }
    },
    'GET mfa-code': (_, [, upn = '']) => ({ upn, code: emulator.mfaCode(upn) }),
    'POST revoke-sessions': (_, [, upn = '']) => {
      emulator.revokeSessions(upn)
      return { upn }
    },
    'POST github-job': (call) => secretOf(call, () => emulator.gitHubJob(gitHubBody.parse(bodyOf(call)))),
    'POST pipeline-job': (call) => secretOf(call, () => emulator.pipelineJob(pipelineBody.parse(bodyOf(call)))),
    'POST service-account-token': (call) =>
      secretOf(call, async () => {
        const { issuer, subject, ...more } = serviceAccountBody.parse(bodyOf(call))
        return { token: await emulator.serviceAccountToken({ issuer, subject, ...present(more) }) }
      }),
    'GET managed-identity': (call, [, host = '']) =>
      secretOf(call, () => emulator.managedIdentityVariables(z.enum(['imds', 'app-service']).parse(host))),
    'POST clients': (call, [, clientId = '']) => {
      emulator.changeClient(clientId, present(clientBody.parse(bodyOf(call))))
      return { clientId }
    },
    'GET secrets': (call) => (isRevealing(call) ? emulator.secrets() : { count: emulator.secrets().length }),
  }
  return async (call) => {
    const parts = call.path.split('/').filter((part) => part !== '')
    const name = `${call.method} ${parts[2] ?? parts[0] ?? ''}`
    const reply = Object.hasOwn(replies, name) ? replies[name] : undefined
    if (reply === undefined) {
      return jsonAnswer(404, { error: `there is no ${call.method} ${call.path}`, known: Object.keys(replies) })
    }
    try {
      return jsonAnswer(200, await reply(call, parts))
    } catch (fault) {
      const message = fault instanceof z.ZodError ? z.prettifyError(fault) : fault instanceof Error ? fault.message : ''
      return jsonAnswer(400, { error: emulator.mask(message) })
    }
  }
}

function bodyOf(call: Call): unknown {
  return JSON.parse(call.body)
}

/** What was written, without the gaps that optional keys leave. */
function present<T extends object>(written: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function isRevealing(call: Call): boolean {
  return call.query.get('reveal') === '1'
}

/** An answer that is nothing but a secret: it is made only for those who say that they want to see it. */
function secretOf(call: Call, make: () => unknown): unknown {
  if (!isRevealing(call)) throw new Error('the answer is a secret: ask for it with reveal=1')
  return make()
}

function faultOf(faults: readonly FaultControl[], id: string | undefined): FaultControl {
  const fault = faults[Number(id) - 1]
  if (fault === undefined) throw new Error(`there is no fault ${id}`)
  return fault
}

function without<T extends object, K extends keyof T>(object: T, name: K): Omit<T, K> {
  const { [name]: _, ...rest } = object
  return rest
}

function vaultView(emulator: Emulator, name: string, reveals: boolean): unknown {
  const record = emulator.vault(name)
  if (reveals) return record
  const secrets = Object.entries(record.secrets).map(([secret, { versions, ...rest }]) => [
    secret,
    { ...rest, versions: versions.map((version) => without(version, 'value')) },
  ])
  return { name: record.name, secrets: Object.fromEntries(secrets) }
}

function withoutSecretValues(group: VariableGroupRecord): unknown {
  const variables = Object.entries(group.variables).map(([name, variable]) => [
    name,
    variable.isSecret ? without(variable, 'value') : variable,
  ])
  return { ...group, variables: Object.fromEntries(variables) as unknown }
}
