/**
 * As much of JSON Schema draft 7 as the published schema uses: the faults of a value, one text each. An unknown keyword
 * throws, so that the schema cannot begin to use one that nothing here looks at.
 */
export function violations(schema: unknown, value: unknown, at = ''): readonly string[] {
  const faults: string[] = []
  const add = (text: string): void => {
    faults.push(`${at === '' ? '/' : at}: ${text}`)
  }
  const object = isMapping(value) ? value : undefined
  for (const [keyword, wanted] of Object.entries(mapping(schema))) {
    switch (keyword) {
      case '$schema':
      case 'title':
      case 'description':
      case 'examples':
        break
      case 'type':
        if (!isOfType(value, String(wanted))) add(`is not of type ${String(wanted)}`)
        break
      case 'const':
        if (value !== wanted) add(`is not ${String(wanted)}`)
        break
      case 'enum':
        if (!(wanted as unknown[]).includes(value)) add(`is not one of ${String(wanted)}`)
        break
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(String(wanted), 'u').test(value)) add('does not fit the pattern')
        break
      case 'minimum':
        if (typeof value === 'number' && value < Number(wanted)) add('is too small')
        break
      case 'maximum':
        if (typeof value === 'number' && value > Number(wanted)) add('is too large')
        break
      case 'minItems':
        if (Array.isArray(value) && value.length < Number(wanted)) add('has too few entries')
        break
      case 'items':
        if (Array.isArray(value))
          for (const [index, item] of value.entries()) faults.push(...violations(wanted, item, `${at}/${index}`))
        break
      case 'required':
        for (const key of wanted as string[])
          if (object !== undefined && !Object.hasOwn(object, key)) add(`lacks ${key}`)
        break
      case 'properties':
        for (const [key, inner] of Object.entries(mapping(wanted))) {
          if (object !== undefined && Object.hasOwn(object, key))
            faults.push(...violations(inner, object[key], `${at}/${key}`))
        }
        break
      case 'additionalProperties': {
        const known = Object.keys(mapping(mapping(schema)['properties'] ?? {}))
        for (const [key, item] of Object.entries(object ?? {})) {
          if (known.includes(key)) continue
          if (wanted === false) add(`has the unknown key ${key}`)
          else faults.push(...violations(wanted, item, `${at}/${key}`))
        }
        break
      }
      case 'propertyNames':
        for (const key of Object.keys(object ?? {})) faults.push(...violations(wanted, key, `${at}/${key}`))
        break
      case 'anyOf':
      case 'oneOf': {
        const fitting = (wanted as unknown[]).filter((option) => violations(option, value, at).length === 0).length
        if (fitting === 0 || (keyword === 'oneOf' && fitting > 1)) add(`fits ${fitting} of the alternatives`)
        break
      }
      default:
        throw new Error(`the schema uses ${keyword}, which nothing here looks at`)
    }
  }
  return faults
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapping(value: unknown): Record<string, unknown> {
  if (!isMapping(value)) throw new Error(`${String(value)} is no mapping`)
  return value
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'object') return isMapping(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}
