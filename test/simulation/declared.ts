import { duration } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { Options } from './options.ts'
import { declaredToken } from './tokens.ts'

/** What another instance's configuration may say differently, as while a change is rolled out. */
export const differences = ['none', 'scopes', 'lifetime', 'overlap', 'targets', 'method', 'tokens'] as const
export type Difference = (typeof differences)[number]

export const organizations = ['contoso', 'fabrikam'] as const

/** The tokens of a world, spread over its organizations. */
export function declare(options: Options): readonly Token[] {
  return Array.from({ length: options.tokens }, (_, index) =>
    declaredToken({
      name: `token-${index}`,
      organization: organizations[index % options.organizations] ?? organizations[0],
      displayName: `Token ${index}`,
      method: options.methodRenew ? 'renew' : 'rotate',
      atCeiling: 'rotate',
      lifetime: duration(options.lifetime),
      renewBefore: duration(options.lifetime / 3),
      overlap: duration(options.overlap),
      orphanAfter: duration(options.orphanAfter),
      turnLimit: duration(options.orphanAfter / 4),
      place: { store: 'vault', secretName: `token-${index}` },
      ...targetsOf(options, index),
    }),
  )
}

function targetsOf(options: Options, token: number): Pick<Token, 'targets' | 'groups'> {
  const targets = Array.from({ length: options.targets }, (_ignored, target) => `target-${token}-${target}`)
  return options.inGroups ? { targets, groups: new Map(targets.map((name, index) => [name, index + 1])) } : { targets }
}

/** The same tokens as the instance declares them whose configuration differs. */
export function declareDifferently(tokens: readonly Token[], difference: Difference): readonly Token[] {
  switch (difference) {
    case 'none':
      return tokens
    case 'scopes':
      return tokens.map((token) => ({ ...token, scopes: ['vso.code'] }))
    case 'lifetime':
      return tokens.map((token) => ({
        ...token,
        lifetime: duration(token.lifetime / 2),
        renewBefore: duration(token.renewBefore / 2),
        overlap: duration(Math.min(token.overlap, token.renewBefore / 4)),
      }))
    case 'overlap':
      return tokens.map((token) => ({ ...token, overlap: duration(token.overlap / 2) }))
    case 'targets':
      return tokens.map((token) => ({ ...token, targets: token.targets.slice(1) }))
    case 'method':
      return tokens.map((token) => ({ ...token, method: token.method === 'renew' ? 'rotate' : 'renew' }))
    case 'tokens':
      return tokens.slice(0, 1)
  }
}
