import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isOwnDirectory, readOwnFile, unfinished, writeOwnFile } from './own-file.ts'

/** The first bytes of a file tell its form. */
const form = Buffer.from('PTC1')
const ivLength = 12
const tagLength = 16
const sheetEnd = '.sealed'

/**
 * The name of the sheet for a subject. Only who has the key can tell the subject, or make the name of another.
 *
 * @param subject what the sheet depends on, in parts that cannot run into each other
 */
export function sheetName(key: Buffer, subject: readonly string[]): string {
  return createHmac('sha256', key).update(JSON.stringify(subject)).digest('hex')
}

/** Text under a name, sealed with AES-256-GCM and bound to the name; undefined when there is none that opens. */
export function readSheet(directory: string, key: Buffer, name: string): string | undefined {
  const bytes = readOwnFile(fileOf(directory, name))
  const head = form.length + ivLength + tagLength
  if (bytes === undefined || bytes.length < head || !bytes.subarray(0, form.length).equals(form)) return undefined
  try {
    const iv = bytes.subarray(form.length, form.length + ivLength)
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength })
    decipher.setAAD(Buffer.from(name))
    decipher.setAuthTag(bytes.subarray(form.length + ivLength, head))
    return Buffer.concat([decipher.update(bytes.subarray(head)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** No sheet counts for longer, in milliseconds. */
const longestLife = 3_600_000

/** Replaces the text under a name, and removes sheets that are too old to count: their subject may never come again. */
export function writeSheet(directory: string, key: Buffer, name: string, text: string): void {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength })
  cipher.setAAD(Buffer.from(name))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  writeOwnFile(fileOf(directory, name), Buffer.concat([form, iv, cipher.getAuthTag(), sealed]))
  const writtenAt = lstatSync(fileOf(directory, name)).mtimeMs
  for (const other of sheetsIn(directory)) {
    const stats = lstatSync(join(directory, other), { throwIfNoEntry: false })
    if (stats !== undefined && stats.mtimeMs < writtenAt - longestLife) rmSync(join(directory, other), { force: true })
  }
}

/** The names of all files of sheets, half-written ones included; none where the directory is not this user's. */
export function sheetsIn(directory: string): readonly string[] {
  if (!isOwnDirectory(directory)) return []
  return readdirSync(directory).filter((name) => name.endsWith(sheetEnd) || name.endsWith(unfinished))
}

function fileOf(directory: string, name: string): string {
  return join(directory, `${name}${sheetEnd}`)
}
