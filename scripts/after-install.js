// `npm ci` leaves a working `patrol`. npm calls this as the script `dependencies`, which it runs in a checkout alone;
// `prepare` would make npm warn everybody who installs the package of a script that does nothing there. Where the
// development tools are absent (`npm ci --omit=dev`), there is nothing to build with.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (existsSync('node_modules/rolldown') && existsSync('src')) {
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exit(build.status ?? 1)
}
