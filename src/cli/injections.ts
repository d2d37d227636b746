import { withhold } from '../app/config/withheld-variables.ts'
import { PatrolError } from '../core/errors.ts'
import type { StoredValue } from './stored-value.ts'
import { anyUser, base64 } from './value-format.ts'
import { checkedVariable, variableFor } from './variable-name.ts'

/** What becomes of a token's value in the environment of a command. */
export type Injection =
  | { readonly kind: 'plain' | 'base64'; readonly token: string; readonly variable: string }
  | { readonly kind: 'feed'; readonly token: string; readonly url: string }

/** How `patrol exec` is told about it. */
export interface InjectionOptions {
  readonly as?: readonly string[]
  readonly env?: readonly string[]
  readonly base64?: readonly string[]
  readonly feed?: readonly string[]
  /** Variables that the command gets although they hold secrets of Patrol itself. */
  readonly pass?: readonly string[]
}

/**
 * The JSON that the credential provider of Azure Artifacts reads for NuGet, dotnet, pip and twine.
 * https://github.com/microsoft/artifacts-credprovider
 */
export const feedVariable = 'ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS'

/** https://registry.terraform.io/providers/microsoft/azuredevops/latest/docs */
const terraformToken = 'AZDO_PERSONAL_ACCESS_TOKEN'
const terraformUrl = 'AZDO_ORG_SERVICE_URL'

/**
 * Which tokens go into which variables. A token that nothing is said of goes into the variable that bears its name.
 *
 * @param names the tokens, as they were given
 * @throws PatrolError `usage` with everything that is wrong
 */
export function injectionsOf(names: readonly string[], options: InjectionOptions): readonly Injection[] {
  const faults: string[] = []
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (thrown) {
      if (!(thrown instanceof PatrolError)) throw thrown
      faults.push(thrown.message)
      return undefined
    }
  }
  for (const name of names) {
    if (name === '') faults.push('a name in the list is empty')
    if (names.indexOf(name) !== names.lastIndexOf(name)) faults.push(`${name} is named twice`)
  }
  const given = ([option, written]: readonly [Option, string]): Injection | undefined =>
    attempt(() => injectionOf(option, written, names))
  const said = [
    ...(options.as ?? []).map((written) => given(['as', written])),
    ...(options.env ?? []).map((written) => given(['env', written])),
    ...(options.base64 ?? []).map((written) => given(['base64', written])),
    ...(options.feed ?? []).map((written) => given(['feed', written])),
  ].filter((one) => one !== undefined)
  for (const variable of options.pass ?? []) attempt(() => checkedVariable(variable, '--pass'))
  const quiet = names.filter((name) => !said.some(({ token }) => token === name))
  const rest = faults.length > 0 ? [] : quiet.map((token) => plain(token, variableFor(token)))
  const all = [...said, ...rest]
  const variables = all.flatMap((one) => (one.kind === 'feed' ? [] : [one.variable]))
  for (const variable of new Set(variables)) {
    const isTaken = variable === feedVariable && all.some(({ kind }) => kind === 'feed')
    if (isTaken || variables.indexOf(variable) !== variables.lastIndexOf(variable))
      faults.push(`${variable} would hold two values`)
  }
  if (faults.length === 0) return all
  throw new PatrolError('usage', [...new Set(faults)].join('; '), {
    remedy: 'See patrol exec --help, which shows how variables are named.',
  })
}

type Option = 'as' | 'env' | 'base64' | 'feed'

function injectionOf(option: Option, written: string, names: readonly string[]): Injection {
  const { token, rest } = addressed(option, written, names)
  if (option === 'feed') {
    if (!URL.canParse(rest) || !rest.startsWith('https://'))
      throw new PatrolError('usage', '--feed needs the https address of a feed')
    return { kind: 'feed', token, url: rest }
  }
  const variable = checkedVariable(rest, `--${option}`)
  if (variable === feedVariable)
    throw new PatrolError('usage', `${feedVariable} holds addresses, too: name them with --feed`)
  return option === 'base64' ? { kind: 'base64', token, variable } : plain(token, variable)
}

function plain(token: string, variable: string): Injection {
  return { kind: 'plain', token, variable }
}

