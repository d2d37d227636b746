import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkLayers, type LayerReport } from './layers.ts'
import { trackedFiles } from './tracked-files.ts'

const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

/** Writes a tree of files to a new folder and has the guard look at it. */
function checkTree(tree: Readonly<Record<string, string>>): LayerReport {
  const folder = mkdtempSync(join(tmpdir(), 'patrol-layers-'))
  made.push(folder)
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return checkLayers(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path: relative(folder, path).replaceAll(sep, '/'), text: readFileSync(path, 'utf8') }
    }),
  )
}

describe('the guard of the layers complains of', () => {
  const trees: { name: string; path: string; text: string; complaint: string }[] = [
    {
      name: 'core that imports a port',
      path: 'src/core/plan.ts',
      text: "import { x } from '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'core that imports Node.js',
      path: 'src/core/plan.ts',
      text: "\nimport { join } from 'node:path'",
      complaint: ':2: core may not import node:path',
    },
    {
      name: 'core that imports a package',
      path: 'src/core/plan.ts',
      text: "import { z } from 'zod'",
      complaint: ':1: core may not import zod',
    },
    {
      name: 'a port that imports reconcile',
      path: 'src/ports/store.ts',
      text: "import { x } from '../reconcile/run.ts'",
      complaint: ':1: ports may not import reconcile (src/reconcile/run.ts)',
    },
    {
      name: 'a port that imports Node.js',
      path: 'src/ports/store.ts',
      text: "import type { Buffer } from 'node:buffer'",
      complaint: ':1: ports may not import node:buffer',
    },
    {
      name: 'reconcile that imports an adapter',
      path: 'src/reconcile/run.ts',
      text: "import { x } from '../adapters/random.ts'",
      complaint: ':1: reconcile may not import adapters (src/adapters/random.ts)',
    },
    {
      name: 'reconcile that imports a package',
      path: 'src/reconcile/run.ts',
      text: "import limit from 'p-limit'",
      complaint: ':1: reconcile may not import p-limit',
    },
    {
      name: 'an adapter that imports reconcile',
      path: 'src/adapters/random.ts',
      text: "import { x } from '../reconcile/run.ts'",
      complaint: ':1: adapters may not import reconcile (src/reconcile/run.ts)',
    },
    {
      name: 'an adapter that imports the app',
      path: 'src/adapters/stores/file.ts',
      text: "import { x } from '../../app/compose.ts'",
      complaint: ':1: adapters may not import app (src/app/compose.ts)',
    },
    {
      name: 'a store that knows Entra',
      path: 'src/adapters/stores/vault.ts',
      text: "import { x } from '../entra/sign-in.ts'",
      complaint: ':1: adapters/stores may not import adapters/entra (src/adapters/entra/sign-in.ts)',
    },
    {
      name: 'Azure DevOps that knows a store',
      path: 'src/adapters/azure-devops/client.ts',
      text: "import { x } from '../stores/vault.ts'",
      complaint: ':1: adapters/azure-devops may not import adapters/stores (src/adapters/stores/vault.ts)',
    },
    {
      name: 'a target that knows a store',
      path: 'src/adapters/targets/file.ts',
      text: "import { x } from '../stores/vault.ts'",
      complaint: ':1: adapters/targets may not import adapters/stores (src/adapters/stores/vault.ts)',
    },
    {
      name: 'the shared client that knows a vendor',
      path: 'src/adapters/http/client.ts',
      text: "import { x } from '../entra/sign-in.ts'",
      complaint: ':1: adapters/http may not import adapters/entra (src/adapters/entra/sign-in.ts)',
    },
    {
      name: 'a shared file that knows a vendor',
      path: 'src/adapters/clock.ts',
      text: "import { x } from './entra/sign-in.ts'",
      complaint: ':1: adapters may not import adapters/entra (src/adapters/entra/sign-in.ts)',
    },
    {
      name: 'the app that imports the cli',
      path: 'src/app/compose.ts',
      text: "import { x } from '../cli/main.ts'",
      complaint: ':1: app may not import cli (src/cli/main.ts)',
    },
    {
      name: 'the app that imports the service',
      path: 'src/app/compose.ts',
      text: "import { x } from '../service/http.ts'",
      complaint: ':1: app may not import service (src/service/http.ts)',
    },
    {
      name: 'the service that reaches past the app',
      path: 'src/service/http.ts',
      text: "import { x } from '../adapters/random.ts'",
      complaint: ':1: service may not import adapters (src/adapters/random.ts)',
    },
    {
      name: 'the cli that reaches past the app',
      path: 'src/cli/main.ts',
      text: "import { x } from '../adapters/random.ts'",
      complaint: ':1: cli may not import adapters (src/adapters/random.ts)',
    },
    {
      name: 'the emulator that imports ours',
      path: 'src/emulator/server.ts',
      text: "import { x } from '../core/time.ts'",
      complaint: ':1: emulator may not import core (src/core/time.ts)',
    },
    {
      name: 'anybody but the cli that imports the emulator',
      path: 'src/app/compose.ts',
      text: "import { x } from '../emulator/server.ts'",
      complaint: ':1: app may not import emulator (src/emulator/server.ts)',
    },
    {
      name: 'a type-only import',
      path: 'src/core/plan.ts',
      text: "import type { Clock } from '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'a type in an import of values',
      path: 'src/core/plan.ts',
      text: "import { type Clock } from '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'an import for its side effect',
      path: 'src/core/plan.ts',
      text: "import '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'a namespace import',
      path: 'src/core/plan.ts',
      text: "import * as fs from 'node:fs'",
      complaint: ':1: core may not import node:fs',
    },
    {
      name: 'a dynamic import',
      path: 'src/core/plan.ts',
      text: "export const load = () => import('../ports/clock.ts')",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'a dynamic import in a template',
      path: 'src/core/plan.ts',
      text: 'export const load = () => import(`node:fs`)',
      complaint: ':1: core may not import node:fs',
    },
    {
      name: 'a dynamic import of who knows what',
      path: 'src/core/plan.ts',
      text: 'export const load = (name: string) => import(`./${name}.ts`)',
      complaint: ':1: the address of an import must be written out',
    },
    {
      name: 'a re-export',
      path: 'src/core/plan.ts',
      text: "export { x } from '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'a re-export of a type',
      path: 'src/core/plan.ts',
      text: "export type { Clock } from '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'a re-export of all',
      path: 'src/core/plan.ts',
      text: "export * from '../ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'an import within a type',
      path: 'src/core/plan.ts',
      text: "export type X = import('../ports/clock.ts').Clock",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'the require of old',
      path: 'src/core/plan.ts',
      text: "export const fs = require('node:fs')",
      complaint: ':1: core may not import node:fs',
    },
    {
      name: 'a detour over the root',
      path: 'src/core/plan.ts',
      text: "import { x } from '../../src/ports/clock.ts'",
      complaint: ':1: core may not import ports (src/ports/clock.ts)',
    },
    {
      name: 'an import of a test',
      path: 'src/cli/main.ts',
      text: "import { x } from '../../test/support/builders.ts'",
      complaint: ':1: imports test/support/builders.ts, which is not under src',
    },
    {
      name: 'an alias',
      path: 'src/cli/main.ts',
      text: "import { x } from '#core/time.ts'",
      complaint: ':1: imports #core/time.ts; write a relative path',
    },
    {
      name: 'a module of Node.js without its prefix',
      path: 'src/cli/main.ts',
      text: "import { readFileSync } from 'fs'",
      complaint: ':1: write node:fs',
    },
    { name: 'a folder that is no layer', path: 'src/common/time.ts', text: '', complaint: ': common is no layer' },
    { name: 'a file beside the layers', path: 'src/main.ts', text: '', complaint: ': src itself is no layer' },
  ]

  it.each(trees)('$name', ({ path, text, complaint }) => {
    expect(checkTree({ [path]: text }).complaints).toEqual([path + complaint])
  })

  it('each of several, with its line', () => {
    const text = "// a comment\nimport { a } from '../app/a.ts'\n\nimport 'zod'\nexport * from './time.ts'\n"
    expect(checkTree({ 'src/core/a.ts': text, 'src/core/b.ts': "import 'zod'" }).complaints.toSorted()).toEqual([
      'src/core/a.ts:2: core may not import app (src/app/a.ts)',
      'src/core/a.ts:4: core may not import zod',
      'src/core/b.ts:1: core may not import zod',
    ])
  })

  it('nothing to look at, for a guard that sees nothing guards nothing', () => {
    expect(checkTree({ 'lib/core/a.ts': "import 'zod'" }).complaints).toEqual(['there is no file under src to look at'])
  })

  it('a file that cannot be parsed', () => {
    expect(() => checkTree({ 'src/core/a.ts': 'import {' })).toThrow('src/core/a.ts cannot be parsed')
  })
})

