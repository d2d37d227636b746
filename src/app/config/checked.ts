import { type Draft, draftOf } from './draft.ts'
import { type Fault, type Path, pathKey, show, valueAt } from './faults.ts'
import { type Needs, sparedFaults } from './needs.ts'
import { type Environment, resolveReferences } from './references.ts'
import { applyRules } from './rules.ts'
import { checkShape } from './shape.ts'

/** What must be known of where a tree came from. */
export interface Origin {
  /** What is already known to be wrong. */
  readonly faults: readonly Fault[]
  /** How numbers and truth values were written. */
  readonly spelled: (path: Path) => string | undefined
  /** A path as messages name it. */
  readonly label: (path: Path) => string
  /** The directory at which relative paths begin. */
  readonly directory: string
  readonly needs: Needs
}

export interface Checked {
  readonly draft: Draft
  readonly faults: readonly Fault[]
  /**
   * Path keys of accounts that nobody can sign in as and of targets that nothing could be delivered to, which does no
   * harm to what the configuration is loaded for.
   */
  readonly spared: ReadonlySet<string>
}

/** The stages that follow the text: references, the form of each key, and the rules between keys. */
export function checkTree(tree: unknown, environment: Environment, origin: Origin): Checked {
  const { directory, label } = origin
  const resolved = resolveReferences(tree, environment, directory)
  const known = new Set([...origin.faults, ...resolved.faults].map((fault) => pathKey(fault.path)))
  const shown = (path: Path): string => {
    const written = resolved.written.get(pathKey(path))
    return written === undefined ? show(valueAt(resolved.tree, path)) : `the value of ${show(written)}`
  }
  const shaped = checkShape({ tree: resolved.tree, shown, spelled: origin.spelled }, known)
  const { secrets, secretReferences } = resolved
  const { readFile } = environment
  const parts = { written: shaped.sound, secrets, secretReferences, directory, shown, label, readFile }
  const draft = draftOf(parts, resolved.tree, shaped.faulty)
  const { needs } = origin
  const spared = needs === 'everything' ? new Set<Fault>() : sparedFaults(draft, resolved.absences, needs)
  const references = resolved.faults.filter((fault) => !spared.has(fault))
  return {
    draft,
    faults: [...origin.faults, ...references, ...shaped.faults, ...applyRules(draft)],
    spared: new Set([...spared].map(({ path }) => pathKey(path.slice(0, 2)))),
  }
}
