import { z } from 'zod'
import { scopeId } from '../../../core/scope-catalogue.ts'
import { fullScope } from '../../../core/scopes.ts'
import { type Draft, type DraftEntry, inherited, storeOf } from '../draft.ts'
import { choice, field, httpsUrl, name, organization, text } from '../fields.ts'
import { type Fault, fault, type Path } from '../faults.ts'
import { urlHint } from '../hints.ts'
import { oneOf, suggestion } from '../suggestions.ts'
import { groupField, placeholderNote, targetFields } from './target-fields.ts'
import { targetKind, type TargetTerms } from './target-kind.ts'

/** By whom Azure DevOps is asked: an account, or a managed token whose value a store has. */
export type WantedOpener =
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'token'; readonly token: string; readonly store: string; readonly secretName: string }

interface WantedProjectItem extends TargetTerms {
  readonly organization: string
  readonly project: string
  readonly opener: WantedOpener
  readonly otherSecrets: 'keep' | 'refuse'
}

export interface WantedVariableGroupTarget extends WantedProjectItem {
  readonly type: 'azure-devops-variable-group'
  /** Name or id; placeholders stand as written, also in `variable`. */
  readonly variableGroup: string
  readonly variable: string
}

export interface WantedServiceConnectionTarget extends WantedProjectItem {
  readonly type: 'azure-devops-service-connection'
  /** Name or id; placeholders stand as written. */
  readonly connection: string
  readonly url: string | undefined
}

