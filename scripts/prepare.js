// `npm ci` leaves a working `patrol`. Where the development tools are absent (`npm ci --omit=dev`, or an installed
// package), there is nothing to build with and nothing to build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (existsSync('node_modules/rolldown') && existsSync('src')) {
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exit(build.status ?? 1)
}
