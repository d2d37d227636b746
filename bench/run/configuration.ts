/** Where the services are that a run is measured against. */
interface Surroundings {
  readonly endpoints: { readonly entra: string; readonly vssps: string; readonly azureDevOps: string }
  readonly caFile: string
  readonly tenant: string
}

/** The beginning of a configuration: the addresses, and one account that signs in by password. */
export function configurationHead({ endpoints, caFile, tenant }: Surroundings): string {
  return `version: 1
endpoints:
  entra: ${endpoints.entra}
  vssps: ${endpoints.vssps}
  azureDevOps: ${endpoints.azureDevOps}
tls:
  caFile: ${caFile}
accounts:
  ci-bot:
    tenant: ${tenant}
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
`
}
