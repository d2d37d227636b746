import { link, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { errorNumber, isMissing } from '../atomic-file.ts'

/** A holder whose life cannot be asked about (on another machine) is taken for dead after this time without release. */
const foreignHolderDiesMs = 60_000

/**
 * Waits here are by this computer's own timers and not by the clock of the run: what is waited for are file operations of
 * other processes, which live in no other time.
 */
const pollMs = 10

/** A challenger needs a few file operations to see that it was wrong. */
const challengerBacksOffMs = 2_000

const candidateEnding = '.candidate'

const faster = 'another Patrol was faster'

/** Who holds a lock: enough to find out whether it still lives, and never to take a reused process id for it. */
interface Holder {
  readonly host: string
  readonly boot: string
  readonly pidNamespace: string
  readonly pid: number
  readonly startedAt: string
  /** Tells apart several locks of one process. */
  readonly nonce: number
}

export interface FileLock {
  /** Whether nobody took the lock over meanwhile; asked right before the effect that the lock guards. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

let taken = 0

/**
 * Takes the lock that lives in `directory`, waiting for a living holder. Nothing needs to be cleaned up after a holder
 * that was killed.
 *
 * The lock is the file with the greatest number. A dead holder's file is not removed but outnumbered, which only one
 * can do, because creating a file fails when it exists: two that see the same corpse cannot both win.
 *
 * @param giveUp asked before each further try
 * @returns the lock, or a sentence about its holder when it was given up
 */
export async function takeLock(directory: string, giveUp: () => boolean): Promise<FileLock | string> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const us: Holder = { ...(await ourselves()), nonce: ++taken }
  const candidate = join(directory, `${us.pid}-${us.nonce}${candidateEnding}`)
  try {
    while (true) {
      // Written anew for each try: its time stamp is then the file system's present, whosever clock that is.
      await writeFile(candidate, JSON.stringify(us), { mode: 0o600 })
      const blocker = await tryOnce(directory, candidate, us)
      if (typeof blocker !== 'string') return blocker
      if (giveUp()) return blocker
      await setTimeout(pollMs)
    }
  } finally {
    await rm(candidate, { force: true })
  }
}

async function tryOnce(directory: string, candidate: string, us: Holder): Promise<FileLock | string> {
  const numbers = await lockNumbers(directory)
  const greatest = numbers.at(-1) ?? 0
  const living = await livingAmong(directory, numbers.slice(-1), candidate, us)
  if (living !== undefined) return living
  const ours = join(directory, String(greatest + 1))
  const text = JSON.stringify(us)
  if (!(await createFrom(candidate, ours, text))) return faster
  const isGreatest = async (): Promise<boolean> =>
    (await lockNumbers(directory)).at(-1) === greatest + 1 && (await textOf(ours)) === text
  // Between our look and our file, others may have outnumbered the same corpse, cleared it away and begun anew.
  const lower = (await lockNumbers(directory)).filter((number) => number <= greatest)
  if (!(await isGreatest()) || (await livingAmong(directory, lower, candidate, us)) !== undefined) {
    if ((await textOf(ours)) === text) await rm(ours, { force: true })
    return faster
  }
  await clear(directory, lower, candidate)
  // A challenger that saw an earlier holder leave may outnumber us until it sees that we live, and then takes its file
  // away. One that takes us for dead removes ours.
  const isHeld = async (): Promise<boolean> => {
    for (let waitedMs = 0; ; waitedMs += pollMs) {
      if (await isGreatest()) return true
      if (waitedMs >= challengerBacksOffMs || (await textOf(ours)) !== text) return false
      await setTimeout(pollMs)
    }
  }
  return { isHeld, release: () => rm(ours, { force: true }) }
}

/** Removes dead holders' files, and what killed waiters left. */
async function clear(directory: string, dead: readonly number[], candidate: string): Promise<void> {
  const present = (await modifiedAt(candidate)) ?? 0
  const left = (await readdir(directory)).filter((name) => name.endsWith(candidateEnding))
  const old = await Promise.all(
    left.map(async (name) => present - ((await modifiedAt(join(directory, name))) ?? present) >= foreignHolderDiesMs),
  )
  const names = [...dead.map(String), ...left.filter((_, index) => old[index] === true)]
  await Promise.all(names.map((name) => rm(join(directory, name), { force: true })))
}

async function lockNumbers(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory)
  return names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
    .sort((left, right) => left - right)
}

/** Creates the lock's file with its whole text at once; false when somebody else did. */
async function createFrom(candidate: string, path: string, text: string): Promise<boolean> {
  try {
    await link(candidate, path)
    return true
  } catch (thrown) {
    // ENOENT: a holder took our candidate for one of a killed waiter.
    if (['EEXIST', 'ENOENT'].includes(errorNumber(thrown) ?? '')) return false
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(errorNumber(thrown) ?? '')) throw thrown
  }
  // Some file systems have no hard links. There a reader may see an empty lock, which counts as one of another machine.
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (thrown) {
    if (errorNumber(thrown) === 'EEXIST') return false
    throw thrown
  }
}

/** A sentence about the first of these holders that lives; undefined when all are dead or have released the lock. */
async function livingAmong(
  directory: string,
  numbers: readonly number[],
  candidate: string,
  us: Holder,
): Promise<string | undefined> {
  for (const number of numbers) {
    const living = await livingHolder(join(directory, String(number)), candidate, us)
    if (living !== undefined) return living
  }
  return undefined
}

async function livingHolder(path: string, candidate: string, us: Holder): Promise<string | undefined> {
  const [text, held, present] = [await textOf(path), await modifiedAt(path), await modifiedAt(candidate)]
  if (text === undefined || held === undefined) return undefined
  const ageMs = present === undefined ? 0 : present - held
  const holder = parseHolder(text)
  if (holder !== undefined && holder.host === us.host && holder.pidNamespace === us.pidNamespace) {
    const rebooted = holder.boot !== us.boot || ageMs > uptime() * 1_000
    return !rebooted && (await isAlive(holder)) ? `the process ${holder.pid} is writing` : undefined
  }
  if (ageMs >= foreignHolderDiesMs) return undefined
  return `${holder === undefined ? 'a process' : `the process ${holder.pid}`} of another machine is writing`
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0)
  } catch (thrown) {
    // EPERM: it lives, under another user.
    if (errorNumber(thrown) === 'ESRCH') return false
  }
  const startedAt = await startOf(String(holder.pid))
  return holder.startedAt === '' || startedAt === '' || startedAt === holder.startedAt
}

async function ourselves(): Promise<Omit<Holder, 'nonce'>> {
  const [machine, boot, pidNamespace, startedAt] = await Promise.all([
    textOf('/etc/machine-id'),
    textOf('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => ''),
    startOf('self'),
  ])
  const host = [hostname(), machine?.trim() ?? ''].join(' ')
  return { host, boot: boot?.trim() ?? '', pidNamespace, pid: process.pid, startedAt }
}

/** When a process started, in ticks since boot; empty where there is no /proc. It is the 20th field after the name. */
async function startOf(pid: string): Promise<string> {
  const text = (await textOf(`/proc/${pid}/stat`)) ?? ''
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder
  } catch {
    return undefined
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}
