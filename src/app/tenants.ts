import type { TenantSource } from '../adapters/entra/entra-authority.ts'
import { PatrolError } from '../core/errors.ts'
import type { WantedAccount } from './config/wanted.ts'

/** The tenants of accounts: as they are written, or else found once in a run, when somebody first signs in. */
export class Tenants {
  readonly #discover: (organization: string) => Promise<string>
  readonly #found = new Map<string, Promise<string>>()

  /** @param discover asks for the tenant of an organization */
  constructor(discover: (organization: string) => Promise<string>) {
    this.#discover = discover
  }

  of({ name, tenant, organizations }: Pick<WantedAccount, 'name' | 'tenant' | 'organizations'>): TenantSource {
    return async () => {
      if (tenant !== undefined) return tenant
      const [organization] = organizations
      if (organization === undefined) {
        throw new PatrolError('config-invalid', `account ${name} has no tenant, and no organization that tells it`)
      }
      return this.#find(organization.toLowerCase())
    }
  }

  /** That nobody answered is not remembered: a bad minute must not fail those who ask later. */
  #find(organization: string): Promise<string> {
    const known = this.#found.get(organization)
    if (known !== undefined) return known
    const asked = this.#discover(organization)
    this.#found.set(organization, asked)
    asked.catch(() => this.#found.delete(organization))
    return asked
  }
}
