import { PatrolError } from '../../core/errors.ts'
import { slug } from '../../core/names.ts'
import { checkTree } from './checked.ts'
import { type Path, pathKey } from './faults.ts'

/** Ways to sign in that a new configuration can begin with. */
export const templateMethods = ['refresh-token', 'password', 'azure-cli', 'access-token'] as const
export type TemplateMethod = (typeof templateMethods)[number]

/** What a new configuration begins with; what is left out becomes an example to be replaced. */
export interface TemplateParts {
  readonly organization?: string
  readonly tenant?: string
  /** The account's user name, after which the account is called as well. */
  readonly user?: string
  /** `password` when left out. */
  readonly method?: TemplateMethod
  /** The address of a key vault, or a directory for encrypted files; without it, files beside the configuration. */
  readonly store?: string
  /** The file with the key of encrypted files; a variable of the environment when left out. */
  readonly identityFile?: string
  readonly token?: { readonly name: string; readonly scopes: readonly string[] }
}

/** An address, as against a directory. */
export function isVaultAddress(store: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(store)
}

/** What the account is called in the configuration: `ci-bot` of ci-bot@contoso.com. */
export function accountNameOf(user: string | undefined): string {
  return slug(user?.split('@', 1)[0] ?? '') || 'ci-bot'
}

type Judged = 'organization' | 'tenant' | 'user' | 'store' | 'token'

/** What is wrong with a part, or worth a word. */
export interface PartFault {
  readonly part: Judged
  readonly severity: 'error' | 'warning'
  readonly text: string
  readonly remedy: string
}

const places: readonly (readonly [Judged, Path])[] = [
  ['organization', ['defaults', 'organization']],
  ['tenant', ['accounts', 'ci-bot', 'tenant']],
  ['user', ['accounts', 'ci-bot', 'user']],
  ['store', ['stores', 'store', 'url']],
  ['store', ['stores', 'store', 'path']],
  ['token', ['tokens', 0]],
]

/**
 * Judges parts by the rules that hold for a configuration, so that none is written that they refuse. References are
 * not looked at: where they are replaced is not here.
 */
export function partFaults({ organization, tenant, user, store, token }: TemplateParts): readonly PartFault[] {
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
  const account = { tenant: given(tenant) ?? 'contoso.com', signIn: { method: 'password' } }
  const { faults } = checkTree(
    {
      version: 1,
      accounts: { 'ci-bot': given(user) === undefined ? account : { ...account, user } },
      stores: { store: storeOf(given(store) ?? './secrets') },
      defaults: { account: 'ci-bot', organization: given(organization) ?? 'contoso', store: 'store' },
      tokens: token === undefined ? [] : [token],
    },
    environment,
    origin,
  )
  return faults.flatMap(({ path, severity, text, remedy }) => {
    const place = places.find(([, prefix]) => pathKey(path.slice(0, prefix.length)) === pathKey(prefix))
    return place === undefined ? [] : [{ part: place[0], severity, text, remedy }]
  })
}

/** @throws PatrolError `usage` naming every part that is wrong, by its flag */
export function requireSoundParts(parts: TemplateParts): void {
  const found = partFaults(parts).filter(({ severity }) => severity === 'error')
  if (found.length === 0) return
  throw new PatrolError('usage', found.map(({ part, text }) => `--${part}: ${text}`).join('; '), {
    remedy: found.map(({ part, remedy }) => `--${part}: ${remedy}`).join('; '),
  })
}

function storeOf(store: string): unknown {
  return isVaultAddress(store) ? { type: 'azure-key-vault', url: store } : { type: 'file', path: store }
}
