import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const memory = '/dev/shm'

/** Whether this machine has a directory in memory that everybody may write to. */
export const hasMemory = process.platform === 'linux' && existsSync(memory)

/** A directory in memory for this user alone, as a login makes one. */
export class RuntimeDirectory {
  readonly path = mkdtempSync(join(memory, 'patrol-runtime-'))

  /** The bytes of all files in it. */
  files(): readonly { readonly name: string; readonly text: string }[] {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => ({ name, text: readFileSync(join(parentPath, name), 'latin1') }))
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}
