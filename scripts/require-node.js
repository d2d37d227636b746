// npm scripts run on the Node that the dev dependency `node` brings. Under `npm ci --ignore-scripts` that binary is
// missing and the machine's own Node runs; this says so in one line before a stranger error does.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `This script needs Node.js 22.19 or newer and runs on ${process.versions.node}. ` +
      'Run `npm ci` without --ignore-scripts, so that the dev dependency node@24 is installed.\n',
  )
  process.exit(1)
}
