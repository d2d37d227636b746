import { z } from 'zod'
import { field, httpsUrl, text } from '../fields.ts'
import { urlHint } from '../hints.ts'
import { type Fault, fault } from '../faults.ts'
import {
  fileFields,
  pathFaults,
  placeInFile,
  typeField,
  userField,
  wantedFile,
  type WantedFileTarget,
} from './file-target.ts'
import { placeholderNote } from './target-fields.ts'
import { targetKind } from './target-kind.ts'

const templateSchema = z.strictObject({
  type: typeField('file', 'A file of any form, all of which Patrol writes.'),
  content: field(text(/\S/, 'the content of the file'), {
    description: `The content, in which \`{value}\` stands for the value, \`{base64}\` for its base64 and \`{basic}\` for that of \`:value\`, as the header of basic authentication wants it. ${placeholderNote} \`{validTo}\` is the end of the PAT. Other braces stay as they are. A longer content is best a file of its own: \`\${file:./app.json.template}\`.`,
    examples: ['"{value}"', '\'{"token": "{value}", "validTo": "{validTo}"}\''],
    refused: 'it holds neither `{value}` nor `{base64}` nor `{basic}`',
  }),
  ...fileFields,
})

export const templateTarget = targetKind<typeof templateSchema, WantedFileTarget>({
  schema: templateSchema,
  place: (written, draft) => placeInFile(written, '', draft),
  faults: (written, path, draft) => {
    const faults: Fault[] = [...pathFaults(written, path, draft)]
    if (written.content !== undefined && !/\{(?:value|base64|basic)\}/.test(written.content)) {
      const text = 'holds no value: neither {value} nor {base64} nor {basic} stands in it'
      faults.push(fault([...path, 'content'], text, 'write {value} where the value belongs'))
    }
    return faults
  },
  wanted: (written, terms, _path, draft) =>
    wantedFile(written, terms, { kind: 'template', content: written.content }, draft),
})

const dotenvSchema = z.strictObject({
  type: typeField('dotenv', 'A line `NAME=value` in a file of variables.'),
  variable: field(text(/^[A-Za-z_{][A-Za-z0-9_{}]*$/, 'a name of a variable'), {
    description: `The variable. ${placeholderNote}`,
    examples: ['AZURE_DEVOPS_EXT_PAT', '"PAT_{TOKEN}"'],
  }),
  ...fileFields,
})

export const dotenvTarget = targetKind<typeof dotenvSchema, WantedFileTarget>({
  schema: dotenvSchema,
  place: (written, draft) => placeInFile(written, written.variable, draft),
  faults: (written, path, draft) => {
    const faults: Fault[] = [...pathFaults(written, path, draft)]
    const bare = written.variable?.replaceAll(/\{(?:TOKEN)\}/g, 'A')
    if (bare !== undefined && !/^[A-Za-z_]\w*$/.test(bare)) {
      const at = [...path, 'variable']
      const text = `${draft.shown(at)} would be no name of a variable`
      faults.push(fault(at, text, 'write letters, digits and low lines, and {TOKEN} for the name of the token'))
    }
    return faults
  },
  wanted: (written, terms, _path, draft) =>
    wantedFile(written, terms, { kind: 'dotenv', variable: written.variable }, draft),
})

const netrcSchema = z.strictObject({
  type: typeField('netrc', 'An entry of a `.netrc`, for curl and others.'),
  machine: field(text(/^[\w.{}-]{1,200}$/, 'the name of a host'), {
    description: `The host that gets the value. ${placeholderNote}`,
    builtIn: 'dev.azure.com',
    examples: ['pkgs.dev.azure.com'],
  }).optional(),
  username: userField,
  ...fileFields,
})

export const netrcTarget = targetKind<typeof netrcSchema, WantedFileTarget>({
  schema: netrcSchema,
  place: (written, draft) =>
    placeInFile(written, `${written.machine ?? 'dev.azure.com'} ${written.username ?? 'patrol'}`, draft),
  faults: pathFaults,
  wanted: (written, terms, _path, draft) => {
    const { machine = 'dev.azure.com', username = 'patrol' } = written
    return wantedFile(written, terms, { kind: 'netrc', machine, username }, draft)
  },
})

const gitCredentialsSchema = z.strictObject({
  type: typeField(
    'git-credentials',
    'A line of a `.git-credentials`, the file of the credential helper `store` of git.',
  ),
  url: field(httpsUrl(), {
    description: `The address that git asks for, without a user. With \`credential.useHttpPath\` it has a path. ${placeholderNote}`,
    builtIn: 'https://dev.azure.com',
    examples: ['https://dev.azure.com/contoso'],
    hint: urlHint,
  }).optional(),
  username: userField,
  ...fileFields,
})

export const gitCredentialsTarget = targetKind<typeof gitCredentialsSchema, WantedFileTarget>({
  schema: gitCredentialsSchema,
  place: (written, draft) =>
    placeInFile(written, `${written.url ?? 'https://dev.azure.com'} ${written.username ?? 'patrol'}`, draft),
  faults: pathFaults,
  wanted: (written, terms, _path, draft) => {
    const { url = 'https://dev.azure.com', username = 'patrol' } = written
    return wantedFile(written, terms, { kind: 'git-credentials', url, username }, draft)
  },
})
