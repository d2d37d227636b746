import { z } from 'zod'
import { type Path, valueAt } from './faults.ts'
import { metaOf } from './fields.ts'
import { configSchema } from './schema.ts'

/** The schema without the wrapper that makes it optional. */
export function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? bare(schema.unwrap() as z.ZodType) : schema
}

/**
 * The schema of what stands at a path. Where keys depend on a `type` or `method`, the tree tells which holds; when it
 * is wrong there, the first alternative that has the key is taken, so that a password is known as one all the same.
 */
export function schemaAt(tree: unknown, path: Path): z.ZodType | undefined {
  let schema: z.ZodType | undefined = configSchema
  for (const [index, step] of path.entries()) {
    if (schema === undefined) return undefined
    schema = below(bare(schema), step, valueAt(tree, path.slice(0, index)))
  }
  return schema === undefined ? undefined : bare(schema)
}

/** The keys that a mapping at this path may have; empty where names are free. */
export function keysAt(tree: unknown, path: Path): readonly string[] {
  const schema = schemaAt(tree, path)
  if (schema === undefined) return []
  return shapes(schema, valueAt(tree, path))
    .slice(0, 1)
    .flatMap((shape) => Object.keys(shape))
}

export function isSecret(tree: unknown, path: Path): boolean {
  const schema = schemaAt(tree, path)
  return schema !== undefined && metaOf(schema)?.secret === true
}

type Shape = Readonly<Record<string, z.ZodType>>

function below(schema: z.ZodType, step: string | number, value: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return typeof step === 'number' ? (schema.element as z.ZodType) : undefined
  if (schema instanceof z.ZodRecord) return typeof step === 'string' ? (schema.valueType as z.ZodType) : undefined
  return shapes(schema, value).find((shape) => Object.hasOwn(shape, step))?.[step]
}

/** What mappings a schema admits, the fitting one first. */
function shapes(schema: z.ZodType, value: unknown): readonly Shape[] {
  if (schema instanceof z.ZodObject) return [schema.shape]
  if (!(schema instanceof z.ZodUnion)) return []
  const all = schema.options.flatMap((option) => shapes(option as z.ZodType, value))
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return all
  const discriminator = schema.def.discriminator
  const written = valueAt(value, [discriminator])
  const fits = (shape: Shape): boolean => shape[discriminator]?.safeParse(written).success === true
  return [...all.filter(fits), ...all.filter((shape) => !fits(shape))]
}
