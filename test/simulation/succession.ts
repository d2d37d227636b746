import type { Token } from '../../src/core/token.ts'

/** What the entries of a configuration say of one PAT from before. */
export interface DeclaredSuccession {
  readonly authorizationId: string
  /** The tokens that name it. */
  readonly names: ReadonlySet<string>
  /** Those of them that say that it is to be revoked. */
  readonly spoken: ReadonlySet<string>
}

/** The tokens of a configuration with what they replace. One that is only extended makes no new value and replaces nothing. */
export function withSuccession(
  tokens: readonly Token[],
  { authorizationId, names, spoken }: DeclaredSuccession,
): readonly Token[] {
  const successors = tokens.filter(({ name, method }) => names.has(name) && method === 'rotate')
  if (successors.length === 0) return tokens
  const bystanders = tokens.filter((token) => !successors.includes(token))
  const revoke = successors.every(({ name }) => spoken.has(name))
  const id = authorizationId.toLowerCase()
  return tokens.map((token) =>
    successors.includes(token)
      ? { ...token, replaces: [{ authorizationId: id, successors, bystanders, revoke }] }
      : { ...token, replacedByOthers: [id] },
  )
}
