import type { ConfigProblem } from '../../app/config/problems.ts'
import { readConfiguration } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import { faultsText } from '../faults-text.ts'
import { type Command, ConfigurationFaults } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { count } from '../terminal.ts'

export interface ValidateOptions {
  readonly strict?: boolean
}

/** `patrol validate`: all faults of the configuration at once, with their places. */
export const validateCommand: Command<ValidateOptions> = async (invocation, { strict }) => {
  const { io, options } = invocation
  const warnings: ConfigProblem[] = []
  const faults: ConfigProblem[] = []
  let summary = ''
  try {
    const wanted = await readConfiguration({ ...invocation, speech: { ...invocation.speech, warn: () => undefined } })
    warnings.push(...wanted.warnings)
    const parts = [
      count(wanted.tokens.length, 'token'),
      count(wanted.rules.length, 'rule'),
      count(wanted.accounts.size, 'account'),
      count(wanted.stores.size, 'store'),
    ]
    summary = `${wanted.file ?? 'the configuration'} is valid: ${parts.join(', ')}\n`
  } catch (error) {
    if (!(error instanceof ConfigurationFaults)) throw error
    faults.push(...error.faults)
  }
  const all = [...faults, ...warnings]
  if (options.json) io.stdout(jsonLine({ problems: all.map(faultJson) }))
  else {
    io.stdout(summary)
    io.stderr(faultsText(invocation.errorPen, all))
  }
  return faults.length > 0 || (strict === true && warnings.some(({ isAdvice }) => !isAdvice))
    ? exitCodes.usage
    : exitCodes.done
}

function faultJson({ isAdvice, ...fault }: ConfigProblem): Readonly<Record<string, unknown>> {
  return isAdvice ? { ...fault, advice: true } : fault
}
