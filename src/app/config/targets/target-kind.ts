import type { z } from 'zod'
import type { Verification } from '../../../core/token.ts'
import type { Draft } from '../draft.ts'
import type { Fault, Path } from '../faults.ts'
import type { Sound } from '../shape.ts'

/** What every target wants, whatever its type. */
export interface TargetTerms {
  readonly name: string
  /** From 1 on: a later group waits for those before it. */
  readonly group: number
  /** How the new PAT must be let in after it was delivered here. */
  readonly proof: Verification | undefined
}

/** One type of target: what can be written, and what it means. Each has a file of its own, and a line in `kinds.ts`. */
export interface TargetKind<Schema extends z.ZodType, Wanted extends TargetTerms> {
  /** With `type`, and with `targetFields`. */
  readonly schema: Schema
  /**
   * Where the copy goes, as text in which placeholders stand as they were written: equal texts are one place. Undefined
   * when every copy is told apart by itself, or when it is not known.
   */
  place(written: Sound<z.input<Schema>>, draft: Draft): string | undefined
  /** What must hold beyond the form of single keys; `path` is that of the target. */
  faults(written: Sound<z.input<Schema>>, path: Path, draft: Draft): readonly Fault[]
  /** What a target without faults asks for. Paths are made absolute, secrets are `Secret`. */
  wanted(written: z.input<Schema>, terms: TargetTerms, path: Path, draft: Draft): Wanted
}

/** Lets each kind be written down with its own types. */
export function targetKind<Schema extends z.ZodType, Wanted extends TargetTerms>(
  kind: TargetKind<Schema, Wanted>,
): TargetKind<Schema, Wanted> {
  return kind
}
