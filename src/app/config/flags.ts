import { checkTree } from './checked.ts'
import { type Fault, fault, type Path } from './faults.ts'
import type { Loaded } from './load.ts'
import { type ConfigProblem, inOrder, problemAt } from './problems.ts'
import type { Environment } from './references.ts'
import { wantedOf } from './wanted-parts.ts'

/** The flags that say what a configuration file would. */
export interface Flags {
  readonly organizations: readonly string[]
  /** Else `TENANT_ID` of the environment. */
  readonly tenant?: string | undefined
  /** Else `*`. */
  readonly match?: string | undefined
  /** Else `renew`. */
  readonly method?: string | undefined
  readonly lifetime?: string | undefined
  readonly renewBefore?: string | undefined
  /** The address of a key vault, or a directory; `rotate` needs it. */
  readonly store?: string | undefined
  /** Who must be signed in; else `USER_NAME`. */
  readonly user?: string | undefined
}

/** How a flag is spelled on the command line. */
const spelling: Readonly<Record<keyof Flags, string>> = {
  organizations: '--organization',
  tenant: '--tenant',
  match: '--match',
  method: '--method',
  lifetime: '--lifetime',
  renewBefore: '--renew-before',
  store: '--store',
  user: '--user',
}

/** The flags that were given; beside a configuration file there must be none. */
export function givenFlags(flags: Flags): readonly string[] {
  return (Object.keys(spelling) as (keyof Flags)[])
    .filter((name) => (name === 'organizations' ? flags.organizations.length > 0 : flags[name] !== undefined))
    .map((name) => spelling[name])
}

/** Flags beside a configuration file; undefined when there are none. */
export function flagsBesideFile(flags: Flags, file: string): ConfigProblem | undefined {
  const given = givenFlags(flags)
  if (given.length === 0) return undefined
  const text = `${given.join(', ')} cannot stand beside the configuration ${file}`
  return problemAt(noPlace, { text, remedy: 'give either the flags or a configuration', severity: 'error' }, undefined)
}

/** Flags stand in no file. */
const noPlace = { line: 1, column: 1 }

/**
 * The configuration that flags and environment stand for: one account that signs in with `USER_NAME` and
 * `USER_PASSWORD`, and one rule.
 *
 * @param directory an absolute path at which a relative directory of `--store` begins
 */
export function configFromFlags(flags: Flags, environment: Environment, directory: string): Loaded {
  const tree = treeOf(flags)
  const missing = missingFrom(flags, environment)
  const about = (found: Fault): ConfigProblem => {
    const where = placeOf(found.path, flags)
    return problemAt(noPlace, { ...found, text: where === '' ? found.text : `${where}: ${found.text}` }, undefined)
  }
  // Without them nearly every value is missing, and the reasons would all be these.
  if (missing.length > 0) return { kind: 'invalid', problems: missing.map(about) }
  const label = (path: Path): string => placeOf(path, flags)
  const { draft, faults } = checkTree(tree, environment, { faults: [], spelled: () => undefined, label, directory })
  const problems = inOrder(faults.map(about))
  if (problems.some((problem) => problem.severity === 'error')) return { kind: 'invalid', problems }
  return { kind: 'ok', wanted: wantedOf(draft, undefined, problems), warnings: problems }
}

const accountName = 'account'
const storeName = 'store'

function treeOf(flags: Flags): unknown {
  const { store } = flags
  return {
    version: 1,
    accounts: {
      [accountName]: {
        tenant: flags.tenant === undefined ? '${TENANT_ID}' : literal(flags.tenant),
        ...(flags.user === undefined ? {} : { user: literal(flags.user) }),
        signIn: { method: 'password', username: '${USER_NAME}', password: '${USER_PASSWORD}' },
      },
    },
    ...(store === undefined ? {} : { stores: { [storeName]: storeOf(store) } }),
    tokens: [
      {
        match: literal(flags.match ?? '*'),
        account: accountName,
        organizations: flags.organizations.map(literal),
        method: literal(flags.method ?? 'renew'),
        ...(flags.lifetime === undefined ? {} : { lifetime: literal(flags.lifetime) }),
        ...(flags.renewBefore === undefined ? {} : { renewBefore: literal(flags.renewBefore) }),
        ...(store === undefined ? {} : { store: storeName }),
      },
    ],
  }
}

function storeOf(store: string): unknown {
  if (isAddress(store)) return { type: 'azure-key-vault', url: literal(store) }
  return { type: 'file', path: literal(store), identity: '${PATROL_AGE_IDENTITY}' }
}

function isAddress(store: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(store)
}

/** What a shell has expanded already is not expanded again. */
function literal(text: string): string {
  return text.replaceAll('${', '$${')
}

/** All that must be given and is not, in one message. */
function missingFrom(flags: Flags, environment: Environment): readonly Fault[] {
  const faults: Fault[] = []
  if (flags.organizations.length === 0) {
    faults.push(fault([], '--organization is missing', 'write --organization with the name of the organization'))
  }
  const needed = [
    'USER_NAME',
    'USER_PASSWORD',
    ...(flags.tenant === undefined ? ['TENANT_ID'] : []),
    ...(flags.store !== undefined && !isAddress(flags.store) ? ['PATROL_AGE_IDENTITY'] : []),
  ]
  const unset = needed.filter((name) => (environment.variables[name] ?? '') === '')
  if (unset.length > 0) {
    const tenant = unset.includes('TENANT_ID') ? ' (or write --tenant)' : ''
    const text = `${unset.join(', ')} ${unset.length === 1 ? 'is' : 'are'} not set`
    const remedy = `set ${unset.length === 1 ? 'it' : 'them'} in the environment${tenant}; in Azure Pipelines hand secret variables to the step under env:`
    faults.push(fault([], text, remedy))
  }
  if (flags.method === 'rotate' && flags.store === undefined) {
    const remedy = 'write --store with the address of a key vault, or a directory'
    faults.push(fault([], '--method rotate needs --store, which keeps each new value', remedy))
  }
  return faults
}

/** The flag or variable that a path of the tree came from. */
function placeOf(path: Path, flags: Flags): string {
  const [section, , key, deeper] = path
  if (section === 'accounts') {
    if (key === 'tenant') return flags.tenant === undefined ? 'TENANT_ID' : spelling.tenant
    if (key === 'user') return spelling.user
    return deeper === 'password' ? 'USER_PASSWORD' : 'USER_NAME'
  }
  if (section === 'stores') return key === 'identity' ? 'PATROL_AGE_IDENTITY' : spelling.store
  if (section !== 'tokens') return ''
  return typeof key === 'string' && Object.hasOwn(spelling, key) ? spelling[key as keyof Flags] : ''
}
