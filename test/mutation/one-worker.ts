import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type CollectedTest, collectedTests, collectFrom } from './collected-tests.ts'

/** What the changed code shares with who runs it, by https://github.com/stryker-mutator/stryker-js/blob/master/packages/api/src/core/instrument.ts */
interface Instruments {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number | undefined
  hitLimit?: number | undefined
  readonly mutantCoverage?: Coverage
}

/** The global name of it. */
const namespace = '__stryker__'

/** How often each change was met: while files loaded, and by each test. */
interface Coverage {
  readonly static: Readonly<Record<string, number>>
  readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>>
}

interface MutantRun {
  readonly activeMutant: { readonly id: string }
  readonly testFilter?: readonly string[]
  readonly hitLimit?: number
  readonly mutantActivation: 'runtime' | 'static'
}

/** The tests of what decides and acts, by their files. */
export const tested = [
  { include: 'test/core/**/*.test.ts', exclude: /\.property\.test\.ts$/ },
  { include: 'test/reconcile/*.test.ts' },
  { include: 'test/mutation/*.storm.ts' },
  // The properties of plans draw tens of thousands of estates, too many for each change.
  { include: 'test/core/**/*.property.test.ts', exclude: /decisions\.property\.test\.ts$/ },
] as const

/** Tests that tell the same story for every request, which takes seconds. */
const tooLong = / at any request /

/** Where the worker that runs all tests first tells those after it how long each took; in the copy that Stryker makes. */
const timesFile = 'times-of-tests.json'

/** Their files, below a folder. */
export function testedFiles(folder: string): readonly string[] {
  return tested.flatMap(({ include, ...rest }) => {
    const files = globSync(include, { cwd: folder }).toSorted()
    return 'exclude' in rest ? files.filter((file) => !rest.exclude.test(file)) : files
  })
}

/** The numbers by which Stryker tells how a test ended. */
const succeeded = 0
const failed = 1

/**
 * Runs tests within the worker of Stryker, which loads them once for thousands of changes. To start vitest for each of
 * them would take twenty times as long as the tests.
 */
class OneWorker {
  private readonly instruments: Instruments
  private tests: readonly CollectedTest[] | undefined

  constructor() {
    const shared = globalThis as unknown as Record<string, Instruments | undefined>
    shared[namespace] ??= {}
    this.instruments = shared[namespace]
  }

  capabilities(): { readonly reloadEnvironment: boolean } {
    return { reloadEnvironment: false }
  }

