import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Token } from '../../core/token.ts'
import { adopt } from '../../reconcile/adopt.ts'
import { withWorld } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { clean } from '../terminal.ts'
import { secretInput } from '../secret-input.ts'
import { dateText, isoText } from '../time-text.ts'
import { unknownName } from '../unknown-name.ts'

export interface AdoptOptions {
  readonly positional: readonly string[]
  readonly id?: string
}

/** Both forms of a PAT, and some room for those to come. */
const value = /^[A-Za-z0-9]{40,120}={0,2}$/

/** `patrol adopt`: stores the value of a PAT that was made by hand, and looks after it from then on. */
export const adoptCommand: Command<AdoptOptions> = (invocation, { positional, id }) =>
  withWorld(invocation, {}, async (wanted, { world }) => {
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
    const { metadata, wasThere } = await adopt(
      world,
      { ...token, place },
      new Secret(text),
      id,
      replacedBy(wanted.tokens),
    )
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
          })
        : clean(
            `${name} ${wasThere ? 'already has' : 'has'} the value of PAT ${authorizationId}, which expires ${dateText(validTo)}\n`,
          ),
    )
    return exitCodes.done
  })

function replacedBy(tokens: readonly Token[]): ReadonlySet<string> {
  return new Set(
    tokens.flatMap(({ replaces = [] }) => replaces.map(({ authorizationId }) => authorizationId.toLowerCase())),
  )
}
