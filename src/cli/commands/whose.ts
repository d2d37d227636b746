import { leakedValues } from '../../core/leaked-values.ts'
import { PatrolError, problemOf } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Ownership, whose } from '../../reconcile/whose.ts'
import { withWorld } from '../configured.ts'
import { exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine, problemJson } from '../json.ts'
import { problemsText } from '../plan-text.ts'
import { storedTokens } from '../stored-value.ts'
import { clean, count } from '../terminal.ts'

export interface WhoseOptions {
  readonly positional: readonly string[]
}

/** `patrol whose`: whether a leaked text holds values of ours, and whether they still work. */
export const whoseCommand: Command<WhoseOptions> = (invocation) =>
  withWorld(invocation, {}, async (wanted, { world }) => {
    const { io, options, pen, speech } = invocation
    if (io.canAsk) {
      throw new PatrolError(
        'usage',
        'the leaked text is read from stdin, and this is a terminal, which would show it',
        {
          remedy: 'Pipe it: patrol whose < leaked.txt',
        },
      )
    }
    const found = leakedValues(io.readInput(), (text) => Buffer.from(text, 'base64').toString('latin1'))
    const values = found.map((value) => new Secret(value))
    if (values.length === 0) {
      throw new PatrolError('usage', 'what came on stdin holds nothing of the form of a personal access token', {
        remedy: 'Paste the whole value, of 84 or 52 characters; other text around it does no harm.',
      })
    }
    const tokens = await storedTokens(wanted, world.stores)
    const { owners, failures } = await whose(world, tokens, values)
    const problems = failures.map(({ token, failure }) => problemOf(token, failure))
    speech.quiet()
    io.stdout(
      options.json
        ? jsonLine({ values: owners.map(ownershipJson), problems: problems.map(problemJson) })
        : owners.map((owner, index) => ownershipText(owner, index + 1, owners.length)).join('') +
            problemsText(io, pen, problems),
    )
    return worst([exitCodes.done, ...failures.map(({ failure }) => exitCodeOf(failure.code))])
  })

function ownershipJson({ token, authorizationId, lives }: Ownership): Readonly<Record<string, unknown>> {
  return {
    ours: token !== undefined || lives.some(({ account }) => account !== undefined),
    ...(token === undefined ? {} : { token: token.name, account: token.account, organization: token.organization }),
    ...(authorizationId === undefined ? {} : { authorizationId }),
    tried: lives.map(({ organization, life, account }) => ({
      organization,
      life,
      ...(account === undefined ? {} : { account }),
    })),
  }
}

function ownershipText({ token, authorizationId, lives }: Ownership, number: number, of: number): string {
  const label = of === 1 ? 'the value' : `value ${number} of ${of}`
  const alive = lives.filter(({ life }) => life === 'alive')
  const account = alive.find((one) => one.account !== undefined)?.account
  const places = alive.map(({ organization }) => organization).join(', ')
  const state =
    alive.length > 0
      ? `it works in ${places}`
      : lives.some(({ life }) => life === 'unknown')
        ? 'whether it works could not be seen'
        : `it was refused in ${count(lives.length, 'organization')}`
  if (token !== undefined) {
    const what = `is the current one of ${token.name} (PAT ${authorizationId}, account ${token.account}, organization ${token.organization})`
    return clean(`${label} ${what}; ${state}\n  patrol rotate ${token.name} --revoke-first --reason "it leaked"\n`)
  }
  if (account !== undefined) {
    return clean(
      `${label} is none that a store hands out, but a PAT of account ${account}; ${state}\n  patrol list  shows the PATs of that account; patrol revoke ID ends one\n`,
    )
  }
  return clean(`${label} is none that a store hands out, and of no account here; ${state}\n`)
}
