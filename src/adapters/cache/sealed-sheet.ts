import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readOwnFile, writeOwnFile } from './own-file.ts'

/** The first bytes of a file tell its form. */
const form = Buffer.from('PTC1')
const ivLength = 12
const tagLength = 16

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

/** Replaces the text under a name. */
export function writeSheet(directory: string, key: Buffer, name: string, text: string): void {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength })
  cipher.setAAD(Buffer.from(name))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  writeOwnFile(fileOf(directory, name), Buffer.concat([form, iv, cipher.getAuthTag(), sealed]))
}

function fileOf(directory: string, name: string): string {
  return join(directory, `${name}${sheetEnd}`)
}

/** How files of sheets end. */
export const sheetEnd = '.sealed'
