import type { Mutant } from './mutants.ts'

const emergency = 'src/reconcile/emergency.ts'
const hold = 'src/reconcile/hold.ts'
const inForce = 'src/core/hold-in-force.ts'
const revocations = 'src/reconcile/revocations.ts'

/** What persons ask for by hand, with a sentence of it left out. */
export const wishMutants: readonly Mutant[] = [
  {
    name: 'a hold is not heeded',
    sentence: 'while somebody holds a token nothing of it is revoked',
    edits: [
      {
        file: inForce,
        find: 'hold !== undefined && hold.until > now',
        replace: 'hold !== undefined && hold.until < 0',
      },
    ],
  },
  {
    name: 'a hold outlives its end',
    sentence: 'a hold whose time is over counts no more',
    edits: [
      { file: inForce, find: 'hold !== undefined && hold.until > now', replace: 'hold !== undefined && now > 0' },
    ],
  },
  {
    name: 'a held rotation goes on',
    sentence: 'while somebody holds its rotation a token gets no new value that it could do without',
    edits: [
      {
        file: 'src/core/renewal.ts',
        find: "if (!requested && stays && hold?.stops === 'replacement') {",
        replace: "if (!requested && stays && hold?.stops === 'retirement') {",
      },
    ],
  },
  {
    name: 'the next generation forgets the hold',
    sentence: 'a hold goes on in the next generation',
    edits: [
      {
        file: 'src/reconcile/mint.ts',
        find: 'return withHold(fits(named) ? named : metadata, hold)',
        replace: 'return withHold(fits(named) ? named : metadata, undefined)',
      },
    ],
  },
  {
    name: 'a hold of before the next generation counts no more',
    sentence: 'a hold that stands in an older version counts as well',
    edits: [
      {
        file: 'src/reconcile/mint.ts',
        find: 'return withHold(fits(named) ? named : metadata, hold)',
        replace: 'return withHold(fits(named) ? named : metadata, undefined)',
      },
      { file: inForce, find: '[current, ...(versions ?? [])]', replace: '[current, ...(versions ?? []).slice(0, 0)]' },
    ],
  },
  {
    name: 'a hold that came meanwhile is not looked for',
    sentence:
      'just before each DELETE or disable the current version is read again, and a hold that stands there counts',
    edits: [
      {
        file: 'src/reconcile/turn.ts',
        find: 'const hold = heedsHold ? holdOf',
        replace: 'const hold = heedsHold && facts.observedAt < 0 ? holdOf',
      },
    ],
  },
  {
    name: 'a hold is not read back',
    sentence: 'a hold is looked for once more when it was placed, because somebody may have written at the same time',
    edits: [{ file: hold, find: 'if (isSame((await', replace: 'if (round > 0 || isSame((await' }],
  },
  {
    name: 'a hold with a lost answer is given up',
    sentence: 'a lost answer to a hold is resolved by reading back',
    edits: [
      {
        file: hold,
        find: "if (failure.outcome === 'none') throw failure",
        replace: 'if (failure !== null) throw failure',
      },
    ],
  },
  {
    name: 'an emergency waits for no delivery',
    sentence: 'an emergency revokes when every target has the new value',
    edits: [
      {
        file: revocations,
        find: "own.some(({ kind }) => kind === 'mint') && own.every(({ status }) => status === 'done')",
        replace: "own.some(({ kind, status }) => kind === 'mint' && status === 'done')",
      },
    ],
  },
  {
    name: 'an emergency revokes before the new value',
    sentence: 'with revoke-now the new value comes first',
    edits: [
      {
        file: emergency,
        find: "  if (revoking === 'first') {\n",
        replace: "  if (revoking === 'first' || before.length === 0) {\n",
      },
    ],
  },
  {
    name: 'an emergency forgets what is superseded',
    sentence: 'after an emergency nothing of before works',
    edits: [
      {
        file: revocations,
        find: "const ends = standing.kind === 'superseded' || (",
        replace: "const ends = standing.kind === 'stranger' || (",
      },
    ],
  },
]
