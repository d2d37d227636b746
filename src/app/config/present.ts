import type { Secret } from '../../core/secret.ts'
import type { Draft } from './draft.ts'
import { type Path, pathKey } from './faults.ts'

/** The rules have seen to it that it is there; if one did not, this is a fault of ours and must not pass for a value. */
export function present<T>(value: T | undefined, path: Path): T {
  if (value === undefined) throw new Error(`the rules let ${pathKey(path)} pass without a value`)
  return value
}

/** The secret that the reference at a path stands for. */
export function secretAt(draft: Draft, path: Path): Secret {
  return present(draft.secrets.get(pathKey(path)), path)
}
