import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one call of the program cost. */
export interface Measured {
  /** From the start of the process to its end. */
  readonly tookMs: number
  /** The largest resident set of the process. */
  readonly peakKiB: number
  /** On all cores, in user and system mode. */
  readonly cpuMs: number
  /** The one JSON document that it printed. */
  readonly document: unknown
  /** The same as it was printed. */
  readonly text: string
}

export const program = join(import.meta.dirname, '../../bin/patrol.js')

const usage = new URL('usage.js', import.meta.url).href

/**
 * Runs the built program as a process of its own.
 *
 * @throws Error when it ends with anything but exit code 0
 */
export async function measure(
  words: readonly string[],
  directory: string,
  variables: Readonly<Record<string, string>>,
): Promise<Measured> {
  const usageFile = join(directory, `usage-${words[0] ?? ''}-${performance.now()}.json`)
  const beganAt = performance.now()
  const child = spawn(process.execPath, ['--import', usage, program, ...words, '--json'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, ...variables, BENCH_USAGE_FILE: usageFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const tookMs = performance.now() - beganAt
  if (code !== 0) throw new Error(`patrol ${words.join(' ')} ended with ${code}: ${stderr.slice(0, 2_000)}`)
  const used = JSON.parse(readFileSync(usageFile, 'utf8')) as { readonly peakKiB: number; readonly cpuMs: number }
  return { tookMs, ...used, document: JSON.parse(stdout), text: stdout }
}
