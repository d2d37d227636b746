import { mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileFormat } from '../../../src/adapters/targets/file-format.ts'
import { fileTarget } from '../../../src/adapters/targets/file-target.ts'
import type { Addressee, Target } from '../../../src/ports/target.ts'
import type { TargetWorld } from '../../contract/target.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock } from '../stores/test-clock.ts'

/** One format, with what its consumers and its owners do with it. */
export interface FormatCase {
  readonly format: FileFormat
  /** What stands in the file before, all of which must stay. */
  readonly before: string
  /** The value as a consumer reads it. */
  readonly read: (text: string, token: string) => string | undefined
}

export interface FileTargetWorld extends TargetWorld {
  readonly path: string
  reopen(path: string): Target
}

export async function fileTargetWorld({ format, before, read }: FormatCase): Promise<FileTargetWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'patrol-target-'))
  const whole = format.kind === 'template'
  const path = join(directory, whole ? '{token}.txt' : 'credentials')
  if (!whole) await writeFile(path, before, { mode: 0o644 })
  const leaks = new LeakWatch()
  const reopen = (where: string): Target =>
    leaks.over(fileTarget({ name: 'file', path: where, mode: 0o600, format, clock: testClock }))
  const placeOf = ({ token }: Addressee): string => path.replace('{token}', token)
  const textOf = async (of: Addressee): Promise<string | undefined> =>
    readFile(placeOf(of), 'utf8').catch(() => undefined)
  const held = async (of: Addressee): Promise<string | undefined> => {
    const text = await textOf(of)
    return text === undefined ? undefined : read(text, of.token)
  }
  return {
    path,
    reopen,
    target: reopen(path),
    tells: true,
    removes: true,
    apart: true,
    isReadable: true,
    elapsed: () => testClock.elapsed(),
    held,
    overwrite: async (of, value) => {
      const [text = '', now = ''] = [await textOf(of), await held(of)]
      const forms = [now, Buffer.from(now).toString('base64')]
      const other = [value, Buffer.from(value).toString('base64')]
      await writeFile(
        placeOf(of),
        forms.reduce((changed, form, index) => changed.replaceAll(form, other[index] ?? ''), text),
      )
    },
    destroy: (of) => unlink(placeOf(of)),
    ...(whole
      ? {}
      : {
          surroundings: async () => {
            const text = await readFile(path, 'utf8').catch(() => '')
            const lines = before.split('\n').filter((line) => line.trim() !== '')
            return lines.filter((line) => !text.includes(line)).join('\n')
          },
        }),
    loseThePlace: () => rm(directory, { recursive: true, force: true }),
    stop: async () => {
      await rm(directory, { recursive: true, force: true })
      leaks.check([], {})
    },
  }
}