it('the guard of the layers lets pass what is allowed', () => {
  const report = checkTree({
    'src/core/plan.ts': "import { x } from './time.ts'",
    'src/ports/store.ts': "import type { Secret } from '../core/secret.ts'\nimport type { Limits } from './limits.ts'",
    'src/reconcile/run.ts': "import { x } from '../core/plan.ts'\nimport type { Store } from '../ports/store.ts'",
    'src/adapters/stores/vault.ts':
      "import { x } from '../http/client.ts'\nimport '../clock.ts'\nimport './name.ts'\nimport '../../core/time.ts'\nimport 'node:fs'\nimport '@azure/identity'",
    'src/app/compose.ts':
      "import '../adapters/stores/vault.ts'\nimport '../reconcile/run.ts'\nexport const load = () => import('zod')",
    'src/service/http.ts': "import '../app/compose.ts'\nimport 'node:http'",
    'src/cli/main.ts':
      "import '../app/compose.ts'\nimport '../service/http.ts'\nimport '../emulator/server.ts'\nimport meta from '../../package.json' with { type: 'json' }",
    'src/emulator/server.ts': "import 'node:http'\nimport './clock.ts'\nimport { generate } from 'selfsigned'",
    'src/emulator/notes.md': "import 'everything'",
  })
  expect(report.complaints).toEqual([])
  expect(report.imports).toBe(23)
  expect(Object.fromEntries(report.files)).toMatchObject({ core: 1, emulator: 1, adapters: 1 })
})

describe('the layers of this project', () => {
  const report = checkLayers(trackedFiles())

  it('import downwards only', () => {
    expect(report.complaints).toEqual([])
  })

  it.each([
    ['core', 15],
    ['ports', 8],
    ['reconcile', 10],
    ['adapters', 20],
    ['app', 10],
    ['cli', 8],
    ['emulator', 30],
  ])('were all looked at: %s has at least %i files', (layer, least) => {
    expect(report.files.get(layer)).toBeGreaterThanOrEqual(least)
  })

  it('were looked into: there are hundreds of imports', () => {
    expect(report.imports).toBeGreaterThan(400)
  })
})
