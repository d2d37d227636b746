import { PatrolError } from '../../core/errors.ts'
import { checkTree } from './checked.ts'
import { type Fault, pathKey, type Path } from './faults.ts'

/** What a new configuration begins with; what is left out becomes an example to be replaced. */
export interface TemplateParts {
  readonly organization?: string
  readonly tenant?: string
  /** The address of a key vault, or a directory for encrypted files; without it, files beside the configuration. */
  readonly store?: string
}

/** An address, as against a directory. */
export function isVaultAddress(store: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(store)
}

const organizationPath: Path = ['defaults', 'organization']
const tenantPath: Path = ['accounts', 'ci-bot', 'tenant']
const storePaths: readonly Path[] = [
  ['stores', 'store', 'url'],
  ['stores', 'store', 'path'],
]
const flagOf: ReadonlyMap<string, string> = new Map([
  [pathKey(organizationPath), '--organization'],
  [pathKey(tenantPath), '--tenant'],
  ...storePaths.map((path): [string, string] => [pathKey(path), '--store']),
])

/**
 * Judges parts by the rules that hold for a configuration, so that none is written that they refuse. References are
 * not looked at: where they are replaced is not here.
 *
 * @throws PatrolError `usage` naming every part that is wrong, by its flag
 */
export function requireSoundParts({ organization, tenant, store }: TemplateParts): void {
  const given = (text: string | undefined): string | undefined => (text?.includes('${') === true ? undefined : text)
  const origin = {
    faults: [],
    spelled: () => undefined,
    label: (path: Path) => path.join('.'),
    directory: '/',
    needs: 'stores',
  } as const
  const environment = {
    variables: {},
    readFile: (): string => {
      throw new Error('no file is read for parts of a new configuration')
    },
  }
  const { faults } = checkTree(
    {
      version: 1,
      accounts: { 'ci-bot': { tenant: given(tenant) ?? 'contoso.com', signIn: { method: 'password' } } },
      stores: { store: storeOf(given(store) ?? './secrets') },
      defaults: { organization: given(organization) ?? 'contoso' },
      tokens: [],
    },
    environment,
    origin,
  )
  const found = faults.filter((one) => one.severity === 'error' && flagOf.has(pathKey(one.path)))
  if (found.length === 0) return
  const flag = (one: Fault): string => flagOf.get(pathKey(one.path)) ?? ''
  throw new PatrolError('usage', found.map((one) => `${flag(one)}: ${one.text}`).join('; '), {
    remedy: found.map((one) => `${flag(one)}: ${one.remedy}`).join('; '),
  })
}

function storeOf(store: string): unknown {
  return isVaultAddress(store) ? { type: 'azure-key-vault', url: store } : { type: 'file', path: store }
}
