import type { OpenWorld } from '../../app/compose.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { ValueCache } from '../../app/value-cache.ts'
import { PatrolError } from '../../core/errors.ts'
import { routeFor } from '../../core/git-route.ts'
import { type Duration, duration, instant, minute, shortest } from '../../core/time.ts'
import { withWorld } from '../configured.ts'
import { defaultConfigFile } from '../default-config-file.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { warmAnswer } from '../git-answer.ts'
import { gitAnswer, type GitRequest, readGitRequest } from '../git-protocol.ts'
import { severalTokens } from '../git-routing-fault.ts'
import type { Command, Invocation } from '../invocation.ts'
import { type StoredValue, storedValue } from '../stored-value.ts'
import { dateText } from '../time-text.ts'

export interface GitCredentialOptions {
  readonly positional: readonly string[]
  /** Whether git shall ask nobody else when a token that should be here cannot be had. */
  readonly quit?: boolean
}

/**
 * `patrol git-credential`: a credential helper of git. For addresses that are none of ours it says nothing, so that git
 * asks the next helper.
 */
export const gitCredentialCommand: Command<GitCredentialOptions> = async (loud, { positional, quit }) => {
  const invocation = quietly(loud)
  const { io } = invocation
  const [operation = ''] = positional
  const request = readGitRequest(io.readInput())
  const cache = cacheOf(invocation)
  const warm = await warmAnswer(operation, request, cache, instant(io.wall()))
  if (warm !== undefined) {
    io.stdout(warm)
    return exitCodes.done
  }
  const work = (wanted: Wanted, open: OpenWorld): Promise<ExitCode> =>
    answer({ invocation, request, cache, wanted, open })
  try {
    return await withWorld(invocation, {}, work, 'stores')
  } catch (thrown) {
    if (quit === true) io.stdout('quit=1\n')
    throw thrown
  }
}

/** Git shows what a helper says on stderr, and fetches are many: warnings have their place with other commands. */
function quietly(invocation: Invocation): Invocation {
  const { speech } = invocation
  const silent = { ...speech, warn: () => undefined, report: () => undefined }
  return { ...invocation, speech: silent }
}

function cacheOf({ io, options }: Invocation): ValueCache | undefined {
  return ValueCache.of(options.config ?? defaultConfigFile, {
    environment: io.environment,
    workingDirectory: io.workingDirectory,
    platform: process.platform,
  })
}

interface AnswerParts {
  readonly invocation: Invocation
  readonly request: GitRequest
  readonly cache: ValueCache | undefined
  readonly wanted: Wanted
  readonly open: OpenWorld
}

async function answer({ invocation, request, cache, wanted, open }: AnswerParts): Promise<ExitCode> {
  const { io } = invocation
  const routing = routeFor(request, wanted.git)
  switch (routing.kind) {
    case 'none':
      return exitCodes.done
    case 'several':
      throw severalTokens(request.host, routing.tokens)
    case 'path-needed':
      throw new PatrolError('usage', `git did not say which organization of ${request.host} it wants`, {
        remedy: `Let it: git config --global credential.https://${request.host}.useHttpPath true`,
      })
    case 'token':
  }
  const { token } = routing
  const stored = await storedValue(wanted, open.world.stores, token)
  if (stored === undefined) {
    throw new PatrolError('pat-not-found', `the store has no value of ${token}`, {
      remedy: 'Run `patrol apply` first.',
    })
  }
  const { value, validTo } = stored
  const remaining = duration(validTo - open.world.clock.now())
  if (remaining <= 0) {
    throw new PatrolError('pat-not-found', `the PAT of ${token} has expired (${dateText(validTo)})`, {
      remedy: 'Run `patrol apply`.',
    })
  }
  io.stdout(gitAnswer(request, value.reveal(), validTo))
  await keep(io.wall(), { cache, wanted, token, stored, remaining })
  return exitCodes.done
}

interface KeepParts {
  readonly cache: ValueCache | undefined
  readonly wanted: Wanted
  readonly token: string
  readonly stored: StoredValue
  readonly remaining: Duration
}

/** A value is not kept for the last minute of its PAT, because clocks differ. */
async function keep(nowMs: number, { cache, wanted, token, stored, remaining }: KeepParts): Promise<void> {
  const length = shortest(wanted.gitCacheFor, duration(remaining - minute))
  if (cache === undefined || length <= 0) return
  const { value, validTo } = stored
  await cache.keep(wanted.git, { token, value, validTo, since: instant(nowMs), until: instant(nowMs + length) })
}
