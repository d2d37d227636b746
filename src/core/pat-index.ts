import { type Mark, markOf } from './names.ts'
import type { Pat } from './pat.ts'

/** A PAT with its mark taken apart. */
interface Marked {
  readonly pat: Pat
  readonly mark: Mark
}

/**
 * A list of PATs by what it is asked for. Every token asks the list of its organization, so that without an index a
 * thousand tokens would take apart a million display names.
 */
export class PatIndex {
  readonly #byId = new Map<string, Pat>()
  readonly #byInstallation = new Map<string, Marked[]>()
  readonly #byBase = new Map<string, Pat[]>()

  constructor(pats: readonly Pat[]) {
    for (const pat of pats) {
      if (!this.#byId.has(pat.authorizationId)) this.#byId.set(pat.authorizationId, pat)
      const mark = markOf(pat.displayName)
      if (mark === undefined) continue
      append(this.#byInstallation, mark.installation, { pat, mark })
      append(this.#byBase, mark.base, pat)
    }
  }

  byId(authorizationId: string | undefined): Pat | undefined {
    return authorizationId === undefined ? undefined : this.#byId.get(authorizationId)
  }

  /** The PATs with this installation's mark, in the order of the list. */
  byInstallation(installation: string): readonly Marked[] {
    return this.#byInstallation.get(installation) ?? []
  }

  /** The marked PATs with this display name, in the order of the list. */
  byBase(displayName: string): readonly Pat[] {
    return this.#byBase.get(displayName) ?? []
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

const known = new WeakMap<readonly Pat[], PatIndex>()

/** The index of a list that does not change any more; made once for each. */
export function indexed(pats: readonly Pat[]): PatIndex {
  const index = known.get(pats) ?? new PatIndex(pats)
  known.set(pats, index)
  return index
}
