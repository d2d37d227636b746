import { describe, expect, test } from 'vitest'
import { leakedValues } from '../../src/core/leaked-values.ts'

/** Made here, so that no scanner takes the file for a leak. */
const pat = `${'aB3'.repeat(25)}cAZDOd4E5`
const other = `${'zY7'.repeat(25)}xAZDOw9V8`
const old = `${'ab2'.repeat(17)}c`

function found(text: string): readonly string[] {
  return leakedValues(text, (base64) => Buffer.from(base64, 'base64').toString('latin1'))
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}

describe.each([
  ['of 84 characters', pat],
  ['of 52 characters', old],
])('a PAT %s', (_, value) => {
  test.each([
    ['alone', (text: string) => text],
    ['in a URL', (text: string) => `git clone https://x:${text}@dev.azure.com/contoso/_git/app`],
    ['behind the name of a variable', (text: string) => `AZURE_PAT=${text}\n`],
    ['between underscores', (text: string) => `_${text}_`],
    ['in quotes', (text: string) => `{"password": "${text}"}`],
    ['in a header, behind an empty user', (text: string) => `Authorization: Basic ${encoded(`:${text}`)}`],
    ['in a header, behind a user', (text: string) => `Authorization: Basic ${encoded(`build:${text}`)}\r\n`],
    ['in base64 without its padding', (text: string) => `"${encoded(`u:${text}`).replaceAll('=', '')}"`],
    [
      'in base64 of all its lengths',
      (text: string) => ['', 'a', 'ab'].map((user) => encoded(`${user}:${text}`)).join(' '),
    ],
  ])('is found %s', (_place, around) => {
    expect(found(around(value))).toEqual([value])
  })

  test.each([
    ['a character before it', (text: string) => `q${text}`],
    ['a capital before it', (text: string) => `Q${text}`],
    ['a digit before it', (text: string) => `9${text}`],
    ['a character behind it', (text: string) => `${text}q`],
    ['a capital behind it', (text: string) => `${text}Q`],
    ['a digit behind it', (text: string) => `${text}9`],
    ['its first character missing', (text: string) => text.slice(1)],
    ['its last character missing', (text: string) => text.slice(0, -1)],
    ['a dash in it', (text: string) => `${text.slice(0, 20)}-${text.slice(21)}`],
  ])('is none with %s', (_fault, made) => {
    expect(found(made(value))).toEqual([])
  })
})

test('84 characters without the mark of Azure DevOps in its place are no PAT', () => {
  expect(found(pat.replace('AZDO', 'azdo'))).toEqual([])
  expect(found(`AZDO${pat.replace('AZDO', '')}`)).toEqual([])
})

test.each(['0', '1', '8', '9', 'A'])(
  '52 characters with %s among them are no PAT, for base32 has none',
  (character) => {
    expect(found(old.slice(0, -1) + character)).toEqual([])
  },
)

test('each is told once, in the order of the text, what was decoded after what stood in plain', () => {
  const text = `${encoded(`:${other}`)} ${old} ${pat} ${old} ${encoded(`:${pat}`)}`
  expect(found(text)).toEqual([old, pat, other])
})

test('only what may be base64 as a whole is decoded', () => {
  const decoded: string[] = []
  const look = (text: string): void => {
    leakedValues(text, (base64) => {
      decoded.push(base64)
      return ''
    })
  }
  const [shortest, longest] = ['Ab+/'.repeat(17), 'Ab+/'.repeat(100)]
  for (const text of [shortest, longest, `${shortest}=`, `${shortest}==`]) look(`>${text}<`)
  expect(decoded).toEqual([shortest, longest, `${shortest}=`, `${shortest}==`])
  decoded.length = 0
  for (const text of [shortest.slice(1), `${longest}A`, `${shortest}===`, `-${'Ab-_'.repeat(40)}`]) look(`>${text}<`)
  expect(decoded).toEqual([])
})
