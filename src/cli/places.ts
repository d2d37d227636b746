import type { Wanted } from '../app/config/wanted.ts'
import { PatrolError } from '../core/errors.ts'
import { slug } from '../core/names.ts'
import type { Place } from '../core/token.ts'

/**
 * Where the value of a token may stand, without asking anybody: a named token says so itself, and for one that a rule
 * made the rule's template does. The first place that has a value by Patrol is the one.
 *
 * @throws PatrolError `usage` for a name that no entry can have
 */
export function placesOf(wanted: Wanted, name: string): readonly Place[] {
  const token = wanted.tokens.find((one) => one.name === name)
  if (token?.place !== undefined) return [token.place]
  if (token !== undefined) {
    throw new PatrolError('usage', `${name} has no store, so nobody knows its value`, {
      remedy: 'Name a `store` for it and run `patrol apply`; or use `method: rotate`.',
    })
  }
  const [plain = name, organization] = name.split('@')
  const places = wanted.rules.flatMap((rule) =>
    rule.store === undefined
      ? []
      : rule.organizations
          .filter((one) => organization === undefined || one === organization)
          .map((one) => ({
            store: rule.store as string,
            secretName: rule.secretNameTemplate.replaceAll('{name}', plain).replaceAll('{organization}', slug(one)),
          })),
  )
  if (places.length > 0) return places
  throw unknownName(
    name,
    wanted.tokens.map((one) => one.name),
  )
}

/** An unknown name, with the names that there are. */
export function unknownName(name: string, known: readonly string[]): PatrolError {
  const some = known.slice(0, 12).join(', ')
  const remedy =
    known.length === 0
      ? 'The configuration declares no token by name.'
      : `Known are: ${some}${known.length > 12 ? ', …' : ''}.`
  return new PatrolError('usage', `there is no token named ${name}`, { remedy })
}