/** https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions */
const itemName = (phrase: string): z.ZodString => text(/^[^\s/\\?#%<>*|:"'][^/\\?#%<>*|"\r\n]{0,255}$/, phrase)

function fieldsFor(scope: string) {
  return {
    organization: field(organization(), {
      description: 'The organization. It need not be that of the token.',
      builtIn: '`defaults.organization`',
      examples: ['fabrikam'],
      refused: 'it is written nowhere, or `token` is of another one',
      errors: ['target-not-found'],
    }).optional(),
    project: field(itemName('the name or id of a project'), {
      description: 'The project, by its name or id.',
      examples: ['Website'],
      errors: ['target-not-found'],
    }),
    account: field(name(), {
      description: `The account that changes it, with the permission Administrator on it. The client that it signs in with needs the delegated permission \`${scope}\`; that of the Azure CLI has it.`,
      builtIn: '`defaults.account`',
      examples: ['ci-bot'],
      refused: 'there is no such account, or `token` is written, too',
      errors: ['target-denied'],
    }).optional(),
    token: field(name(), {
      description: `A managed token that changes it in place of an account, with the scope \`${scope}\`. Its value comes from its store.`,
      examples: ['deliverer'],
      refused: `there is no such token, it has no store, lacks the scope, is of another organization, or gets its own value here`,
      errors: ['target-denied'],
    }).optional(),
  } as const
}

const groupScope = 'vso.variablegroups_manage'
const connectionScope = 'vso.serviceendpoint_manage'

const groupItem = 'the name or number of a variable group'

const groupSchema = z.strictObject({
  type: field(z.literal('azure-devops-variable-group'), {
    description: 'A secret variable in a variable group of Azure Pipelines.',
  }),
  ...fieldsFor(groupScope),
  variableGroup: field(z.union([itemName(groupItem), z.int().positive()], { error: groupItem }), {
    description: `The variable group, by its name or its number. It must be there. ${placeholderNote}`,
    examples: ['build', '42'],
    refused: 'tokens that share the target would overwrite each other',
    errors: ['target-not-found'],
  }),
  variable: field(text(/^[A-Za-z_{][\w.{} -]{0,120}$/, 'a name of a variable'), {
    description: `The variable. It is made when it is not there, and always a secret. ${placeholderNote}`,
    examples: ['FEED_PAT', '"PAT_{TOKEN}"'],
  }),
  otherSecrets: field(choice(['keep', 'refuse']), {
    description:
      'What to do about other secrets of the group. A write names them without their values, and Azure DevOps is known to leave them as they are; `refuse` does without that.',
    builtIn: 'keep',
  }).optional(),
  ...targetFields,
  group: groupField((written) => `did you mean variableGroup: ${written}?`),
})

const connectionSchema = z.strictObject({
  type: field(z.literal('azure-devops-service-connection'), {
    description: 'The secret of a service connection that authenticates by `UsernamePassword` or `Token`.',
  }),
  ...fieldsFor(connectionScope),
  connection: field(itemName('the name or id of a service connection'), {
    description: `The service connection, by its name or id. It must be there. ${placeholderNote}`,
    examples: ['contoso-feed'],
    refused: 'tokens that share the target would overwrite each other',
    errors: ['target-not-found'],
  }),
  url: field(httpsUrl(), {
    description:
      'The address that the connection must lead to. It is compared before each delivery, because whoever changes the address gets the PAT.',
    builtIn: 'any address of Azure DevOps',
    examples: ['https://dev.azure.com/fabrikam'],
    errors: ['delivery-failed'],
    hint: urlHint,
  }).optional(),
  otherSecrets: field(choice(['keep', 'refuse']), {
    description:
      'What to do about a connection with another secret. A write names it without its value, and it is not known whether Azure DevOps leaves it as it is.',
    builtIn: 'refuse',
  }).optional(),
  ...targetFields,
})

interface WrittenItem {
  readonly organization?: string | undefined
  readonly project?: string | undefined
  readonly account?: string | undefined
  readonly token?: string | undefined
}

export const variableGroupTarget = targetKind<typeof groupSchema, WantedVariableGroupTarget>({
  schema: groupSchema,
  place: (written, draft) =>
    placeOf(written, draft, written.variableGroup === undefined ? undefined : String(written.variableGroup), [
      written.variable,
    ]),
  faults: (written, path, draft) => [
    ...faultsOf(written, path, draft, groupScope),
    ...braces(written.variable, [...path, 'variable'], draft),
  ],
  wanted: (written, terms, path, draft) => ({
    ...terms,
    type: 'azure-devops-variable-group',
    ...wantedItem(written, path, draft),
    variableGroup: String(written.variableGroup),
    variable: written.variable,
    otherSecrets: written.otherSecrets ?? 'keep',
  }),
})

export const serviceConnectionTarget = targetKind<typeof connectionSchema, WantedServiceConnectionTarget>({
  schema: connectionSchema,
  place: (written, draft) => placeOf(written, draft, written.connection, []),
  faults: (written, path, draft) => faultsOf(written, path, draft, connectionScope),
  wanted: (written, terms, path, draft) => ({
    ...terms,
    type: 'azure-devops-service-connection',
    ...wantedItem(written, path, draft),
    connection: written.connection,
    url: written.url,
    otherSecrets: written.otherSecrets ?? 'refuse',
  }),
})

function placeOf(
  written: WrittenItem,
  draft: Draft,
  item: string | undefined,
  more: readonly (string | undefined)[],
): string | undefined {
  const parts = [organizationOf(written, draft), written.project, item, ...more]
  if (parts.includes(undefined)) return undefined
  // Names do not regard case, but placeholders do.
  return parts
    .map((part = '') =>
      part.replaceAll(/\{\w+\}|[^{]+/g, (piece) => (piece.startsWith('{') ? piece : piece.toLowerCase())),
    )
    .join('\n')
}

function organizationOf(written: WrittenItem, draft: Draft): string | undefined {
  return written.organization ?? draft.written.defaults?.organization
}

function wantedItem(
  written: WrittenItem & { readonly project: string },
  path: Path,
  draft: Draft,
): Pick<WantedProjectItem, 'organization' | 'project' | 'opener'> {
  const place = { organization: organizationOf(written, draft) ?? '', project: written.project }
  if (written.token === undefined) {
    return { ...place, opener: { kind: 'account', account: written.account ?? draft.written.defaults?.account ?? '' } }
  }
  const entry = tokenEntry(draft, written.token)
  const store = entry === undefined ? 'absent' : storeOf(draft, entry)
  if (entry === undefined || typeof store === 'string') throw new Error(`${path.join('.')} names no token with a store`)
  const secretName = entry.written.secretName ?? written.token
  return { ...place, opener: { kind: 'token', token: written.token, store: store.value, secretName } }
}

function tokenEntry(draft: Draft, wanted: string): DraftEntry | undefined {
  return draft.entries.find(({ kind, written }) => kind === 'token' && written.name === wanted)
}

function faultsOf(written: WrittenItem, path: Path, draft: Draft, scope: string): readonly Fault[] {
  const [byAccount, byToken] = [draft.has([...path, 'account']), draft.has([...path, 'token'])]
  return [
    ...(organizationOf(written, draft) === undefined &&
    !draft.has([...path, 'organization']) &&
    !draft.has(['defaults', 'organization'])
      ? [fault(path, 'has no organization, and defaults.organization is missing', 'write organization: here')]
      : []),
    ...(byAccount && byToken
      ? [fault([...path, 'token'], 'stands beside account', 'keep one of account and token', 'key')]
      : []),
    ...(byToken ? [] : accountFaults(written, path, draft, byAccount)),
    ...(written.token === undefined ? [] : tokenFaults(written.token, written, [...path, 'token'], draft, scope)),
  ]
}

function accountFaults(written: WrittenItem, path: Path, draft: Draft, isWritten: boolean): readonly Fault[] {
  const known = draft.names('accounts')
  if (!isWritten) {
    if (draft.has(['defaults', 'account']) || known.length === 0) return []
    const remedy = `write account: ${known.length === 1 ? known[0] : `<${known.join(' | ')}>`}, or token: with a managed token`
    return [fault(path, 'names neither account nor token, and defaults.account is missing', remedy)]
  }
  const { account } = written
  if (account === undefined || known.includes(account) || known.length === 0) return []
  const at = [...path, 'account']
  const near = suggestion(account, known)
  const remedy = near === undefined ? `write ${oneOf(known)}, or add it under accounts` : `did you mean ${near}?`
  return [fault(at, `there is no account ${draft.shown(at)}`, remedy)]
}

function tokenFaults(token: string, written: WrittenItem, at: Path, draft: Draft, scope: string): readonly Fault[] {
  const entry = tokenEntry(draft, token)
  if (entry === undefined) {
    // The one that is meant may be among those that are not sound.
    if ((draft.written.tokens ?? []).some((one) => one === undefined) || draft.isFaulty(['tokens'])) return []
    const known = draft.entries.flatMap((one) => (one.kind === 'token' ? (one.written.name ?? []) : []))
    const near = suggestion(token, known)
    const remedy =
      near === undefined ? 'name a token that has a name of its own, or write account:' : `did you mean ${near}?`
    return [fault(at, `there is no token ${draft.shown(at)} with a name of its own`, remedy)]
  }
  const faults: Fault[] = []
  if (storeOf(draft, entry) === 'absent') {
    faults.push(
      fault(at, `${token} has no store from which its value could be read`, 'give it a store, or name another'),
    )
  }
  const scopes = entry.written.scopes
  const suffices = (have: string | undefined): boolean =>
    have === undefined || [fullScope, scope].includes(scopeId(have))
  if (scopes !== undefined && !scopes.some(suffices)) {
    faults.push(fault(at, `${token} lacks the scope ${scope}`, `add ${scope} to its scopes, or write account:`))
  }
  const own = inherited(draft, entry, 'organization')
  const place = organizationOf(written, draft)
  if (typeof own !== 'string' && place !== undefined && own.value.toLowerCase() !== place.toLowerCase()) {
    const remedy = `use a token of ${place}, or write account:`
    faults.push(fault(at, `${token} is a PAT of ${own.value}, and the target is in ${place}`, remedy))
  }
  return faults
}

/** Of a placeholder that does not exist, nothing would come but a variable of that very name. */
function braces(variable: string | undefined, at: Path, draft: Draft): readonly Fault[] {
  const bare = variable?.replaceAll(/\{(?:token|TOKEN|organization)\}/g, 'A')
  if (bare === undefined || !/[{}]/.test(bare)) return []
  const text = `${draft.shown(at)} would be no name of a variable`
  return [fault(at, text, 'write letters, digits and low lines, and {TOKEN} for the name of the token')]
}
