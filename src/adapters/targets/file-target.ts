import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Instant } from '../../core/time.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee, Copy, Removal, Target } from '../../ports/target.ts'
import { dotenvPart } from './dotenv-part.ts'
import type { FileFormat } from './file-format.ts'
import type { FilePart } from './file-part.ts'
import { look, replaced, told } from './shared-file.ts'
import { fingerprint } from '../fingerprint.ts'
import { gitCredentialsPart } from './git-credentials-part.ts'
import { netrcPart } from './netrc-part.ts'
import { npmrcPart } from './npmrc-part.ts'
import { nugetConfigPart } from './nuget-config-part.ts'
import { pipConfPart } from './pip-conf-part.ts'
import { filled } from '../placeholders.ts'
import { inTurn } from '../turns.ts'
import { templatePart } from './template-part.ts'

export interface FileTargetParts {
  readonly name: string
  /** Absolute; placeholders stand as written. */
  readonly path: string
  /** The permissions of a file that is made anew. */
  readonly mode: number
  readonly format: FileFormat
  readonly clock: Pick<Clock, 'elapsed'>
}

/** How often a file may change under our hands before that is a failure. */
const mostTries = 5

/**
 * A file on this machine that consumers read the value from. Only our part changes, and the file is replaced as a whole,
 * so that readers see the old one or the new one. Its permissions and owner stay, and a symbolic link goes on to point
 * where it did.
 */
export function fileTarget(parts: FileTargetParts): Target {
  const { clock, format, mode } = parts
  const pathOf = (of: Addressee): string => filled(parts.path, of)

  /** @param change the new text; undefined takes the file away, and the same text leaves it alone */
  const rewrite = async (
    of: Addressee,
    limits: Limits,
    change: (text: string | undefined) => string | undefined,
  ): Promise<void> => {
    const path = pathOf(of)
    await inTurn(path, async () => {
      for (let attempt = 1; ; attempt++) {
        const found = await look(path)
        const text = change(found.text)
        if (text === found.text) return
        if (await replaced(found, text, mode, () => assertInTime(clock, limits))) return
        if (attempt === mostTries) throw new PatrolError('delivery-failed', `${path} is changed by others all the time`)
      }
    })
  }

  const conditionOf = async (copy: Copy): Promise<Condition> => {
    const path = pathOf(copy)
    const { text } = await told(path, () => look(path))
    if (text === undefined) return { kind: 'gone', message: `there is no file ${path}` }
    const stands = partOf(format, copy, undefined).take(text)
    if (stands === undefined) return { kind: 'gone', message: `${path} holds no value for ${copy.token}` }
    if (fingerprint(stands) === copy.receipt) return { kind: 'intact' }
    return { kind: 'overwritten', message: `${path} holds another value than was delivered` }
  }

  return {
    name: parts.name,
    async deliver(consignment, limits) {
      assertInTime(clock, limits)
      const path = pathOf(consignment)
      const part = partOf(format, consignment, consignment.validTo)
      let meant: string | undefined
      const put = (text: string | undefined): string => {
        const changed = part.put(text ?? '', consignment.value.reveal())
        meant = part.take(changed)
        return changed
      }
      return told(path, async () => {
        await rewrite(consignment, limits, put)
        const stands = part.take((await look(path)).text ?? '')
        if (stands !== undefined && stands === meant) return fingerprint(stands)
        throw new PatrolError('delivery-failed', `${path} does not hold what was written just now`)
      })
    },
    inspect: conditionOf,
    async remove(copy, limits): Promise<Removal> {
      assertInTime(clock, limits)
      const condition = await conditionOf(copy)
      if (condition.kind === 'gone') return { kind: 'absent' }
      if (condition.kind !== 'intact') return { kind: 'kept', why: `${pathOf(copy)} holds another value` }
      const part = partOf(format, copy, undefined)
      const drop = (text: string | undefined): string | undefined => part.drop(text ?? '') || undefined
      await told(pathOf(copy), () => rewrite(copy, limits, drop))
      return { kind: 'removed' }
    },
    async check() {
      // What hangs on the token is made known only with the token; the directory before it is there all the same.
      const [fixed = ''] = parts.path.split('{')
      const path = fixed === parts.path ? fixed : `${fixed}-`
      await told(path, async () => {
        const found = await look(path)
        if (found.text !== undefined) await access(found.path, constants.W_OK)
        await access(dirname(found.path), constants.W_OK)
      })
    },
  }
}

function assertInTime(clock: Pick<Clock, 'elapsed'>, { sendBy }: Limits): void {
  if (clock.elapsed() > sendBy) throw new PatrolError('turn-expired', 'the turn is over; the file was not changed')
}

/** @param validTo undefined where nothing is going to be written */
function partOf(format: FileFormat, of: Addressee, validTo: Instant | undefined): FilePart {
  const fill = (text: string): string => filled(text, of)
  switch (format.kind) {
    case 'template':
      return templatePart((value) =>
        filled(format.content, of, {
          value,
          base64: Buffer.from(value).toString('base64'),
          basic: Buffer.from(`:${value}`).toString('base64'),
          validTo: validTo === undefined ? '' : new Date(validTo).toISOString(),
        }),
      )
    case 'dotenv':
      return dotenvPart(fill(format.variable))
    case 'netrc':
      return netrcPart(fill(format.machine), format.username)
    case 'git-credentials':
      return gitCredentialsPart(fill(format.url), format.username)
    case 'npmrc':
      return npmrcPart(fill(format.registry), format.username)
    case 'nuget-config':
      return nugetConfigPart(fill(format.source), format.username)
    case 'pip-conf':
      return pipConfPart(fill(format.url), format.key, format.username)
  }
}
