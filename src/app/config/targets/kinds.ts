import { z } from 'zod'
import type { Draft } from '../draft.ts'
import type { Fault, Path } from '../faults.ts'
import { present } from '../present.ts'
import type { Written } from '../schema.ts'
import type { Sound } from '../shape.ts'
import { azureKeyVaultTarget } from './azure-key-vault.ts'
import { commandTarget } from './command.ts'
import { dotenvTarget, gitCredentialsTarget, netrcTarget, templateTarget } from './credential-files.ts'
import { githubSecretTarget } from './github-secret.ts'
import { kubernetesSecretTarget } from './kubernetes-secret.ts'
import { npmrcTarget, nugetConfigTarget, pipConfTarget } from './package-files.ts'
import { serviceConnectionTarget, variableGroupTarget } from './project-items.ts'
import { verificationOf, verifyFaults } from '../verify-schema.ts'
import { webhookTarget } from './webhook.ts'
import type { TargetKind, TargetTerms } from './target-kind.ts'

/** Every type of target, by what stands under `type`. A new one is a file beside this, and a line here and below. */
const kinds = {
  command: commandTarget,
  file: templateTarget,
  dotenv: dotenvTarget,
  netrc: netrcTarget,
  'git-credentials': gitCredentialsTarget,
  npmrc: npmrcTarget,
  'nuget-config': nugetConfigTarget,
  'pip-conf': pipConfTarget,
  'azure-key-vault': azureKeyVaultTarget,
  'github-secret': githubSecretTarget,
  'kubernetes-secret': kubernetesSecretTarget,
  webhook: webhookTarget,
  'azure-devops-variable-group': variableGroupTarget,
  'azure-devops-service-connection': serviceConnectionTarget,
} as const

type Kinds = typeof kinds

/** What a target of any type asks for; `type` tells which. */
export type WantedTarget = { [Type in keyof Kinds]: ReturnType<Kinds[Type]['wanted']> }[keyof Kinds]

export const targetSchema = z.discriminatedUnion(
  'type',
  [
    commandTarget.schema,
    templateTarget.schema,
    dotenvTarget.schema,
    netrcTarget.schema,
    gitCredentialsTarget.schema,
    npmrcTarget.schema,
    nugetConfigTarget.schema,
    pipConfTarget.schema,
    azureKeyVaultTarget.schema,
    githubSecretTarget.schema,
    kubernetesSecretTarget.schema,
    webhookTarget.schema,
    variableGroupTarget.schema,
    serviceConnectionTarget.schema,
  ],
  { error: `one of ${Object.keys(kinds).join(', ')}` },
)

type WrittenTarget = z.input<typeof targetSchema>

/** The discriminator has chosen the kind, which the compiler cannot follow through a table. */
function kindOf(type: keyof Kinds): TargetKind<z.ZodType<WrittenTarget, WrittenTarget>, WantedTarget> {
  return kinds[type]
}

/** Where copies go: equal texts are one place; undefined when it is not known, or when no two copies can meet. */
export function targetPlace(written: Sound<WrittenTarget>, draft: Draft): string | undefined {
  const place = written.type === undefined ? undefined : kindOf(written.type).place(written, draft)
  return place === undefined ? undefined : `${written.type}\n${place}`
}

/** What must hold of one target beyond the form of its keys. */
export function targetFaults(written: Sound<WrittenTarget>, path: Path, draft: Draft): readonly Fault[] {
  const own = written.type === undefined ? [] : kindOf(written.type).faults(written, path, draft)
  return [...own, ...verifyFaults(written.verify, [...path, 'verify'], draft)]
}

/** What a target of a draft without errors asks for. */
export function wantedTarget(draft: Draft, name: string): WantedTarget {
  const path: Path = ['targets', name]
  const written = present((draft.written as Written).targets?.[name], path)
  const terms: TargetTerms = {
    name,
    group: Number(written.group ?? 1),
    proof: written.verify === undefined ? undefined : verificationOf(written.verify),
  }
  return kindOf(written.type).wanted(written, terms, path, draft)
}
