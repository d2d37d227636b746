import type { Invocation } from './invocation.ts'

/**
 * ` --config FILE` for a command line that is suggested to the person, so that it goes by the same configuration; empty
 * when it would without.
 */
export function configOption({ io, options }: Pick<Invocation, 'io' | 'options'>): string {
  const { config } = options
  return config === undefined || config === io.environment['PATROL_CONFIG'] ? '' : ` --config ${quoted(config)}`
}

/** Which configuration a variable chose, which some shell may have exported long ago; undefined when none did. */
export function sourceText({ io, options }: Pick<Invocation, 'io' | 'options'>): string | undefined {
  const file = io.environment['PATROL_CONFIG']
  const isUsed = file !== undefined && file !== '' && options.config === file
  return isUsed ? `configuration: ${file} (PATROL_CONFIG)` : undefined
}

/** A word of a command line as most shells read it. */
export function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\$`])/g, String.raw`\$1`)}"`
}
