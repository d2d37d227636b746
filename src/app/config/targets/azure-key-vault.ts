import { z } from 'zod'
import { plainUrl } from '../address.ts'
import { keyVaultKeys } from '../connection-schema.ts'
import type { Draft } from '../draft.ts'
import { field, isTrue, text } from '../fields.ts'
import { type Fault, fault, type Path } from '../faults.ts'
import type { WantedVault } from '../wanted.ts'
import { wantedCredential } from '../wanted-credential.ts'
import { placeholderNote, targetFields } from './target-fields.ts'
import { targetKind, type TargetTerms } from './target-kind.ts'

const schema = z.strictObject({
  type: field(z.literal('azure-key-vault'), {
    description:
      'A secret in another Azure Key Vault than the one that is the store: of another region or another team.',
  }),
  ...keyVaultKeys({ unreachable: 'target-unreachable', denied: 'target-denied' }),
  secretName: field(
    text(/^(?:[0-9A-Za-z-]|\{token\}|\{organization\}){1,127}$/, 'a name of 1 to 127 letters, digits and hyphens'),
    {
      description: `The name of the secret. ${placeholderNote}`,
      builtIn: '"{token}"',
      examples: ['package-feed-pat'],
      errors: ['delivery-failed'],
    },
  ).optional(),
  ...targetFields,
})

export interface WantedKeyVaultCopy extends TargetTerms, WantedVault {
  readonly type: 'azure-key-vault'
  /** Placeholders stand as written. */
  readonly secretName: string
}

export const azureKeyVaultTarget = targetKind<typeof schema, WantedKeyVaultCopy>({
  schema,
  place: ({ url, secretName }) =>
    // Key Vault tells no names apart by case.
    url === undefined ? undefined : `${plainUrl(url)}\n${secretName ?? '{token}'}`.toLowerCase(),
  faults: (written, path, draft) => (written.url === undefined ? [] : sameVault(written.url, [...path, 'url'], draft)),
  wanted: (written, terms, path, draft) => ({
    ...terms,
    type: 'azure-key-vault',
    url: plainUrl(written.url),
    credential: wantedCredential(draft, written.credential ?? 'default', [...path, 'credential']),
    verifyChallengeResource: isTrue(written.verifyChallengeResource, true),
    secretName: written.secretName ?? '{token}',
  }),
})

/** In the vault of a store a copy could come to lie on a secret that Patrol manages. */
function sameVault(url: string, at: Path, draft: Draft): readonly Fault[] {
  const store = Object.entries(draft.written.stores ?? {}).find(
    ([, each]) => each?.type === 'azure-key-vault' && each.url !== undefined && plainUrl(each.url) === plainUrl(url),
  )
  if (store === undefined) return []
  const text = `${draft.shown(at)} is the vault of stores.${store[0]}, where the value is kept already`
  return [fault(at, text, 'write the url of another vault, or let readers take the secret from the store')]
}
