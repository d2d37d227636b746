import type { Invocation } from './invocation.ts'

/**
 * ` --config FILE` for a command line that is suggested to the person, so that it goes by the same configuration; empty
 * when it would without.
 */
export function configOption({ io, options }: Pick<Invocation, 'io' | 'options'>): string {
  const { config } = options
  return config === undefined || config === io.environment['PATROL_CONFIG'] ? '' : ` --config ${quoted(config)}`
}

/** A word of a command line as most shells read it. */
export function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\$`])/g, String.raw`\$1`)}"`
}
