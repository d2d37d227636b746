// Writes what follows from the program itself: patrol.schema.json for editors, and for people docs/config.md and
// docs/errors.md. With --check it writes nothing and fails when one of them is not current. --into DIR takes another
// directory than that of the project.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { metaOf } from '../src/app/config/fields.ts'
import { jsonSchema } from '../src/app/config/json-schema.ts'
import { configSchema } from '../src/app/config/schema.ts'
import { bare } from '../src/app/config/schema-walk.ts'
import { initTemplate } from '../src/app/config/template.ts'
import { exitCodeOf } from '../src/cli/exit-code.ts'
import { type ErrorCode, remedies } from '../src/core/errors.ts'
import { knownScopes } from '../src/core/scope-catalogue.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean' }, into: { type: 'string' } } })
const root = resolve(values.into ?? join(import.meta.dirname, '..'))

const files: readonly (readonly [string, string])[] = [
  ['patrol.schema.json', `${JSON.stringify(jsonSchema(), undefined, 2)}\n`],
  ['docs/config.md', reference()],
  ['docs/errors.md', errorPage()],
]
for (const [name, content] of files) {
  const path = join(root, name)
  if (values.check !== true) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  } else if (current(path) !== content) {
    console.error(`${name} is not current: run npm run generate`)
    process.exitCode = 1
  }
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function reference(): string {
  return [
    introduction(),
    ...section('The top level', configSchema),
    '## Scopes\n',
    'Scopes that Azure DevOps is known to grant to PATs. Both ways to write one mean the same. Another id that begins with `vso.` is asked for as it stands, with a warning. A scope includes those in the last column and what they include; `app_token` includes all.\n',
    ...scopeTable(),
  ].join('\n')
}

function errorPage(): string {
  const rows = Object.entries(remedies).map(
    ([code, remedy]) =>
      `| \`${code}\` | ${exitCodeOf(code as ErrorCode)} | ${remedy.replaceAll('|', String.raw`\|`)} |`,
  )
  return [
    '# Errors',
    '',
    'This page is made from `src/core/errors.ts` by `npm run generate`.',
    '',
    'Whatever fails has a code, a message and a remedy. At a terminal the code stands in brackets behind the message, and what to',
    'do below it; with `--json` they are `error.code`, `error.message` and `error.remedy`, also within `results`. Scripts go by the',
    'code: messages and remedies may change. Where more is known than the code says, a more exact remedy is told than that of this',
    'table.',
    '',
    'The number is the exit code when something failed for it; a run that was interrupted ends with 129, 130 or 143 all the same.',
    'Under `problems` the same codes tell what a person should know, and most of those turn no exit code.',
    '[When things go wrong](when-things-go-wrong.md) has more on some of them.',
    '',
    '| code | exit code | what to do |',
    '| --- | ---: | --- |',
    ...rows,
    '',
  ].join('\n')
}

function scopeTable(): readonly string[] {
  const quoted = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(', ')
  const rows = knownScopes.map(
    ({ id, friendly, title, includes }) => `| \`${friendly}\` | \`${id}\` | ${title} | ${quoted(includes)} |`,
  )
  return [['| friendly name | id | in Azure DevOps | includes |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')]
}

/** A mapping with its keys, then the mappings below it, each in a section of its own. */
function section(title: string, schema: z.ZodType, path = ''): readonly string[] {
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => {
      if (option instanceof z.ZodUnion) return section(title, option, path)
      const shape = option instanceof z.ZodObject ? (option.shape as Record<string, z.ZodType>) : undefined
      if (shape === undefined) return []
      const kinds = ['method', 'type'].flatMap((key) => {
        const kind = shape[key]
        return kind instanceof z.ZodLiteral ? [` with \`${key}: ${String(kind.value)}\``] : []
      })
      return section(`${title}${kinds.join('')}`, option as z.ZodType, path)
    })
  }
  if (!(schema instanceof z.ZodObject)) return []
  const lines = [`## ${title}\n`]
  const below: string[] = []
  for (const [key, value] of Object.entries<z.ZodType>(schema.shape)) {
    const inner = bare(value)
    const place = path === '' ? key : `${path}.${key}`
    lines.push(...entry(place, key, value, inner))
    below.push(...nested(place, inner))
  }
  return [...lines, ...below]
}

function nested(place: string, inner: z.ZodType): readonly string[] {
  if (inner instanceof z.ZodRecord)
    return section(`\`${place}.<name>\``, inner.valueType as z.ZodType, `${place}.<name>`)
  if (inner instanceof z.ZodArray) return section(`An entry of \`${place}\``, inner.element as z.ZodType, `${place}[]`)
  return section(`\`${place}\``, inner, place)
}

