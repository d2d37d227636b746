import { jsonSchema } from '../../app/config/json-schema.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'

/** `patrol schema`: the JSON Schema of patrol.yaml. */
export const schemaCommand: Command<unknown> = async ({ io }) => {
  io.stdout(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`)
  return exitCodes.done
}
