import { z } from 'zod'
import { metaOf } from './fields.ts'
import { configSchema } from './schema.ts'

/** A JSON Schema, draft 7: plain data. */
export interface JsonSchema {
  readonly [key: string]: unknown
}

const reference = String.raw`\$\{`

/**
 * The form of `patrol.yaml` for editors. It describes the file as written, so every value may also be a reference
 * (`${NAME}`); the rules between keys are not in it.
 */
export function jsonSchema(): JsonSchema {
  const generated = z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodOptional) return
      const secret = describe(zodSchema, jsonSchema)
      if (!secret && zodSchema !== configSchema.shape.version) admitReference(jsonSchema)
      // Names are keys, which hold no references.
      if (typeof jsonSchema.propertyNames === 'object') {
        jsonSchema.propertyNames = { type: 'string', pattern: namePattern(jsonSchema.propertyNames) }
      }
    },
  })
  const { $schema, ...rest } = generated
  return { $schema, title: 'The configuration of Patrol', ...rest }
}

function describe(schema: z.core.$ZodType, json: Record<string, unknown>): boolean {
  const meta = metaOf(schema)
  if (meta === undefined) return false
  json['description'] = [
    meta.description,
    meta.refused === undefined ? '' : `Refused when ${meta.refused}.`,
    meta.builtIn === undefined ? '' : `Default: ${meta.builtIn}.`,
  ]
    .filter((part) => part !== '')
    .join(' ')
  if (meta.examples !== undefined && json['type'] === 'string') json['examples'] = meta.examples.map(unquoted)
  return meta.secret === true
}

/** Examples are written as YAML, where a pattern stands in quotes. */
function unquoted(example: string): string {
  return example.replace(/^"(.*)"$/, '$1')
}

/** Widens what a text, a choice or a truth value may be by texts with a reference in them. */
function admitReference(json: Record<string, unknown>): void {
  if (json['type'] === 'string' && typeof json['pattern'] === 'string') {
    if (!json['pattern'].endsWith(`|${reference}`)) json['pattern'] = `${json['pattern']}|${reference}`
  } else if (json['type'] === 'string' && Array.isArray(json['enum'])) {
    const choices = json['enum']
    delete json['enum']
    delete json['type']
    json['anyOf'] = [
      { type: 'string', enum: choices },
      { type: 'string', pattern: reference },
    ]
  }
}

function namePattern(names: object): string {
  const pattern = 'pattern' in names ? String(names.pattern) : ''
  return pattern.replace(`|${reference}`, '')
}
