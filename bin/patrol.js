#!/usr/bin/env node
// This file imports nothing, so that an old Node reaches the message below and does not stop at a syntax it does not know.
const needed = [22, 19]
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `patrol needs Node.js ${needed.join('.')} or newer; this is ${process.versions.node}. See https://nodejs.org/download\n`,
  )
  process.exitCode = 2
} else if (process.argv.length === 3 && ['-V', '--version'].includes(process.argv[2])) {
  // Scripts ask for the version often, and nothing else of the program is needed to tell it.
  const manifest = process.getBuiltinModule('node:fs').readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  process.stdout.write(`${JSON.parse(manifest).version}\n`)
} else {
  // A short command spends a fifth of its time on compiling what it loads. What was compiled is kept within the package:
  // whoever can write there can change the program itself, and where nobody can, nothing is kept.
  const kept = new URL('../node_modules/.cache/patrol', import.meta.url)
  process.getBuiltinModule('node:module').enableCompileCache(process.getBuiltinModule('node:url').fileURLToPath(kept))
  // Git waits for this one with every fetch, so it comes without what reads command lines and configurations.
  const isForGit = process.argv[2] === 'git-credential'
  void (isForGit ? import('../dist/git-credential.js') : import('../dist/main.js')).then(({ main }) => main())
}
