import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cacheKey, type OpenKeychain, removeCacheKey, systemKeychain } from '../adapters/cache/cache-key.ts'
import { type CachePlace, cachePlace } from '../adapters/cache/cache-place.ts'
import { isOwnDirectory } from '../adapters/cache/own-file.ts'
import { readSheet, sheetName, sheetsIn, writeSheet } from '../adapters/cache/sealed-sheet.ts'
import type { GitRoute } from '../core/git-route.ts'
import { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'

/** A value that was handed out before. */
export interface KeptValue {
  readonly token: string
  readonly value: Secret
  /** The end of the PAT. */
  readonly validTo: Instant
  /** When it was read from the store, and until when it may be handed out again; by the clock of this machine. */
  readonly since: Instant
  readonly until: Instant
}

/** What is kept for one configuration: what it says of git, and values. */
export interface Sheet {
  readonly routes: readonly GitRoute[]
  readonly values: readonly KeptValue[]
}

export interface CacheSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly platform: NodeJS.Platform
  /** That of the operating system when left out. */
  readonly openKeychain?: OpenKeychain
}

/**
 * A small memory between two calls of the program, for values of one configuration. It is a convenience: whatever is
 * wrong with it, it is as if nothing had been kept. What was kept counts only while the text of the configuration and
 * all variables that it names are the same.
 */
export class ValueCache {
  readonly #sources: CacheSources
  readonly #place: Exclude<CachePlace, { kind: 'none' }>
  readonly #subject: readonly string[]

  private constructor(sources: CacheSources, place: Exclude<CachePlace, { kind: 'none' }>, subject: readonly string[]) {
    this.#sources = sources
    this.#place = place
    this.#subject = subject
  }

  /**
   * @param config the file of the configuration, relative to the working directory
   * @returns undefined where nothing can be kept, or the configuration cannot be read
   */
  static of(config: string, sources: CacheSources): ValueCache | undefined {
    const place = cachePlace(sources.environment, sources.platform)
    if (place.kind === 'none') return undefined
    try {
      const file = resolve(sources.workingDirectory, config)
      return new ValueCache(sources, place, subjectOf(file, readFileSync(file, 'utf8'), sources.environment))
    } catch {
      return undefined
    }
  }

  /** What may still be handed out; undefined when nothing was kept. */
  async read(now: Instant): Promise<Sheet | undefined> {
    const key = await this.#key(false)
    const text = key === undefined ? undefined : readSheet(this.#place.directory, key, sheetName(key, this.#subject))
    if (text === undefined) return undefined
    const { routes, values } = JSON.parse(text) as { routes: GitRoute[]; values: WrittenValue[] }
    // A clock that was set back would else keep a value for longer than was meant.
    const fresh = values.filter(({ since, until }) => since <= now && now < until)
    return {
      routes,
      values: fresh.map(({ value, ...times }) => ({ ...times, value: new Secret(value) })),
    }
  }

  /** Keeps a value beside those that are there, in place of an older one of its token. */
  async keep(routes: readonly GitRoute[], kept: KeptValue): Promise<void> {
    const earlier = await this.read(kept.since)
    const others = (earlier?.values ?? []).filter(({ token }) => token !== kept.token)
    await this.#write({ routes, values: [...others, kept] })
  }

  /** Drops the values for which this holds. */
  async drop(now: Instant, isDropped: (kept: KeptValue) => boolean): Promise<void> {
    const sheet = await this.read(now)
    const values = sheet?.values.filter((kept) => !isDropped(kept))
    if (sheet === undefined || values === undefined || values.length === sheet.values.length) return
    await this.#write({ routes: sheet.routes, values })
  }

  async #write({ routes, values }: Sheet): Promise<void> {
    const key = await this.#key(true)
    if (key === undefined) return
    const written = values.map(({ value, ...times }): WrittenValue => ({ ...times, value: value.reveal() }))
    try {
      writeSheet(this.#place.directory, key, sheetName(key, this.#subject), JSON.stringify({ routes, values: written }))
    } catch {
      // A full or read-only place keeps nothing.
    }
  }

  #key(create: boolean): Promise<Buffer | undefined> {
    return cacheKey(this.#place, this.#sources.openKeychain ?? systemKeychain, create)
  }
}

/** A value in the form in which it is sealed. */
type WrittenValue = Omit<KeptValue, 'value'> & { readonly value: string }

/** Everything that what is kept depends on: the file, what stands in it, and the variables that it names. */
function subjectOf(
  file: string,
  text: string,
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const names = [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name)
  return [file, text, ...[...new Set(names)].sort().map((name) => `${name}=${variables[name] ?? ''}`)]
}

/** Where things are kept here, and how many; or why nothing is. */
export type CacheState =
  | { readonly kind: 'memory' | 'keychain'; readonly directory: string; readonly configurations: number }
  | { readonly kind: 'none'; readonly reason: string }

export function cacheState(sources: CacheSources): CacheState {
  const place = cachePlace(sources.environment, sources.platform)
  return place.kind === 'none' ? place : { ...place, configurations: sheetsIn(place.directory).length }
}

/** Removes everything that is kept, for whatever configuration, and the key. */
export async function clearCache(sources: CacheSources): Promise<CacheState> {
  const place = cachePlace(sources.environment, sources.platform)
  if (place.kind === 'none') return place
  const sheets = sheetsIn(place.directory)
  for (const name of sheets) rmSync(join(place.directory, name), { force: true })
  if (isOwnDirectory(place.directory)) await removeCacheKey(place, sources.openKeychain ?? systemKeychain)
  return { ...place, configurations: sheets.length }
}
