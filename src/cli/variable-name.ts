import { PatrolError } from '../core/errors.ts'

/** The variable for a token when nobody names one: `package-feed` becomes `PACKAGE_FEED`. */
export function variableFor(token: string): string {
  const name = token.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
  return /^\d/.test(name) ? `_${name}` : name
}

/**
 * A variable's name that every shell, the agent of Azure Pipelines and the runner of GitHub Actions take.
 *
 * @throws PatrolError `usage` for any other
 */
export function checkedVariable(name: string, option: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name
  throw new PatrolError('usage', `${option} needs the name of a variable`, {
    remedy: 'Write letters, digits and underscores, such as AZURE_DEVOPS_EXT_PAT.',
  })
}
