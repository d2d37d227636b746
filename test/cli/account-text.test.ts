import { expect, test } from 'vitest'
import type { AccountState } from '../../src/app/account-states.ts'
import { tellSignIns } from '../../src/cli/account-text.ts'
import type { Speech } from '../../src/cli/speech.ts'
import { PatrolError } from '../../src/core/errors.ts'
import { instant } from '../../src/core/time.ts'

/** What is told of these accounts. */
function toldOf(accounts: readonly AccountState[], said: readonly string[]): readonly string[] {
  const told: string[] = []
  const speech: Pick<Speech, 'warn' | 'failed'> = {
    warn: (text) => told.push(text),
    failed: ({ message }) => told.push(message),
  }
  tellSignIns(speech, accounts, instant(0), new Set(said))
  return told
}

const dead = (account: string): AccountState => ({
  account,
  method: 'refresh-token',
  state: 'expired',
  life: undefined,
  failure: new PatrolError('sign-in-expired', `account ${account}: dead`),
})

test('two accounts whose sign-ins are dead are both named, whatever was said of one of them', () => {
  expect(toldOf([dead('one'), dead('two')], [])).toEqual(['account one: dead', 'account two: dead'])
  expect(toldOf([dead('one'), dead('two')], ['account one: dead'])).toEqual(['account two: dead'])
})
