/** A number as it stands in tags, in digits alone; undefined for anything else. */
export function tagNumber(text: string | undefined, radix: 10 | 36): number | undefined {
  const shape = radix === 10 ? /^\d{1,15}$/ : /^[0-9a-z]{1,10}$/
  return text !== undefined && shape.test(text) ? Number.parseInt(text, radix) : undefined
}