/** Takes `NAME=REST` apart; the name may be left out where there is only one. */
function addressed(option: Option, written: string, names: readonly string[]): { token: string; rest: string } {
  const [, prefix, rest = ''] = /^(?:([^=:/]+)=)?(.*)$/s.exec(written) ?? []
  const [only] = names
  if (prefix === undefined || option === 'as') {
    if (option === 'env') throw new PatrolError('usage', '--env needs NAME=VARIABLE')
    if (only === undefined || names.length > 1)
      throw new PatrolError('usage', `--${option} does not say which of the tokens it means`)
    return { token: only, rest: written }
  }
  if (!names.includes(prefix)) throw new PatrolError('usage', `--${option} names ${prefix}, which is not in the list`)
  return { token: prefix, rest }
}

/** Those that Patrol's documents have its own secrets in, whether this configuration uses them or not. */
const usualSecrets: readonly string[] = ['PATROL_AGE_IDENTITY', 'USER_PASSWORD']

/**
 * The environment without the secrets of this program: whoever has the key of a store reads all that it holds. Which they
 * were is noted in it, for a Patrol within the command.
 *
 * @param secretVariables the variables that the configuration refers to
 * @param passed those that stay all the same
 */
export function withoutOwnSecrets(
  parent: EnvironmentParts['parent'],
  secretVariables: Iterable<string>,
  passed: readonly string[],
): EnvironmentParts['parent'] {
  const own = new Set([...usualSecrets, ...secretVariables])
  return withhold(parent, (name) => own.has(name) && !passed.includes(name))
}

/** What the environment of the command is made of. */
export interface EnvironmentParts {
  readonly parent: Readonly<Record<string, string | undefined>>
  readonly injections: readonly Injection[]
  readonly values: ReadonlyMap<string, StoredValue>
  /** The address of Azure DevOps, without a slash at its end. */
  readonly azureDevOps: string
}

/**
 * The environment of the command: that of this program with the values in it.
 *
 * @throws PatrolError `usage` when a value or a variable that is there cannot be used
 */
export function environmentWith(parts: EnvironmentParts): Readonly<Record<string, string | undefined>> {
  const { parent, injections, values, azureDevOps } = parts
  const environment: Record<string, string | undefined> = { ...parent }
  const feeds: { readonly endpoint: string; readonly username: string; readonly password: string }[] = []
  for (const injection of injections) {
    const stored = values.get(injection.token)
    if (stored === undefined) continue
    const value = stored.value.reveal()
    if (value.includes('\0'))
      throw new PatrolError('usage', `the value of ${injection.token} holds a character that no variable can hold`)
    if (injection.kind === 'feed') {
      feeds.push({ endpoint: injection.url, username: anyUser, password: value })
      continue
    }
    environment[injection.variable] = injection.kind === 'base64' ? base64(value) : value
    if (injection.variable === terraformToken) environment[terraformUrl] ??= `${azureDevOps}/${stored.organization}`
  }
  if (feeds.length > 0) environment[feedVariable] = feedsText(feeds, parent[feedVariable])
  return environment
}

/** Adds our feeds to those that are there already; ours win. */
function feedsText(feeds: readonly { readonly endpoint: string }[], inherited: string | undefined): string {
  const ours = new Set(feeds.map(({ endpoint }) => endpoint))
  const others = inheritedFeeds(inherited).filter((one) => !ours.has(String((one as { endpoint?: unknown }).endpoint)))
  return JSON.stringify({ endpointCredentials: [...others, ...feeds] })
}

function inheritedFeeds(text: string | undefined): readonly object[] {
  if (text === undefined || text.trim() === '') return []
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const list =
    typeof parsed === 'object' && parsed !== null && 'endpointCredentials' in parsed
      ? parsed.endpointCredentials
      : undefined
  if (Array.isArray(list)) return list.filter((one): one is object => typeof one === 'object' && one !== null)
  throw new PatrolError('usage', `${feedVariable} is set to something other than a list of endpointCredentials`, {
    remedy: `Unset it, or correct it: {"endpointCredentials": [{"endpoint": "https://…"}]}`,
  })
}
