// Builds dist/: the program as two small entries and a chunk for each part that loads lazily, dependencies included, so
// that the installed package needs no others and starts fast.
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { lateBuiltins } from './late-builtins.ts'
import { notices } from './notices.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

rmSync(`${root}dist`, { recursive: true, force: true })
const bundle = await rolldown({
  input: { main: `${root}src/cli/main.ts`, 'git-credential': `${root}src/cli/git-credential-main.ts` },
  platform: 'node',
  logLevel: 'warn',
  plugins: [lateBuiltins()],
  // A library of the operating system's, installed beside the package where there is one for the machine.
  external: ['@napi-rs/keyring'],
})
const { output } = await bundle.write({
  dir: `${root}dist`,
  format: 'esm',
  minify: true,
  chunkFileNames: 'chunks/[name]-[hash].js',
  // To find and open a file takes longer than to read it, so what always loads together is one chunk each: what git's
  // question needs, what every command needs, what reads configurations, and what reads sealed files.
  codeSplitting: {
    groups: [
      { name: 'base', test: /[\\/]src[\\/]cli[\\/]git-credential-main\.ts$/, priority: 4 },
      { name: 'start', test: /[\\/]src[\\/]cli[\\/]main\.ts$/, priority: 3 },
      { name: 'configured', test: /[\\/]src[\\/]cli[\\/](?:configured|stored-value)\.ts$/, priority: 2 },
      { name: 'file-store', test: /[\\/]src[\\/]adapters[\\/]stores[\\/]file-store\.ts$/, priority: 1 },
    ],
  },
})
await bundle.close()

const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
writeFileSync(`${root}dist/THIRD-PARTY-NOTICES.txt`, notices(modules))
