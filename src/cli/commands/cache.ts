import { cacheState, clearCache } from '../../app/value-cache.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { clean, count } from '../terminal.ts'

export interface CacheOptions {
  readonly positional: readonly (string | undefined)[]
}

/** `patrol cache`: where `git-credential` keeps values, and with `clear` no longer. */
export const cacheCommand: Command<CacheOptions> = async ({ io, options }, { positional }) => {
  const sources = {
    environment: io.environment,
    workingDirectory: io.workingDirectory,
    platform: process.platform,
  }
  const cleared = positional[0] === 'clear'
  const state = cleared ? await clearCache(sources) : cacheState(sources)
  if (options.json) {
    const { jsonLine } = await import('../json.ts')
    io.stdout(jsonLine({ ...state, ...(cleared ? { cleared } : {}) }))
    return exitCodes.done
  }
  if (state.kind === 'none') {
    io.stdout(`nothing is kept: ${clean(state.reason)}\n`)
    return exitCodes.done
  }
  const what = `values of ${count(state.configurations, 'configuration')}`
  const key = state.kind === 'memory' ? 'in memory, with their key' : 'the key is in the keychain of the user'
  io.stdout(cleared ? `${what} removed, and the key\n` : `${what} in ${clean(state.directory)} (${key})\n`)
  return exitCodes.done
}
