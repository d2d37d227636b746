/** How much a finding matters, the least first. */
export const severities = ['info', 'low', 'medium', 'high'] as const

export type Severity = (typeof severities)[number]

interface FindingKind {
  /** Stands for ever: it is in baselines, waivers and dashboards of others. */
  readonly id: string
  readonly title: string
  /** Unless the configuration says another. */
  readonly severity: Severity
  readonly remedy: string
  /** Where Microsoft tells more. */
  readonly link: string
}

const patsPage =
  'https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate'
const policiesPage =
  'https://learn.microsoft.com/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators'
const administratorsPage = 'https://learn.microsoft.com/azure/devops/organizations/accounts/admin-revoke-user-pats'
const scopesPage =
  'https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes'
const authenticationPage =
  'https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/authentication-guidance'
const servicePrincipalsPage =
  'https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity'

/** Everything that an audit can find. Ids and names stay; kinds may be added. */
export const findingKinds = {
  global: {
    id: 'PATROL001',
    title: 'Works in all organizations',
    severity: 'high',
    remedy:
      'Run `patrol migrate global`, which proposes one PAT for each organization in its place. That of somebody else only its owner can replace. Azure DevOps ends all PATs for all organizations on 1 December 2026.',
    link: 'https://devblogs.microsoft.com/devops/retirement-of-global-personal-access-tokens-in-azure-devops/',
  },
  'full-scope': {
    id: 'PATROL002',
    title: 'May do everything that its owner may',
    severity: 'high',
    remedy: 'Replace it by a PAT with only the scopes that its use needs.',
    link: scopesPage,
  },
  'broader-than-declared': {
    id: 'PATROL003',
    title: 'May do more than is declared',
    severity: 'medium',
    remedy: 'Run `patrol rotate NAME` for a PAT with the declared scopes, or declare what it really needs.',
    link: scopesPage,
  },
  'long-lived': {
    id: 'PATROL004',
    title: 'Lives long',
    severity: 'medium',
    remedy: 'Rotate it, with a shorter lifetime: let an entry of patrol.yaml with `method: rotate` cover it.',
    link: patsPage,
  },
  'expiring-unmanaged': {
    id: 'PATROL005',
    title: 'Ends soon, and nobody looks after it',
    severity: 'medium',
    remedy: 'Let an entry of patrol.yaml cover it, or see who still uses it before it ends.',
    link: patsPage,
  },
  'expired-referenced': {
    id: 'PATROL006',
    title: 'Works no longer, and a store still hands it out',
    severity: 'high',
    remedy: 'Run `patrol apply`, which replaces it, or `patrol rotate NAME`.',
    link: patsPage,
  },
  duplicate: {
    id: 'PATROL007',
    title: 'There is a newer one like it',
    severity: 'low',
    remedy: 'See which of them is used, and revoke the others with `patrol revoke ID`.',
    link: patsPage,
  },
  'never-managed': {
    id: 'PATROL008',
    title: 'Nobody looks after it',
    severity: 'low',
    remedy: 'Let an entry of patrol.yaml cover it, or revoke it when nobody uses it.',
    link: patsPage,
  },
  'old-format': {
    id: 'PATROL009',
    title: 'Is of the old form with 52 characters',
    severity: 'medium',
    remedy: 'Run `patrol rotate NAME`: values of the new form are found by leak scanners.',
    link: patsPage,
  },
  'policy-violated': {
    id: 'PATROL010',
    title: 'Is not what a policy allows',
    severity: 'medium',
    remedy: 'Replace it by a PAT that the policy allows: it may be impossible to extend this one.',
    link: policiesPage,
  },
  'owner-disabled': {
    id: 'PATROL011',
    title: 'Its owner is gone or disabled',
    severity: 'high',
    remedy: 'Revoke it as an administrator, and give its use a PAT of an account that is looked after.',
    link: administratorsPage,
  },
  orphan: {
    id: 'PATROL012',
    title: 'Was created for a token and is in no store',
    severity: 'medium',
    remedy: 'Run `patrol apply`, which revokes it when it is old enough.',
    link: patsPage,
  },
  'no-pat-needed': {
    id: 'PATROL013',
    title: 'Could be a service principal or workload identity',
    severity: 'info',
    remedy:
      'Where its consumer can get a token of Microsoft Entra (Azure Pipelines, GitHub Actions, a managed identity), use that in its place: nothing is stored and nothing is rotated.',
    link: servicePrincipalsPage,
  },
  'expiry-unknown': {
    id: 'PATROL014',
    title: 'Its end cannot be told',
    severity: 'medium',
    remedy: 'Look at it in the web page of Azure DevOps, and replace it.',
    link: authenticationPage,
  },
  'shorter-than-declared': {
    id: 'PATROL015',
    title: 'Was granted a shorter life than is declared',
    severity: 'low',
    remedy: 'Declare a `lifetime` that the policy allows, or `lifetime: max` for whatever is granted.',
    link: policiesPage,
  },
} as const satisfies Readonly<Record<string, FindingKind>>

export type FindingName = keyof typeof findingKinds

/** In the order of their ids. */
export const findingNames = Object.keys(findingKinds) as readonly FindingName[]

/** The kind that a name or an id (`global`, `PATROL001`, in any case) stands for; undefined when there is none. */
export function findingNamed(text: string): FindingName | undefined {
  const wanted = text.toLowerCase()
  return findingNames.find((name) => name === wanted || findingKinds[name].id.toLowerCase() === wanted)
}

/** Whether a severity is at least as bad as another. */
export function atLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least)
}
