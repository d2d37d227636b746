import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The licences of the packages that the bundle contains, as their authors ask to have them passed on.
 *
 * @param modules absolute paths of the bundled modules
 * @throws Error for a package without a licence: it must not be bundled
 */
export function notices(modules: readonly string[]): string {
  const directories = new Set(modules.map(packageOf).filter((directory) => directory !== undefined))
  const sections = [...directories].sort().map((directory) => {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name))
    if (typeof manifest.license !== 'string') throw new Error(`${directory} names no licence`)
    const text =
      file === undefined ? `Licensed under ${manifest.license}.` : readFileSync(join(directory, file), 'utf8').trim()
    return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text}\n`
  })
  return `This program contains the following packages.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`
}

function packageOf(module: string): string | undefined {
  const [, before, name] = /^(.*\/node_modules\/)((?:@[^/]+\/)?[^/]+)\//.exec(module.replaceAll('\\', '/')) ?? []
  if (before === undefined || name === undefined) return undefined
  return existsSync(join(before, name, 'package.json')) ? before + name : undefined
}