function entry(place: string, key: string, schema: z.ZodType, inner: z.ZodType): readonly string[] {
  const meta = metaOf(inner)
  const required = schema instanceof z.ZodOptional ? 'may be left out' : 'must be written'
  const facts = [
    `- ${formOf(inner)}${meta?.secret === true ? ' (a secret)' : ''}; ${meta?.builtIn === undefined ? required : `default: ${meta.builtIn}`}.`,
    ...(meta?.examples ?? []).map((example) => `- Example: \`${key}: ${example}\``),
    ...(meta?.refused === undefined ? [] : [`- \`config-invalid\` when ${meta.refused}.`]),
    ...(meta?.errors === undefined
      ? []
      : [`- What can go wrong in a run: ${meta.errors.map((code) => `\`${code}\``).join(', ')}.`]),
  ]
  return [`### \`${place}\`\n`, ...(meta === undefined ? [] : [`${meta.description}\n`]), `${facts.join('\n')}\n`]
}

/** What a value looks like, in the words of the message that refuses another one. */
function formOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodLiteral) return `\`${String(schema.value)}\``
  if (schema instanceof z.ZodObject || schema instanceof z.ZodDiscriminatedUnion) return 'A mapping'
  if (schema instanceof z.ZodRecord) return 'A mapping of names'
  const phrase = schema.safeParse(undefined).error?.issues[0]?.message ?? ''
  return phrase.charAt(0).toUpperCase() + phrase.slice(1)
}

function introduction(): string {
  const example = initTemplate({
    organization: 'contoso',
    tenant: '11111111-2222-3333-4444-555555555555',
    store: 'https://contoso.vault.azure.net',
  })
  return `# The configuration

This page is written by \`npm run generate\` from the schema that checks the file. \`patrol schema\` prints the same schema
for editors, \`patrol init\` prints a file to begin with, and \`patrol validate\` checks yours.

\`\`\`yaml
${example.trimEnd()}
\`\`\`

## How it is written

The file is YAML 1.2 in UTF-8. Every key is known: another one is an error, as is one that stands twice. \`yes\` and \`on\`
are texts, not truth values. Anchors and aliases work, merge keys (\`<<\`) and tags do not. Examples use one line per key,
because \`{ username: \${USER_NAME} }\` is not YAML: the reference ends at its own brace. In quotes it works.

**Durations** are a whole number and a unit: \`90s\`, \`15m\`, \`12h\`, \`30d\`.

**References** are replaced once, inside single values: what comes in is not searched again.

| written | becomes |
| --- | --- |
| \`\${NAME}\` | the variable of the environment; not set or empty is an error |
| \`\${NAME:-default}\` | the same, or the default when it is not set or empty; not for secrets |
| \`\${file:/run/secrets/x}\` | the content of the file without one line break at its end; a relative path starts at the configuration file |
| \`$\${\` | the two characters \`\${\` themselves |

**Secrets** are always references and nothing but one: a literal is refused, because it would stand in the repository for
all to read. So is a value of the form \`$(name)\`, in any place: Azure Pipelines leaves that when the variable \`name\` is not
defined. No message shows a secret, and a value from the environment that does not fit is named by its variable.

**Times that depend on others** have defaults that fit: \`renewBefore\` is a third of \`lifetime\`; \`overlap\` is 48h, and
where that is not shorter than \`renewBefore\`, a third of \`renewBefore\`; \`turnLimit\` is a quarter of \`orphanAfter\`. What
you write yourself is never adjusted: when it does not fit, that is an error. One exception: an entry that only extends
(\`method: renew\` without a store) has no overlap, and takes no harm from a long one in \`defaults\`.

## How faults are told

All at once, with file, line and column, and what to write instead; exit code 2. Warnings do not stop anything.

\`\`\`text
patrol.yaml:22:15: error tokens[package-feed].lifetime: 400d is longer than 365d, the most that Azure DevOps grants
  write at most 365d
\`\`\`

## Without a file

\`patrol apply --organization contoso --tenant contoso.onmicrosoft.com --match '*' --method renew --lifetime 60d\` builds the
same configuration from flags: one account that signs in with \`USER_NAME\` and \`USER_PASSWORD\` from the environment (and
\`TENANT_ID\` where there is no \`--tenant\`), and one rule. \`--method rotate\` needs \`--store\` with the address of a key vault,
or a directory, whose files \`PATROL_AGE_IDENTITY\` opens. Such flags beside a configuration file are an error.
`
}
