import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { families } from '../../../src/adapters/entra/aadsts-table.ts'
import { passwordSignIn } from '../../../src/adapters/entra/password-flow.ts'
import { asPatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { knownCodes } from '../../../src/emulator/entra/entra-error.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

let world: EmulatedWorld
beforeAll(async () => {
  world = await emulatedWorld()
})
afterAll(() => world.close())

describe('every number that the program knows', () => {
  it.each([...families])(
    'AADSTS%i is one that the emulator knows, and comes through MSAL as what it is',
    async (code, family) => {
      expect(knownCodes.has(code)).toBe(true)
      const { emulator, transport, clock, stop } = world
      const fault = emulator.fault({
        service: 'entra',
        pathIncludes: '/token',
        times: Infinity,
        effect: { kind: 'aadsts', code },
      })
      const signIn = world.watched(
        passwordSignIn(
          { name: 'bot', tenant: async () => tenant, username: user, password: new Secret(emulator.password(user)) },
          {
            transport,
            clock,
            reporter: { report: () => undefined },
            stopping: () => stop.signal.aborted,
            entra: emulator.endpoints.entra,
            entraOverridden: true,
          },
        ),
      )
      const error = await signIn.accessToken('azure-devops').then(() => expect.fail('it was let in'), asPatrolError)
      fault.cancel()
      expect(error.code).toBe(family.code)
      expect(error.message).toContain(`(AADSTS${code})`)
      expect(error.remedy).toBe(family.remedy.replaceAll('{account}', 'bot'))
      // What time may heal is tried again; whatever else, never.
      expect(fault.fired()).toBe(family.class === 'later' && family.ofAccount !== true ? 3 : 1)
    },
  )

  it('is told from one that nobody knows', () => {
    expect(knownCodes.has(4711)).toBe(false)
    expect(families.has(4711)).toBe(false)
  })
})
