import { z } from 'zod'

/** The documents of `--json`, field by field. What is not here may not be printed. */

const at = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const id = z.guid()
const name = z.string().min(1)
const code = z.string().regex(/^[a-z]+(?:-[a-z]+)*$/)
const version = z.literal(1)
const trouble = z.strictObject({ code, message: name, remedy: name, correlationId: name.optional() })
const problem = z.strictObject({ token: name, code, message: name, remedy: name, correlationId: name.optional() })
const kind = z.enum(['mint', 'extend', 'deliver', 'revoke', 'disable-version', 'collect-orphan', 'update-metadata'])

const action = z.strictObject({
  token: name,
  account: name,
  organization: name,
  kind,
  reason: code,
  message: name,
  authorizationId: id.optional(),
  at: at.optional(),
  target: name.optional(),
})

const account = z.strictObject({
  account: name,
  method: name,
  state: z.enum(['healthy', 'expiring', 'expired', 'missing', 'refused', 'unknown']),
  signedInAt: at.optional(),
  redeemedAt: at.optional(),
  diesAt: at.optional(),
  error: z.strictObject({ code, message: name, remedy: name }).optional(),
})
const globalPat = z.strictObject({
  authorizationId: id,
  displayName: name,
  account: name,
  stopsAt: at,
  daysLeft: z.int(),
})
const state = z.enum(['healthy', 'due', 'expiring', 'expired', 'missing', 'at-ceiling', 'paused', 'unknown'])

const hold = z.strictObject({
  until: at,
  stops: z.enum(['revocation', 'replacement', 'retirement']),
  reason: name.optional(),
})

const copyEnd = z.strictObject({
  target: name,
  state: z.enum(['removed', 'absent', 'kept', 'failed', 'undeclared']),
  message: name.optional(),
  remedy: name.optional(),
  error: trouble.optional(),
})

const report = z.strictObject({
  version,
  results: z.array(
    z.strictObject({
      token: name,
      kind: z.union([kind, z.enum(['observe', 'rollback'])]),
      reason: code.optional(),
      status: z.enum(['done', 'failed', 'skipped']),
      step: name.optional(),
      authorizationId: id.optional(),
      validTo: at.optional(),
      target: name.optional(),
      error: trouble.optional(),
    }),
  ),
  problems: z.array(problem),
  summary: z.strictObject({ done: z.int(), failed: z.int(), skipped: z.int() }),
  reason: name.optional(),
  aftermath: z.strictObject({ replacedByNextRun: z.boolean(), deadCopies: z.array(name) }).optional(),
  proofs: z
    .array(
      z.strictObject({
        token: name,
        kind: z.enum([
          'delivered',
          'refused',
          'unlisted',
          'accepted',
          'unknown',
          'current',
          'not-current',
          'lacking',
          'kept',
        ]),
        authorizationId: id.optional(),
        listed: z.boolean().optional(),
        target: name.optional(),
        message: name.optional(),
        other: id.optional(),
        until: at.optional(),
      }),
    )
    .optional(),
  /** The person said no. */
  refused: z.literal(true).optional(),
  accounts: z.array(account).optional(),
})

/** A token whose retirement was begun. */
const retiring = z.strictObject({
  store: name,
  secretName: name,
  organization: name,
  authorizationId: id,
  endsAt: at,
  due: z.boolean(),
  command: name,
})

/** A PAT that tokens replace. */
const replaced = {
  authorizationId: id,
  displayName: name.optional(),
  allOrganizations: z.boolean().optional(),
  organizations: z.array(name).optional(),
  replacedBy: z.array(name).min(1),
  state: z.enum(['gone', 'unseen', 'not-replaceable', 'elsewhere', 'unconfirmed', 'ready', 'waiting']),
  message: name.optional(),
  opensAt: at.optional(),
}

const fault = z.strictObject({
  code,
  message: name,
  remedy: name,
  file: name.optional(),
  line: z.int().min(1),
  column: z.int().min(1),
  severity: z.enum(['error', 'warning']),
  advice: z.literal(true).optional(),
})

const severity = z.enum(['high', 'medium', 'low', 'info'])
const changedPat = z.strictObject({
  authorizationId: id,
  displayName: z.string(),
  owner: name,
  validTo: at.optional(),
})

