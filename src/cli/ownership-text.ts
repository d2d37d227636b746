import { formText, isPatForm } from '../core/pat-form.ts'
import { visibleLine } from '../core/visible-text.ts'
import type { Asking } from '../reconcile/known-by-hash.ts'
import type { Ownership } from '../reconcile/whose.ts'
import type { Io } from './io.ts'
import { errorJson } from './json.ts'
import { type Deed, commandText } from './leak-deed.ts'
import { clean, count } from './terminal.ts'
import { table } from './text-table.ts'
import { dateText, isoText } from './time-text.ts'

// Of users of Azure DevOps: https://learn.microsoft.com/azure/devops/organizations/accounts/
const ownPage = (organization: string): string => `https://dev.azure.com/${organization}/_usersSettings/tokens`
const administratorsPage = 'https://learn.microsoft.com/azure/devops/organizations/accounts/admin-revoke-user-pats'
const entraPage = 'https://learn.microsoft.com/entra/identity/users/users-revoke-access'

/** What was made of the search for one value. */
export interface Judged {
  readonly deed: Deed | undefined
  /** Versions of the whole search that are disabled, and so could not be compared. */
  readonly disabled: number
}

/**
 * Among how many values that were ended this one may be: nobody hands those out, so they cannot be compared. None when
 * something tells whose it is, it still works, or it is no PAT.
 */
function endedAmong({ holding, known, lives, form }: Ownership, disabled: number): number {
  const isDead = lives.every(({ life }) => life !== 'alive')
  return holding === undefined && known === undefined && isDead && isPatForm(form) ? disabled : 0
}

/** What is known of one value, and what to do about it. */
export function ownershipText(
  io: Io,
  owner: Ownership,
  { deed, disabled }: Judged,
  number: number,
  of: number,
): string {
  const label = of === 1 ? 'the value' : `value ${number} of ${of}`
  const facts = factsOf(owner).map((row) => row.map(clean))
  const ended = endedAmong(owner, disabled)
  const advice = adviceLines(owner, deed, ended).map((line) => `  ${clean(line)}\n`)
  return `${clean(`${label} is ${whatText(owner, ended)}; ${stateText(owner)}`)}\n${table(facts, io.columns)}${advice.join('')}`
}

function whatText({ holding, known, lives }: Ownership, ended: number): string {
  if (holding !== undefined) return `${holding.isCurrent ? 'the current one' : 'an older one'} of ${holding.token.name}`
  const account = accountIn(lives)
  if (account !== undefined) return `a PAT of account ${account}, which no store hands out`
  if (known !== undefined) return `a PAT of ${known.user}, which no store hands out`
  if (ended > 0) return `none that a store hands out now, but may be ${endedText(ended)}`
  return 'none that a store hands out, and of no account here'
}

function endedText(ended: number): string {
  return ended === 1
    ? 'the one of a token here that was ended and cannot be compared any more'
    : `one of the ${ended} of tokens here that were ended and cannot be compared any more`
}

function accountIn(lives: Ownership['lives']): string | undefined {
  return lives.find(({ account }) => account !== undefined)?.account
}

function factsOf({ holding, known, lives, form }: Ownership): readonly (readonly string[])[] {
  if (holding !== undefined) {
    const { token, authorizationId, generation, storedAt } = holding
    return [
      ['PAT', `${authorizationId}, of account ${token.account} in ${token.organization}`],
      ['generation', generation],
      ['stored', dateText(storedAt)],
    ]
  }
  if (known !== undefined) {
    const { pat, organization, isValid } = known
    return [
      ['PAT', `${pat.authorizationId} in ${organization}, ${isValid ? 'active' : 'revoked or expired'}`],
      ['name', visibleLine(pat.displayName)],
      ['scopes', pat.scopes.join(' ')],
    ]
  }
  return accountIn(lives) === undefined ? [['form', formText(form)]] : []
}

