import { checkTree } from './checked.ts'
import { type Fault, type Path, pathKey, valueAt } from './faults.ts'
import type { Loaded } from './load.ts'
import { type ConfigProblem, inOrder, problemAt } from './problems.ts'
import type { Environment } from './references.ts'
import { wantedOf } from './wanted-parts.ts'

/** The flags that say what a configuration file would. */
export interface Flags {
  readonly organizations: readonly string[]
  /** Else `TENANT_ID` of the environment, else that of the first organization. */
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
  return problemAt(
    noPlace,
    { text, remedy: 'give either the flags or a configuration; --no-config leaves that out', severity: 'error' },
    undefined,
  )
}

/** Flags stand in no file. */
const noPlace = { line: 1, column: 1 }

/**
 * The configuration that flags and environment stand for: one account that signs in with `USER_NAME` and
 * `USER_PASSWORD`, and one rule.
 *
 * @param directory an absolute path, where a relative directory of `--store` begins
 */
export function configFromFlags(flags: Flags, environment: Environment, directory: string): Loaded {
  const missing = missingFrom(flags, environment)
  const told = new Set(missing.flatMap(({ paths }) => paths.map(pathKey)))
  const label = (path: Path): string => placeOf(path, flags)
  const origin = { faults: [], spelled: () => undefined, label, directory, needs: 'everything' as const }
  const { draft, faults, spared } = checkTree(treeOf(flags, environment), environment, origin)
  // No flag says that the advice is known.
  const others = faults.filter((found) => !told.has(pathKey(found.path)) && !found.isAdvice)
  const problems = inOrder(
    [...missing, ...others].map((found) => {
      const where = 'path' in found ? label(found.path) : ''
      return problemAt(noPlace, { ...found, text: where === '' ? found.text : `${where}: ${found.text}` }, undefined)
    }),
  )
  if (problems.some((problem) => problem.severity === 'error')) return { kind: 'invalid', problems }
  return { kind: 'ok', wanted: wantedOf(draft, undefined, problems, spared), warnings: problems }
}

// As messages name them: "account default", "in store default".
const accountName = 'default'
const storeName = 'default'

function treeOf(flags: Flags, environment: Environment): unknown {
  const { store } = flags
  return {
    version: 1,
    accounts: {
      [accountName]: {
        ...tenantOf(flags, environment),
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

function tenantOf(flags: Flags, { variables }: Environment): { readonly tenant?: string } {
  if (flags.tenant !== undefined) return { tenant: literal(flags.tenant) }
  return (variables['TENANT_ID'] ?? '') === '' ? {} : { tenant: '${TENANT_ID}' }
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
  return text.replaceAll('${', () => '$${')
}

/** Something that must be given and is not; `paths` are where the tree lacks it. */
interface Missing extends Pick<Fault, 'text' | 'remedy' | 'severity'> {
  readonly paths: readonly Path[]
}

function missingFrom(flags: Flags, environment: Environment): readonly Missing[] {
  const found: Missing[] = []
  const add = (text: string, remedy: string, ...paths: readonly Path[]): void => {
    found.push({ text, remedy, severity: 'error', paths })
  }
  if (flags.organizations.length === 0) {
    const remedy = 'write --organization with the name of the organization'
    add('--organization is missing', remedy, ['tokens', 0, 'organizations'], ['accounts', accountName])
  }
  if (flags.method === 'rotate' && flags.store === undefined) {
    const remedy = 'write --store with the address of a key vault, or a directory'
    add('--method rotate needs --store, which keeps each new value', remedy, ['tokens', 0])
  }
  const needed: readonly (readonly [string, Path])[] = [
    ['USER_NAME', ['accounts', accountName, 'signIn', 'username']],
    ['USER_PASSWORD', ['accounts', accountName, 'signIn', 'password']],
    ['PATROL_AGE_IDENTITY', ['stores', storeName, 'identity']],
  ]
  const tree = treeOf(flags, environment)
  const unset = needed.filter(
    ([name, path]) => (environment.variables[name] ?? '') === '' && valueAt(tree, path) === `\${${name}}`,
  )
  if (unset.length > 0) {
    const names = unset.map(([name]) => name)
    const [verb, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them']
    const remedy = `set ${them} in the environment; in Azure Pipelines hand secret variables to the step under env:`
    add(`${names.join(', ')} ${verb} not set`, remedy, ...unset.map(([, path]) => path))
  }
  return found
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
