import { z } from 'zod'
import { choice, field, httpsUrl, text } from '../fields.ts'
import { urlHint } from '../hints.ts'
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

const npmrcSchema = z.strictObject({
  type: typeField(
    'npmrc',
    'The credentials of a feed in an `.npmrc`. Which packages come from the feed is said by lines of yours.',
  ),
  registry: field(httpsUrl(), {
    description: `The address of the feed, as \`registry=\` of the project has it. ${placeholderNote}`,
    examples: ['https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/'],
    hint: urlHint,
  }),
  username: userField,
  ...fileFields,
})

export const npmrcTarget = targetKind<typeof npmrcSchema, WantedFileTarget>({
  schema: npmrcSchema,
  place: (written, draft) => placeInFile(written, written.registry?.replace(/(?:\/registry)?\/*$/, ''), draft),
  faults: pathFaults,
  wanted: ({ username = 'patrol', ...written }, terms, _path, draft) =>
    wantedFile(written, terms, { kind: 'npmrc', registry: written.registry, username }, draft),
})

const nugetSchema = z.strictObject({
  type: typeField(
    'nuget-config',
    'The credentials of a package source in a `NuGet.Config`. The source itself is a line of yours.',
  ),
  source: field(text(/^[^\s<>&"'][^<>&"']{0,99}$/, 'the name of a package source'), {
    description: `The key of the source under \`packageSources\`. ${placeholderNote}`,
    examples: ['contoso-feed'],
  }),
  username: userField,
  ...fileFields,
})

export const nugetConfigTarget = targetKind<typeof nugetSchema, WantedFileTarget>({
  schema: nugetSchema,
  place: (written, draft) => placeInFile(written, written.source, draft),
  faults: pathFaults,
  wanted: ({ username = 'patrol', ...written }, terms, _path, draft) =>
    wantedFile(written, terms, { kind: 'nuget-config', source: written.source, username }, draft),
})

const pipSchema = z.strictObject({
  type: typeField('pip-conf', 'The address of an index with its credentials, in a `pip.conf`.'),
  url: field(httpsUrl(), {
    description: `The address of the index, without a user. ${placeholderNote}`,
    examples: ['https://pkgs.dev.azure.com/contoso/_packaging/feed/pypi/simple/'],
    hint: urlHint,
  }),
  key: field(choice(['extra-index-url', 'index-url']), {
    description: 'Under which key of `[global]` the address is added when it does not stand in the file yet.',
    builtIn: 'extra-index-url',
  }).optional(),
  username: userField,
  ...fileFields,
})

export const pipConfTarget = targetKind<typeof pipSchema, WantedFileTarget>({
  schema: pipSchema,
  place: (written, draft) => placeInFile(written, written.url?.replace(/\/*$/, ''), draft),
  faults: pathFaults,
  wanted: ({ username = 'patrol', key = 'extra-index-url', ...written }, terms, _path, draft) =>
    wantedFile(written, terms, { kind: 'pip-conf', url: written.url, key, username }, draft),
})
