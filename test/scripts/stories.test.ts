import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { play } from './runner.ts'

const directory = join(import.meta.dirname, 'stories')

test.each(readdirSync(directory))('%s is what a person sees', async (name) => {
  const path = join(directory, name)
  // `npx vitest run test/scripts -u` writes what is printed now into the stories.
  await expect(await play(path)).toMatchFileSnapshot(path)
})