function stateText({ lives }: Ownership): string {
  const alive = lives.filter(({ life }) => life === 'alive')
  if (alive.length > 0) return `it works in ${alive.map(({ organization }) => organization).join(', ')}`
  if (lives.length === 0) return 'it was tried nowhere'
  return lives.some(({ life }) => life === 'unknown')
    ? 'whether it works could not be seen'
    : `it was refused in ${count(lives.length, 'organization')}`
}

function adviceLines(
  { holding, known, form, lives }: Ownership,
  deed: Deed | undefined,
  ended: number,
): readonly string[] {
  if (deed !== undefined) return [commandText(deed)]
  if (holding !== undefined || known?.isValid === false) return ['nothing is left to be revoked']
  if (accountIn(lives) !== undefined) return ['patrol list  shows the PATs of that account; patrol revoke ID  ends one']
  const alive = lives.find(({ life }) => life === 'alive')?.organization ?? known?.organization
  if (alive !== undefined) {
    return [`its owner ends it at ${ownPage(alive)}`, `and an administrator of ${alive} as in ${administratorsPage}`]
  }
  switch (form.kind) {
    case 'web-token':
      return [`it ends by itself, mostly within the hour; to end what it came from: ${entraPage}`]
    case 'other':
      return ['it was shown to nobody; ask whoever may know it']
    case 'current':
    case 'old':
      return [
        ...(ended > 0 && lives.every(({ life }) => life === 'refused')
          ? ['if it is one of those, nothing is left to be revoked: it was refused']
          : []),
        `if it is of another organization, its owner ends it at ${ownPage('ORGANIZATION')}`,
        `and an administrator as in ${administratorsPage}`,
      ]
  }
}

/** What nobody can compare, because it is handed out to nobody. */
export function disabledText(versions: number): string {
  const [are, were] = versions === 1 ? ['is', 'was'] : ['are', 'were']
  return `${count(versions, 'older version')} ${are} disabled, as those of PATs that were ended, and ${were} not compared`
}

/** How far administrations could be asked, where they were not asked about everybody. */
export function askingLines(askings: readonly Asking[]): readonly string[] {
  return askings.flatMap(({ organization, account, members, failure }) => {
    if (failure === undefined) return []
    if (failure.code === 'access-denied')
      return [`${organization}: account ${account} may not see the PATs of others, so they were not compared`]
    return [`${organization}: the PATs of ${count(members, 'user')} were compared, and then: ${failure.message}`]
  })
}

export function askingJson({ organization, account, members, failure }: Asking): Readonly<Record<string, unknown>> {
  return { organization, account, members, ...(failure === undefined ? {} : errorJson(failure)) }
}

export function ownershipJson(
  owner: Ownership,
  isOurs: boolean,
  { deed, disabled }: Judged,
): Readonly<Record<string, unknown>> {
  const { holding, known, form, lives } = owner
  const authorizationId = holding?.authorizationId ?? known?.pat.authorizationId
  const ended = endedAmong(owner, disabled)
  return {
    ours: isOurs,
    form,
    ...(ended === 0 ? {} : { mayBeEnded: ended }),
    ...(authorizationId === undefined ? {} : { authorizationId }),
    ...(holding === undefined
      ? {}
      : {
          token: holding.token.name,
          account: holding.token.account,
          organization: holding.token.organization,
          generation: holding.generation,
          storedAt: isoText(holding.storedAt),
          current: holding.isCurrent,
        }),
    ...(known === undefined
      ? {}
      : {
          owner: {
            user: known.user,
            organization: known.organization,
            displayName: known.pat.displayName,
            scopes: known.pat.scopes,
            valid: known.isValid,
            ...(known.pat.validTo === undefined ? {} : { validTo: isoText(known.pat.validTo) }),
          },
        }),
    tried: lives.map(({ organization, life, account }) => ({
      organization,
      life,
      ...(account === undefined ? {} : { account }),
    })),
    ...(deed === undefined ? {} : { command: commandText(deed) }),
  }
}
