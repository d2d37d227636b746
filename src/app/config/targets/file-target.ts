import { resolve } from 'node:path'
import { z } from 'zod'
import type { FileFormat } from '../../../adapters/targets/file-format.ts'
import { choice, field, filePath, text } from '../fields.ts'
import type { Draft } from '../draft.ts'
import type { Fault, Path } from '../faults.ts'
import { writtenOut } from '../path-rules.ts'
import { placeholderNote, targetFields } from './target-fields.ts'
import type { TargetTerms } from './target-kind.ts'

/** All targets that are files, whatever stands in them. */
export interface WantedFileTarget extends TargetTerms {
  readonly type: 'file'
  /** Absolute; placeholders stand as written. */
  readonly path: string
  /** The permissions of a file that is made anew. */
  readonly mode: number
  readonly format: FileFormat
}

const modes = { owner: 0o600, group: 0o640, everybody: 0o644 } as const

/** The keys that every target has which is a file. */
export const fileFields = {
  path: field(filePath(), {
    description: `The file. A relative path starts at the configuration file; the directory must be there. ${placeholderNote} The value stands in the file as it is, for that is how its readers want it.`,
    examples: ['/home/build/.npmrc'],
    refused: 'tokens that share the target would overwrite each other',
    errors: ['target-not-found', 'target-denied'],
  }),
  readableBy: field(choice(['owner', 'group', 'everybody']), {
    description: 'Who may read a file that is made anew. One that is there keeps its permissions.',
    builtIn: 'owner',
  }).optional(),
  ...targetFields,
} as const

/** The user name beside a PAT, of which Azure DevOps takes any. */
export const userField = field(text(/^[\w.-]{1,100}$/, 'a user name of letters, digits, dots, hyphens and low lines'), {
  description: 'The user name beside the value. Azure DevOps takes any.',
  builtIn: 'patrol',
  examples: ['build'],
}).optional()

interface WrittenFile {
  readonly path?: string | undefined
  readonly readableBy?: keyof typeof modes | undefined
}

/** Equal for two targets that write the same part of the same file. */
export function placeInFile(written: WrittenFile, part: string | undefined, draft: Draft): string | undefined {
  if (written.path === undefined || part === undefined) return undefined
  return `${resolve(draft.directory, written.path)}\n${part}`
}

export function pathFaults(written: WrittenFile, path: Path, draft: Draft): readonly Fault[] {
  return writtenOut(draft, [...path, 'path'], written.path)
}

export function wantedFile(
  written: WrittenFile & { readonly path: string },
  terms: TargetTerms,
  format: FileFormat,
  draft: Draft,
): WantedFileTarget {
  return {
    ...terms,
    type: 'file',
    path: resolve(draft.directory, written.path),
    mode: modes[written.readableBy ?? 'owner'],
    format,
  }
}

export const typeField = <const Type extends string>(type: Type, description: string): z.ZodLiteral<Type> =>
  field(z.literal(type), { description })
