// Builds dist/: the program as one small entry and a chunk for each part that loads lazily, dependencies included, so
// that the installed package needs no others and starts fast.
import { rmSync } from 'node:fs'
import { rolldown } from 'rolldown'

const root = new URL('..', import.meta.url).pathname

rmSync(`${root}dist`, { recursive: true, force: true })
const bundle = await rolldown({
  input: { main: `${root}src/cli/main.ts` },
  platform: 'node',
  logLevel: 'warn',
})
await bundle.write({
  dir: `${root}dist`,
  format: 'esm',
  minify: false,
  chunkFileNames: 'chunks/[name]-[hash].js',
})
await bundle.close()
