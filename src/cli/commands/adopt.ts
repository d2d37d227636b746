import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Token } from '../../core/token.ts'
import { adopt, type Match } from '../../reconcile/adopt.ts'
import { comparedTokens } from '../compared-tokens.ts'
import { withWorld } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { clean, count, namesText } from '../terminal.ts'
import { secretInput } from '../secret-input.ts'
import { dateText, isoText } from '../time-text.ts'
import { unknownName } from '../unknown-name.ts'

export interface AdoptOptions {
  readonly positional: readonly string[]
  readonly id?: string
  /** False: administrations are not asked. */
  readonly administration?: boolean
}

/** Both forms of a PAT, and some room for those to come. */
const value = /^[A-Za-z0-9]{40,120}={0,2}$/

/** `patrol adopt`: stores the value of a PAT that was made by hand, and looks after it from then on. */
export const adoptCommand: Command<AdoptOptions> = (invocation, { positional, id, administration }) =>
  withWorld(invocation, {}, async (wanted, { world, administrations }) => {
    const { io, options, speech } = invocation
    const [name = ''] = positional
    const token = wanted.tokens.find((one) => one.name === name)
    if (token === undefined) throw unknownName(name, wanted.tokens)
    const { place } = token
    if (place === undefined) {
      throw new PatrolError('usage', `${name} has no store that the value could go into`, {
        remedy:
          'Name a `store` for it. To extend a PAT without its value, no adoption is needed: use a rule with `method: renew`.',
      })
    }
    const pipe = `pass show old-pat | patrol adopt ${name}`
    const text = (await secretInput(invocation, `the value of the PAT for ${name}`, pipe)).trim()
    if (!value.test(text)) {
      throw new PatrolError('usage', 'what was given is no personal access token', {
        remedy: 'Give the value alone, of 84 or 52 letters and digits.',
      })
    }
    const { tokens, homes } = await comparedTokens(invocation, wanted, world)
    const { metadata, wasThere, provenance } = await adopt(world, { ...token, place }, new Secret(text), {
      id,
      replaced: replacedBy(wanted.tokens),
      tokens,
      homes,
      administrations: administration === false ? new Map() : administrations,
    })
    if (provenance !== undefined && provenance.notCompared.length > 0)
      speech.warn(`the value could not be compared with those of ${namesText(provenance.notCompared)}`)
    speech.quiet()
    const { authorizationId, validTo } = metadata
    io.stdout(
      options.json
        ? jsonLine({
            token: name,
            authorizationId,
            validTo: isoText(validTo),
            store: { name: place.store, secretName: place.secretName },
            wasThere,
            ...(provenance === undefined ? {} : { matchedBy: provenance.matchedBy, namesakes: provenance.namesakes }),
          })
        : clean(
            `${name} ${wasThere ? 'already has' : 'has'} the value of PAT ${authorizationId}, which expires ${dateText(validTo)}\n${provenance === undefined ? '' : matchText(provenance)}`,
          ),
    )
    return exitCodes.done
  })

/** How sure it is that the value is that of the PAT. */
function matchText({ matchedBy, namesakes }: Match): string {
  if (matchedBy === 'hash') return '  sure: its hash is the one that the service has of that PAT\n'
  const why = 'the service does not tell which PAT a value belongs to'
  return namesakes === 0
    ? `  matched by the name of the PAT alone: ${why}\n`
    : `  ${count(namesakes + 1, 'PAT')} have that name, and that it is this one is your word alone: ${why}\n`
}

function replacedBy(tokens: readonly Token[]): ReadonlySet<string> {
  return new Set(
    tokens.flatMap(({ replaces = [] }) => replaces.map(({ authorizationId }) => authorizationId.toLowerCase())),
  )
}
