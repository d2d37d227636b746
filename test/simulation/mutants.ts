import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A change to the text of a file that stands there exactly once, or the mutant no longer fits the code. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** One sentence of the protocol taken out of the real code. */
export interface Mutant {
  readonly name: string
  /** What the protocol says there. */
  readonly sentence: string
  readonly edits: readonly Edit[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Copies the pure code and the simulation, changes the copy, and gives a function of the copy. The program itself has no
 * switch for any of this.
 *
 * @param module the file with the function, below the project's root
 */
export async function withMutant<Found>(
  mutant: Mutant,
  module: string,
  work: (exports: Readonly<Record<string, unknown>>) => Promise<Found>,
): Promise<Found> {
  const directory = mkdtempSync(join(tmpdir(), 'patrol-mutant-'))
  for (const part of ['src/core', 'src/ports', 'src/reconcile', 'test/simulation']) {
    cpSync(join(root, part), join(directory, part), { recursive: true })
  }
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  for (const edit of mutant.edits) {
    const file = join(directory, edit.file)
    writeFileSync(file, applyEdit(readFileSync(file, 'utf8'), edit, mutant.name))
  }
  try {
    return await work((await import(pathToFileURL(join(directory, module)).href)) as Readonly<Record<string, unknown>>)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** @throws Error when the text does not stand there exactly once */
export function applyEdit(text: string, edit: Edit, name: string): string {
  const parts = text.split(edit.find)
  if (parts.length !== 2) throw new Error(`${name}: its text stands ${parts.length - 1} times in ${edit.file}`)
  return parts.join(edit.replace)
}
