import { PatrolError } from '../core/errors.ts'
import { plainUrlParts } from './registry-address.ts'

/** The forms in which `patrol get` gives a value, each made for one reader. */
export const valueFormats = ['value', 'env', 'header', 'json', 'npmrc', 'netrc', 'azure-pipelines', 'github'] as const
export type ValueFormat = (typeof valueFormats)[number]

/** What a form needs beside the value. */
export interface FormatNeeds {
  /** The variable of `env`, `azure-pipelines` and `github`. */
  readonly variable: string
  /** The address of the registry, for `npmrc`. */
  readonly registry: string | undefined
  /** The machine of `netrc`, without a port. */
  readonly host: string
}

/** Text for stdout, and lines for the file that the runner of GitHub Actions reads variables from. */
export interface Formatted {
  readonly stdout: string
  readonly toRunner: string
}

/** Azure DevOps does not look at the user name that stands beside a PAT, but some clients refuse an empty one. */
export const anyUser = 'patrol'

/**
 * A value in the form that its reader wants, with the escapes of that reader.
 *
 * @throws PatrolError `usage` when the form cannot carry the value, or lacks something
 */
export function formatValue(
  format: Exclude<ValueFormat, 'json'>,
  value: string,
  { variable, registry, host }: FormatNeeds,
): Formatted {
  if (format === 'value') return onStdout(value)
  refuseUnprintable(format, value)
  switch (format) {
    case 'env':
      return onStdout(`${variable}=${shellWord(value)}\n`)
    case 'header':
      return onStdout(`Authorization: Basic ${base64(`:${value}`)}\n`)
    case 'npmrc':
      return onStdout(npmrc(value, registry))
    case 'netrc':
      return onStdout(netrc(value, host))
    case 'azure-pipelines':
      return onStdout(azurePipelines(value, variable))
    case 'github':
      return github(value, variable)
  }
}

function onStdout(stdout: string): Formatted {
  return { stdout, toRunner: '' }
}

/** All forms but the plain one are made of lines, and a value with a line's end in it could add lines of its own. */
function refuseUnprintable(format: ValueFormat, value: string): void {
  if (!/\p{Cc}/u.test(value)) return
  throw new PatrolError('usage', `the value holds a control character, which the format ${format} cannot carry`, {
    remedy: 'A PAT never does. Look at what was stored with --format json.',
  })
}

/** A word of a POSIX shell, which readers of dotenv files take as well. */
function shellWord(value: string): string {
  return /^[\w./:=@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
}

/**
 * Lines for the user's `.npmrc`. `_password` is the base64 form of the PAT alone. Feeds of Azure Artifacts are asked at
 * two addresses, with and without `registry/` at the end.
 * https://learn.microsoft.com/azure/devops/artifacts/npm/npmrc
 */
function npmrc(value: string, registry: string | undefined): string {
  const { host, path } = registryParts(registry)
  const paths = path.endsWith('/npm/registry/') ? [path, path.slice(0, -'registry/'.length)] : [path]
  const password = base64(value)
  return paths
    .map((one) => {
      const key = `//${host}${one}`
      return `${key}:username=${anyUser}\n${key}:_password=${password}\n${key}:email=unused\n`
    })
    .join('')
}

/**
 * Host and path of the registry that `npmrc` is for.
 *
 * @throws PatrolError `usage` when it is missing or no plain address
 */
export function registryParts(registry: string | undefined): { readonly host: string; readonly path: string } {
  if (registry === undefined) {
    throw new PatrolError('usage', 'the format npmrc needs the address of the registry', {
      remedy: 'Name it: --registry https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/',
    })
  }
  return plainUrlParts(registry, '--registry')
}

/** Readers of netrc agree on words without quotes alone. https://everything.curl.dev/usingcurl/netrc.html */
function netrc(value: string, host: string): string {
  for (const word of [value, host]) {
    if (/^[!-~]+$/.test(word) && !/["\\#]/.test(word)) continue
    throw new PatrolError(
      'usage',
      `${word === host ? 'the host' : 'the value'} holds a character that netrc cannot carry`,
      {
        remedy: 'Name a plain host with --host, or use --format header.',
      },
    )
  }
  return `machine ${host} login ${anyUser} password ${value}\n`
}

/**
 * Commands to the agent of Azure Pipelines: the value and its form in a header are masked before the variable is set, so
 * that no line between them shows it.
 * https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 */
function azurePipelines(value: string, variable: string): string {
  const data = (text: string): string => text.replaceAll('%', '%AZP25')
  const masks = [value, base64(`:${value}`)].map((form) => `##vso[task.setsecret]${data(form)}\n`).join('')
  return `${masks}##vso[task.setvariable variable=${variable};issecret=true]${data(value)}\n`
}

/**
 * A command that masks, on stdout, and then the variable for the file that the runner reads: between two lines of which
 * the value cannot be the second.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
function github(value: string, variable: string): Formatted {
  const masks = [value, base64(`:${value}`)].map((form) => `::add-mask::${form.replaceAll('%', '%25')}\n`).join('')
  const end = value === 'PATROL_END' ? 'PATROL_END_OF_VALUE' : 'PATROL_END'
  return { stdout: masks, toRunner: `${variable}<<${end}\n${value}\n${end}\n` }
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