export const documents = {
  plan: z.strictObject({
    version,
    actions: z.array(action.omit({ at: true })),
    scheduled: z.array(action),
    problems: z.array(problem),
    retiring: z.array(retiring),
  }),
  apply: report,
  rotate: report,
  revoke: report,
  rollback: report.extend({
    rollback: z
      .strictObject({ token: name, to: id, from: id.optional(), already: z.boolean(), hold: hold.nullable() })
      .optional(),
  }),
  status: z.strictObject({
    version,
    tokens: z.array(
      z.strictObject({
        token: name,
        account: name,
        organization: name,
        method: z.enum(['renew', 'rotate']),
        state,
        authorizationId: id.optional(),
        validFrom: at.optional(),
        validTo: at.optional(),
        dueAt: at.optional(),
        store: z.strictObject({ name, secretName: name, version: name.optional() }).optional(),
        rolledBackFrom: z.array(id).optional(),
        superseded: z.array(z.strictObject({ authorizationId: id, revokeAt: at.optional() })),
        deliveries: z.array(
          z.strictObject({
            target: name,
            group: z.int().min(1),
            state: z.enum(['delivered', 'waiting', 'failing', 'overwritten', 'gone', 'unseen', 'dead', 'unknown']),
            declared: z.boolean(),
            generation: z.string().length(12).optional(),
            deliveredAt: at.optional(),
            lackingSince: at.optional(),
            failures: z.int().min(1).optional(),
            code: code.optional(),
            nextAttemptAt: at.optional(),
            message: name.optional(),
          }),
        ),
        hold: hold.optional(),
        error: trouble.optional(),
      }),
    ),
    accounts: z.array(account),
    replaced: z.array(z.strictObject(replaced)),
    undeclared: z.array(
      z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('pat'),
          authorizationId: id,
          displayName: name,
          account: name,
          organization: name,
          validTo: at.optional(),
        }),
        z.strictObject({ kind: z.literal('secret'), store: name, secretName: name, rule: name.optional() }),
      ]),
    ),
    retiring: z.array(retiring),
    globalPats: z.array(globalPat),
    problems: z.array(problem),
  }),
  retire: z.union([
    z.strictObject({ version, token: name, state: z.literal('waiting'), revokeAt: at, copies: z.array(copyEnd) }),
    report.extend({
      token: name,
      state: z.literal('retired'),
      copies: z.array(copyEnd),
    }),
  ]),
  adopt: z.strictObject({
    version,
    token: name,
    authorizationId: id,
    validTo: at,
    store: z.strictObject({ name, secretName: name }),
    wasThere: z.boolean(),
    matchedBy: z.enum(['hash', 'name']).optional(),
    namesakes: z.number().optional(),
  }),
  whose: z.strictObject({
    version,
    values: z.array(
      z.strictObject({
        ours: z.boolean(),
        form: z.discriminatedUnion('kind', [
          z.strictObject({
            kind: z.literal('current'),
            checksum: z.enum(['right', 'wrong']),
            madeIn: z
              .string()
              .regex(/^\d{4}-\d\d$/)
              .optional(),
          }),
          z.strictObject({ kind: z.literal('old'), issuer: z.enum(['user', 'application']).optional() }),
          z.strictObject({ kind: z.enum(['web-token', 'other']) }),
        ]),
        mayBeEnded: z.number().optional(),
        token: name.optional(),
        account: name.optional(),
        organization: name.optional(),
        authorizationId: id.optional(),
        generation: name.optional(),
        storedAt: at.optional(),
        current: z.boolean().optional(),
        owner: z
          .strictObject({
            user: name,
            organization: name,
            displayName: z.string(),
            scopes: z.array(name),
            valid: z.boolean(),
            validTo: at.optional(),
          })
          .optional(),
        command: name.optional(),
        tried: z.array(
          z.strictObject({
            organization: name,
            life: z.enum(['alive', 'refused', 'unknown']),
            account: name.optional(),
          }),
        ),
      }),
    ),
    disabledVersions: z.int(),
    administration: z.array(
      z.strictObject({ organization: name, account: name, members: z.int(), error: trouble.optional() }),
    ),
    problems: z.array(problem),
  }),
  hold: z.strictObject({ version, token: name, hold: hold.nullable(), released: z.boolean().optional() }),
  explain: z.strictObject({
    version,
    token: name,
    account: name,
    organization: name,
    method: z.enum(['renew', 'rotate']),
    state,
    veto: trouble.optional(),
    obstacle: problem.optional(),
    checks: z.array(z.strictObject({ check: code, found: z.boolean(), message: name.optional() })).length(9),
    dueAt: at.optional(),
    expiringAt: at.optional(),
    validTo: at.optional(),
    hold: hold.nullable(),
    rollback: z
      .union([
        z.strictObject({ state: z.literal('done'), from: z.array(id).min(1) }),
        z.strictObject({ state: z.literal('possible'), to: id, message: name.optional() }),
        z.strictObject({ state: z.literal('refused'), code, message: name }),
      ])
      .optional(),
    gate: z.array(
      z.strictObject({
        condition: z.enum(['no-hold', 'successor', 'delivery', 'overlap']),
        target: name.optional(),
        met: z.boolean(),
        message: name.optional(),
        opensAt: at.optional(),
      }),
    ),
    pats: z.array(
      z.strictObject({
        authorizationId: id,
        displayName: name,
        standing: z.enum(['current', 'superseded', 'orphan', 'stranger']),
        validTo: at.optional(),
        revokeAt: at.optional(),
      }),
    ),
    replaces: z.array(
      z.strictObject({
        ...replaced,
        gate: z.array(
          z.strictObject({
            token: name,
            role: z.enum(['successor', 'bystander']),
            met: z.boolean(),
            message: name.optional(),
            opensAt: at.optional(),
          }),
        ),
      }),
    ),
    deliveries: z.array(z.looseObject({ target: name, state: name, declared: z.boolean() })),
    actions: z.array(action),
    scheduled: z.array(action),
    problems: z.array(problem),
  }),
  list: z.strictObject({
    version,
    pats: z.array(
      z.strictObject({
        authorizationId: id,
        displayName: name,
        account: name,
        organization: name,
        scopes: z.array(name).min(1),
        validFrom: at,
        validTo: at.nullable(),
        allOrganizations: z.boolean(),
        management: z.enum(['token', 'undeclared', 'nobody', 'unknown']),
        managedBy: name.optional(),
        generation: z
          .string()
          .regex(/^[0-9a-z]{12}$/)
          .optional(),
        findings: z.array(code),
      }),
    ),
    globalPats: z.array(globalPat),
    problems: z.array(problem),
  }),
  migrate: z.strictObject({
    version,
    globalPatsEndAt: at,
    daysLeft: z.int(),
    pats: z.array(
      z.strictObject({
        authorizationId: id,
        displayName: name,
        account: name,
        scopes: z.array(name).min(1),
        validTo: at.nullable(),
        entries: z.array(
          z.strictObject({
            name,
            account: name,
            organization: name,
            displayName: name.optional(),
            scopes: z.array(name).min(1),
            replaces: id,
          }),
        ),
        declared: z.array(name),
        questions: z.array(name),
      }),
    ),
    configuration: name.optional(),
    written: name.optional(),
    problems: z.array(problem),
  }),
  audit: z.strictObject({
    version,
    kind: z.literal('audit'),
    auditedAt: at,
    scope: z.enum(['accounts', 'everybody']),
    organizations: z.array(name),
    administered: z.array(name).optional(),
    complete: z.boolean(),
    summary: z.strictObject({
      pats: z.int(),
      owners: z.int(),
      findings: z.strictObject({ high: z.int(), medium: z.int(), low: z.int(), info: z.int(), waived: z.int() }),
    }),
    rules: z.array(
      z.strictObject({
        name: code,
        id: z.string().regex(/^PATROL\d{3}$/),
        title: name,
        severity,
        remedy: name,
        link: z.url(),
      }),
    ),
    pats: z.array(
      z.strictObject({
        authorizationId: id,
        displayName: z.string(),
        owner: name,
        ownerState: z.enum(['active', 'inactive', 'deleted']).optional(),
        account: name.optional(),
        organizations: z.array(name).min(1),
        scopes: z.array(name),
        validFrom: at,
        validTo: at.optional(),
        allOrganizations: z.boolean(),
        managedBy: name.optional(),
      }),
    ),
    findings: z.array(
      z.strictObject({
        name: code,
        severity,
        fingerprint: name,
        authorizationId: id,
        displayName: z.string(),
        owner: name,
        organizations: z.array(name).min(1),
        message: name,
        new: z.boolean().optional(),
        waiver: z.strictObject({ reason: name, until: z.iso.date() }).optional(),
      }),
    ),
    since: z
      .strictObject({
        auditedAt: at,
        newPats: z.array(changedPat),
        gonePats: z.array(changedPat),
        extended: z.array(changedPat.extend({ from: at })),
        changed: z.array(changedPat.extend({ what: z.array(name) })),
        newFindings: z.array(name),
        goneFindings: z.array(z.strictObject({ fingerprint: name, name: code, displayName: z.string(), owner: name })),
      })
      .optional(),
    waivers: z.array(
      z.strictObject({ finding: code, reason: name, until: z.iso.date(), state: z.enum(['ended', 'unused']) }),
    ),
    limits: z.array(name),
    problems: z.array(problem),
  }),
  doctor: z.strictObject({
    version,
    checks: z.array(
      z.strictObject({
        check: code,
        result: z.enum(['ok', 'warning', 'failed', 'skipped']),
        account: name.optional(),
        organization: name.optional(),
        store: name.optional(),
        target: name.optional(),
        host: name.optional(),
        message: name,
        remedy: name.optional(),
        code: code.optional(),
      }),
    ),
    summary: z.strictObject({
      ok: z.number().int(),
      warning: z.number().int(),
      failed: z.number().int(),
      skipped: z.number().int(),
    }),
  }),
  setup: z.strictObject({ version, shell: z.enum(['bash', 'powershell']), script: name }),
  validate: z.strictObject({ version, problems: z.array(fault) }),
  init: z.strictObject({ version, configuration: name, file: name.optional() }),
  /** Of any command. */
  failure: z.strictObject({ version, error: trouble, problems: z.array(fault).optional() }),
} as const
