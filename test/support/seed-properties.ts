// vitest runs this before the tests of each file: all properties of a file draw from one seed.
import * as fc from 'fast-check'
import { propertySeed } from './property-seed.ts'

fc.configureGlobal({ seed: propertySeed(process.env, Math.random) })
