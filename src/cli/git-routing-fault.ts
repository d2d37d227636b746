import { PatrolError } from '../core/errors.ts'

/** That more than one token could serve an address of git, and nobody said which shall. */
export function severalTokens(where: string, tokens: readonly string[]): PatrolError {
  return new PatrolError('usage', `${tokens.length} tokens could serve git at ${where}: ${tokens.join(', ')}`, {
    remedy: 'Write git: true on the one that shall; git: false takes one out, and git: with an address narrows one.',
  })
}
