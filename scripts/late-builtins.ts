import type { Plugin } from 'rolldown'

/**
 * Modules of Node.js that parts of the start import for functions which few calls reach. To import `node:util` takes as
 * long as a seventh of an empty Node, for its exports are all made at once; so these ask for the module when called.
 */
const late: Readonly<Record<string, readonly string[]>> = {
  'node:util': ['stripVTControlCharacters', 'styleText'],
  'node:child_process': ['spawn'],
}

const start = /\/node_modules\/commander\/|\/src\/cli\/terminal\.ts$/
const prefix = '\0late:'

/** Gives the modules of the start functions that load a module of Node.js on their first call. */
export function lateBuiltins(): Plugin {
  return {
    name: 'late-builtins',
    resolveId(source, importer) {
      return importer !== undefined && start.test(importer) && Object.hasOwn(late, source) ? prefix + source : null
    },
    load(id) {
      if (!id.startsWith(prefix)) return null
      const module = id.slice(prefix.length)
      const functions = (late[module] ?? []).map(
        (name) => `export const ${name} = (...given) => process.getBuiltinModule('${module}').${name}(...given)`,
      )
      return `${functions.join('\n')}\nexport default { ${(late[module] ?? []).join(', ')} }`
    },
  }
}