  async dryRun(): Promise<unknown> {
    const tests = []
    for (const test of await this.load()) {
      this.instruments.currentTestId = test.id
      const startedAt = performance.now()
      const failure = await failureOf(test)
      const failureMessage = failure instanceof Stuck ? failure.message : failure
      const timeSpentMs = performance.now() - startedAt
      const told = { id: test.id, name: test.name, fileName: test.file, timeSpentMs }
      tests.push(
        failureMessage === undefined ? { ...told, status: succeeded } : { ...told, status: failed, failureMessage },
      )
    }
    this.instruments.currentTestId = undefined
    const times = Object.fromEntries(tests.map(({ id, timeSpentMs }) => [id, timeSpentMs]))
    writeFileSync(timesFile, JSON.stringify(times))
    this.tests = byTime(await this.load(), times)
    return { status: 'complete', tests, mutantCoverage: ofTestsFirst(this.instruments.mutantCoverage) }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }: MutantRun): Promise<unknown> {
    // A change of what is made once while files load must be there by then.
    if (mutantActivation === 'static') this.instruments.activeMutant = activeMutant.id
    try {
      const tests = await this.load()
      this.instruments.activeMutant = activeMutant.id
      this.instruments.hitLimit = hitLimit
      this.instruments.hitCount = hitLimit === undefined ? undefined : 0
      return await this.verdict(tests, testFilter)
    } catch (error) {
      if (mutantActivation !== 'static') throw error
      return { status: 'killed', killedBy: [], failureMessage: textOf(error), nrOfTests: 0 }
    } finally {
      if (mutantActivation !== 'static') this.instruments.activeMutant = undefined
    }
  }

  private async verdict(tests: readonly CollectedTest[], testFilter: readonly string[] | undefined): Promise<unknown> {
    const wanted = testFilter === undefined ? undefined : new Set(testFilter)
    let nrOfTests = 0
    for (const test of tests) {
      if (wanted?.has(test.id) === false) continue
      nrOfTests += 1
      const failure = await failureOf(test)
      const { hitCount, hitLimit } = this.instruments
      if (hitCount !== undefined && hitLimit !== undefined && hitCount > hitLimit) {
        return { status: 'timeout', reason: `The change was run more than ${hitLimit} times.` }
      }
      if (failure instanceof Stuck) return { status: 'timeout', reason: failure.message }
      if (failure !== undefined) return { status: 'killed', killedBy: [test.id], failureMessage: failure, nrOfTests }
    }
    return { status: 'survived', nrOfTests }
  }

  /** All tests, the short ones first where it is known how long they take. */
  private async load(): Promise<readonly CollectedTest[]> {
    if (this.tests !== undefined) return this.tests
    // Changed code must be held against the same cases as the code without the change.
    process.env['PATROL_SEED'] = '1'
    const ownTests = new URL('./collected-tests.ts', import.meta.url).href
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'vitest' && context.parentURL !== ownTests ? next(ownTests, context) : next(specifier, context),
    })
    await import(pathToFileURL(join(process.cwd(), 'test/support/seed-properties.ts')).href)
    for (const file of testedFiles(process.cwd())) {
      await collectFrom(file, () => import(pathToFileURL(join(process.cwd(), file)).href))
    }
    const tests = collectedTests().filter(({ name }) => !tooLong.test(name))
    const times = existsSync(timesFile) ? (JSON.parse(readFileSync(timesFile, 'utf8')) as Record<string, number>) : {}
    this.tests = byTime(tests, times)
    return this.tests
  }
}

function byTime(tests: readonly CollectedTest[], times: Readonly<Record<string, number>>): readonly CollectedTest[] {
  return tests.toSorted((one, other) => (times[one.id] ?? 0) - (times[other.id] ?? 0))
}

/** How Stryker finds it. */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'one-worker', injectableClass: OneWorker }]

/**
 * What a test runs need not be there when files load, although it ran then, too: to load them anew for each such change
 * takes a hundred times as long.
 */
function ofTestsFirst({ static: whileLoading, perTest }: Coverage = { static: {}, perTest: {} }): Coverage {
  const byTests = new Set(Object.values(perTest).flatMap((counts) => Object.keys(counts)))
  return { static: Object.fromEntries(Object.entries(whileLoading).filter(([id]) => !byTests.has(id))), perTest }
}

/** A test that can never end: it waits, and nothing is under way that it could wait for. */
class Stuck extends Error {}

/** Why a test failed; a rejection that nobody caught fails it, too. Undefined when it succeeded. */
async function failureOf(test: CollectedTest): Promise<string | Stuck | undefined> {
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  process.on('unhandledRejection', note)
  try {
    await unlessStuck(Promise.resolve().then(test.body))
    // Node reports what nobody caught between two turns of its loop.
    await turnOfLoop()
  } catch (error) {
    return error instanceof Stuck ? error : textOf(error)
  } finally {
    process.off('unhandledRejection', note)
  }
  return uncaught.length === 0 ? undefined : textOf(uncaught[0])
}
/** Waits for work, as long as there is anything that could still bring it to an end. */
async function unlessStuck(work: Promise<unknown>): Promise<void> {
  const ended = work.then(
    () => 'ended',
    () => 'ended',
  )
  for (let idle = 0; (await Promise.race([ended, turnOfLoop()])) !== 'ended'; idle = isIdle() ? idle + 1 : 0) {
    if (idle > turnsOfPatience) throw new Stuck('The test waits for nothing.')
  }
  await work
}

const turnsOfPatience = 1_000

/** Whether neither a timer nor a request is under way; what joins this process to Stryker always is. */
function isIdle(): boolean {
  return process.getActiveResourcesInfo().every((resource) => ['PipeWrap', 'Pipe', 'TTYWrap'].includes(resource))
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
