import { z } from 'zod'
import type { GithubIdentity } from '../../../adapters/targets/github-client.ts'
import type { GithubPlace } from '../../../adapters/targets/github-secret.ts'
import { isPrivateKey } from '../../../adapters/targets/private-key.ts'
import type { Draft } from '../draft.ts'
import { choice, field, httpsUrl, secretReference, text } from '../fields.ts'
import { type Fault, fault, type Path, pathKey } from '../faults.ts'
import { urlHint } from '../hints.ts'
import { secretAt } from '../present.ts'
import { placeholderNote, targetFields } from './target-fields.ts'
import { targetKind, type TargetTerms } from './target-kind.ts'

const publicApi = 'https://api.github.com'

/** https://docs.github.com/actions/security-for-github-actions/security-guides/using-secrets-in-github-actions#naming-your-secrets */
const secretPattern = /^(?!GITHUB_)[A-Za-z_{][A-Za-z0-9_{}]{0,199}$/i

const idPhrase = 'the number of an installation'

const appSchema = z.strictObject({
  id: field(
    z.union([
      z.int().min(1, { error: 'the id or client id of an App' }),
      text(/^\d+$|^Iv[\w.-]+$/, 'the id or client id of an App'),
    ]),
    { description: 'The id or the client id of the App.', examples: ['123456', 'Iv23liABCDEF'] },
  ),
  privateKey: field(secretReference(), {
    description: 'A private key of the App (PEM).',
    examples: ['${file:/run/secrets/github-app.pem}'],
    refused: 'it is no PEM text of a private key',
    errors: ['target-denied'],
    secret: true,
  }),
  installation: field(
    z.union([z.int().min(1, { error: idPhrase }), text(/^[1-9]\d*$/, idPhrase)], { error: idPhrase }),
    {
      description: 'The installation of the App.',
      builtIn: 'it is looked for',
      examples: ['7654321'],
    },
  ).optional(),
})

const schema = z.strictObject({
  type: field(z.literal('github-secret'), {
    description: 'A secret of GitHub Actions, of a repository, an environment or an organization.',
  }),
  repository: field(text(/^[\w.{}-]+\/[\w.{}-]+$/, 'a repository such as contoso/app'), {
    description: `The repository, with its owner. ${placeholderNote}`,
    examples: ['contoso/app'],
    refused: '`organization` is written, too, or neither is',
    errors: ['target-not-found', 'target-denied'],
  }).optional(),
  environment: field(text(/^\S(?:.{0,253}\S)?$/, 'the name of an environment'), {
    description: `The environment of the repository whose secret it is. ${placeholderNote}`,
    builtIn: 'none: the secret is that of the repository',
    examples: ['production'],
    refused: '`repository` is not written',
    errors: ['target-not-found'],
  }).optional(),
  organization: field(text(/^[\w{}-]+$/, 'the name of an organization at GitHub'), {
    description: `The organization at GitHub whose secret it is. ${placeholderNote}`,
    examples: ['contoso'],
    refused: '`repository` is written, too, or neither is',
    errors: ['target-not-found', 'target-denied'],
  }).optional(),
  visibility: field(choice(['all', 'private', 'selected']), {
    description:
      'Which repositories of the organization see the secret: all, the private and internal ones, or those under `repositories`.',
    builtIn: 'as it is; `private` when the secret is made, and `selected` beside `repositories`',
    refused: '`organization` is not written, or it does not go with `repositories`',
  }).optional(),
  repositories: field(
    z
      .array(
        field(text(/^[\w.-]+$/, 'the name of a repository, without its owner'), { description: 'A repository.' }),
        {
          error: 'a list of names of repositories',
        },
      )
      .min(1, { error: 'a list with at least one repository' }),
    {
      description: 'The repositories of the organization that see the secret. Each delivery sets them.',
      builtIn: 'as they are',
      examples: ['[app, web]'],
      refused: '`organization` is not written, or `visibility` is not `selected`',
      errors: ['target-not-found'],
    },
  ).optional(),
  secret: field(
    text(secretPattern, 'a name of letters, digits and low lines that begins with no digit and not with GITHUB_'),
    {
      description: `The name of the secret. ${placeholderNote}`,
      examples: ['AZURE_DEVOPS_PAT', '"PAT_{TOKEN}"'],
      refused: 'braces hold anything but `TOKEN`',
    },
  ),
  apiUrl: field(httpsUrl(), {
    description:
      'The address of the API. For GitHub Enterprise Server that is `https://HOST/api/v3`, with data residency `https://api.NAME.ghe.com`.',
    builtIn: publicApi,
    examples: ['https://github.contoso.example/api/v3'],
    refused: 'it is the address of the web pages',
    errors: ['target-unreachable'],
    hint: urlHint,
  }).optional(),
  token: field(secretReference(), {
    description: 'A token that may write secrets; best a fine-grained one. In place of `app`.',
    examples: ['${GITHUB_SECRETS_TOKEN}'],
    refused: '`app` is written, too, or neither is',
    errors: ['target-denied'],
    secret: true,
  }).optional(),
  app: field(appSchema, {
    description: 'A GitHub App with the permission to write secrets, in place of `token`.',
  }).optional(),
  ...targetFields,
})

export interface WantedGithubSecret extends TargetTerms {
  readonly type: 'github-secret'
  /** Without a slash at its end. */
  readonly apiUrl: string
  readonly identity: GithubIdentity
  readonly place: GithubPlace
  readonly secret: string
}

export const githubSecretTarget = targetKind<typeof schema, WantedGithubSecret>({
  schema,
  place: ({ apiUrl, repository, organization, environment, secret }) => {
    const owner = repository ?? organization
    if (owner === undefined || secret === undefined) return undefined
    // GitHub tells no names apart by case.
    return [apiUrl ?? publicApi, owner, environment ?? '', secret].join('\n').toLowerCase()
  },
  faults: (written, path, draft) => {
    const at = (key: string): Path => [...path, key]
    const has = (key: string): boolean => draft.has(at(key))
    const faults: Fault[] = [
      ...oneOfBoth(['repository', 'organization'], path, draft),
      ...oneOfBoth(['token', 'app'], path, draft),
    ]
    if (has('environment') && !has('repository')) {
      faults.push(
        fault(at('environment'), 'is part of a repository', 'write repository:, or remove environment', 'key'),
      )
    }
    for (const key of ['visibility', 'repositories'].filter((name) => has(name) && !has('organization'))) {
      faults.push(
        fault(at(key), 'is only for secrets of an organization', `write organization:, or remove ${key}`, 'key'),
      )
    }
    if (written.visibility === 'selected' && !has('repositories')) {
      faults.push(fault(at('visibility'), 'names no repositories', 'write them under repositories'))
    } else if (written.visibility !== undefined && written.visibility !== 'selected' && has('repositories')) {
      const remedy = 'write visibility: selected, or remove repositories'
      faults.push(fault(at('repositories'), `is not used with visibility: ${written.visibility}`, remedy, 'key'))
    }
    if (written.secret !== undefined && /[{}]/.test(written.secret.replaceAll('{TOKEN}', ''))) {
      const text = `${draft.shown(at('secret'))} would be no name of a secret`
      faults.push(
        fault(at('secret'), text, 'write letters, digits and low lines, and {TOKEN} for the name of the token'),
      )
    }
    return [...faults, ...addressFaults(written.apiUrl, at('apiUrl'), draft), ...keyFaults(at('app'), draft)]
  },
  wanted: (written, terms, path, draft) => ({
    ...terms,
    type: 'github-secret',
    apiUrl: (written.apiUrl ?? publicApi).replace(/\/+$/, ''),
    identity:
      written.app === undefined
        ? { kind: 'token', token: secretAt(draft, [...path, 'token']) }
        : {
            kind: 'app',
            id: String(written.app.id),
            privateKey: secretAt(draft, [...path, 'app', 'privateKey']),
            installation: written.app.installation === undefined ? undefined : Number(written.app.installation),
          },
    place: placeOf(written),
    secret: written.secret,
  }),
})

function placeOf({ repository, environment, organization, ...written }: z.input<typeof schema>): GithubPlace {
  if (repository === undefined) {
    const { visibility, repositories } = written
    const seenBy = repositories === undefined ? visibility : { repositories }
    return {
      kind: 'organization',
      organization: organization ?? '',
      visibility: seenBy === 'selected' ? undefined : seenBy,
    }
  }
  return environment === undefined
    ? { kind: 'repository', repository }
    : { kind: 'environment', repository, environment }
}

/** Exactly one of two keys is written. */
function oneOfBoth([one, other]: readonly [string, string], path: Path, draft: Draft): readonly Fault[] {
  const [hasOne, hasOther] = [draft.has([...path, one]), draft.has([...path, other])]
  if (hasOne && hasOther) return [fault([...path, other], `stands beside ${one}`, 'keep one of them', 'key')]
  if (hasOne || hasOther) return []
  return [fault(path, `has neither ${one} nor ${other}`, `write ${one}: or ${other}:`)]
}

/** The web pages and the API have different addresses. */
function addressFaults(apiUrl: string | undefined, at: Path, draft: Draft): readonly Fault[] {
  if (apiUrl === undefined) return []
  const { hostname, pathname, origin } = new URL(apiUrl)
  if (/^(?:www\.)?github\.com$/.test(hostname)) {
    return [fault(at, `${draft.shown(at)} is the address of the web pages`, `write ${publicApi}, or remove apiUrl`)]
  }
  if (pathname !== '/' || hostname.startsWith('api.')) return []
  return [fault(at, `${draft.shown(at)} is the address of the web pages`, `write ${origin}/api/v3`)]
}

/** A cut-off key would only be found out in a run. */
function keyFaults(app: Path, draft: Draft): readonly Fault[] {
  const at: Path = [...app, 'privateKey']
  const key = draft.secrets.get(pathKey(at))
  if (key === undefined || isPrivateKey(key)) return []
  const text = `the value of ${draft.shown(at)} is no private key`
  return [fault(at, text, 'set it to the whole file (PEM) that GitHub gave: ${file:./app.pem} reads it')]
}
