import { type Check, failed, passed, skippedAfter, warned } from '../../core/check.ts'
import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { examine } from '../../app/doctor/examine.ts'
import type { ConfigProblem } from '../../app/config/problems.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { type ConfigLessOptions, readConfiguration, withWorldOf } from '../configured.ts'
import { checksText } from '../doctor-text.ts'
import { type ExitCode, exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import { type Command, ConfigurationFaults, type Invocation } from '../invocation.ts'
import { checksJson, jsonLine } from '../json.ts'
import { knownNames } from '../unknown-name.ts'

export interface DoctorOptions extends ConfigLessOptions {
  readonly positional: readonly (string | undefined)[]
  readonly write?: boolean
  readonly strict?: boolean
}

/** `patrol doctor`: what is wrong between here and the services, from outside in. Nothing that it finds is thrown. */
export const doctorCommand: Command<DoctorOptions> = async (invocation, options) => {
  const { io, pen, speech } = invocation
  const checks = await examined(invocation, options)
  speech.quiet()
  io.stdout(invocation.options.json ? jsonLine(checksJson(checks)) : checksText(io, pen, checks))
  return codeOf(checks, options.strict === true)
}

async function examined(invocation: Invocation, options: DoctorOptions): Promise<readonly Check[]> {
  const { speech } = invocation
  const [account] = options.positional
  const read: string[] = []
  // What the configuration is warned of stands among the checks.
  const quiet = { ...invocation, speech: { ...speech, warn: () => undefined } }
  let wanted: Wanted
  try {
    wanted = await readConfiguration(quiet, options, 'everything', (path) => read.push(path))
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationFaults)) throw thrown
    return withoutConfiguration(thrown.faults.map(faultCheck))
  }
  requireAccount(account, wanted)
  const configuration = [...wanted.warnings.map(faultCheck), summaryOf(wanted)]
  try {
    return await withWorldOf(invocation, wanted, async (open) => {
      // The first was the configuration itself, and certificates are there for all to see.
      const referenced = wanted.file === undefined ? read : read.slice(1)
      const secretFiles = referenced.filter((path) => path !== wanted.tls.caFile)
      const patient = { ...open, wanted, vantage: await open.vantage(), secretFiles }
      const order = { account, write: options.write === true }
      return [...configuration, ...(await examine(patient, order))]
    })
  } catch (thrown) {
    // A proxy variable or a file of certificates that cannot be used; anything else is a fault of ours.
    const error = asPatrolError(thrown)
    if (error.code !== 'config-invalid') throw thrown
    return withoutConfiguration([...wanted.warnings.map(faultCheck), failed('configuration', {}, error)])
  }
}

function requireAccount(account: string | undefined, { accounts }: Wanted): void {
  if (account === undefined || accounts.has(account)) return
  throw new PatrolError('usage', `there is no account ${account}`, {
    remedy: knownNames(account, [...accounts.keys()]),
  })
}

function summaryOf({ file, accounts, stores, tokens, rules }: Wanted): Check {
  const parts = [
    [accounts.size, 'account'],
    [stores.size, 'store'],
    [tokens.length, 'token'],
    [rules.length, 'rule'],
  ] as const
  const counts = parts.map(([number, noun]) => `${number} ${noun}${number === 1 ? '' : 's'}`)
  return passed('configuration', {}, `${file ?? 'the flags'}: ${counts.join(', ')}`)
}

function faultCheck({ message, remedy, file, line, column, severity, isAdvice }: ConfigProblem): Check {
  const place = file === undefined ? '' : `${file}:${line}:${column}: `
  // What works, and was perhaps chosen, is nothing that --strict should count.
  if (isAdvice) return passed('configuration', {}, `${place}advice: ${message}; ${remedy}`)
  if (severity === 'warning') return warned('configuration', {}, `${place}${message}`, remedy)
  return failed('configuration', {}, new PatrolError('config-invalid', `${place}${message}`, { remedy }))
}

/** Nothing that a configuration names can be looked at without one. */
function withoutConfiguration(faults: readonly Check[]): readonly Check[] {
  const cause = faults.find(({ result }) => result === 'failed')
  const others = ['dns', 'tls', 'clock', 'sign-in', 'list-pats', 'read-store'] as const
  return [...faults, ...(cause === undefined ? [] : others.map((name) => skippedAfter(name, {}, cause)))]
}

function codeOf(checks: readonly Check[], strict: boolean): ExitCode {
  const codes = checks.flatMap(({ result, code }) =>
    result === 'failed' ? [code === undefined ? exitCodes.failed : exitCodeOf(code)] : [],
  )
  const warnings = strict && checks.some(({ result }) => result === 'warning')
  return worst([...codes, ...(warnings ? [exitCodes.failed] : [])])
}
