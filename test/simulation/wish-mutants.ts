import type { Mutant } from './mutants.ts'

const adopt = 'src/reconcile/adopt.ts'
const emergency = 'src/reconcile/emergency.ts'
const hold = 'src/reconcile/hold.ts'
const inForce = 'src/core/hold-in-force.ts'
const retirement = 'src/reconcile/retirement.ts'
const putBack = 'src/reconcile/put-back.ts'
const revocations = 'src/reconcile/revocations.ts'
const rollback = 'src/reconcile/rollback.ts'
const succession = 'src/core/succession.ts'

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
      {
        file: revocations,
        find: 'const lacking = evenUndelivered ? undefined',
        replace: 'const lacking = evenUndelivered || facts.observedAt > 0 ? undefined',
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
  {
    name: 'a retirement gives no time',
    sentence: 'the consumers of a retired token have the time that they were given',
    edits: [
      {
        file: retirement,
        find: "else if (noted?.stops !== 'retirement' && version?.enabled === true) {",
        replace: "else if (noted?.stops === 'revocation' && version?.enabled === true) {",
      },
    ],
  },
  {
    name: 'a retirement leaves what is superseded',
    sentence: 'a retirement ends all PATs of its token',
    edits: [
      {
        file: revocations,
        find: 'const others = await revokeOthers(world, lists, token)',
        replace: 'const others: readonly Result[] = []',
      },
    ],
  },
  {
    name: 'a retirement takes no copy back',
    sentence: 'a retirement removes the copies that it can tell',
    edits: [
      {
        file: retirement,
        find: 'const copies = await removeCopies(world, lists, token, recorded)',
        replace: 'const copies = await removeCopies(world, lists, token, recorded.slice(0, 0))',
      },
    ],
  },
  {
    name: 'a PAT is adopted twice',
    sentence: 'a PAT that another secret has is not adopted',
    edits: [{ file: adopt, find: '  await refuseOwned(world, pat)\n', replace: '' }],
  },
  {
    name: 'an adoption takes the place of a value',
    sentence: 'an adoption stores the first value of a token, and none over another',
    edits: [
      { file: adopt, find: '  if (present !== undefined) {', replace: '  if (present === null) {' },
      { file: adopt, find: 'if (meanwhile !== undefined && ', replace: 'if (meanwhile === null && ' },
    ],
  },
  {
    name: 'a rollback is held too late',
    sentence: 'the hold of a rollback stands before anything is looked at',
    edits: [
      {
        file: rollback,
        find: 'if (plan.hold !== undefined) await',
        replace: "if (plan.hold !== undefined && plan.kind === 'standing') await",
      },
    ],
  },
  {
    name: 'a rollback is rotated right back',
    sentence: 'the hold of a rollback stops replacements, too',
    edits: [{ file: 'src/core/rollback.ts', find: "    stops: 'replacement',", replace: "    stops: 'revocation'," }],
  },
  {
    name: 'a rollback delivers nothing',
    sentence: 'a rollback gives every target the older value',
    edits: [
      {
        file: rollback,
        find: 'const delivered = await deliver(turn, lacking)',
        replace: 'const delivered = await deliver(turn, lacking.slice(0, 0))',
      },
    ],
  },
  {
    name: 'a rollback keeps the generation',
    sentence: 'a rollback writes a version with a generation of its own',
    edits: [
      {
        file: putBack,
        find: 'metadataOfRollback(turn.token, facts, predecessor, made)',
        replace:
          'metadataOfRollback(turn.token, facts, predecessor, { ...made, generation: predecessor.metadata.generation })',
      },
    ],
  },
  {
    name: 'the write of a rollback is not looked for',
    sentence: 'a lost answer to the write of a rollback is resolved by reading back',
    edits: [
      {
        file: putBack,
        find: `await writeOnce(turn, value, metadata, async () => {
    if (generationIn(await turn.currentVersion()) !== generationIn(facts.current)) throw movedOn(token)
  })`,
        replace: `await turn.mutate('store', async (limits) => {
    if (generationIn(await turn.currentVersion()) !== generationIn(facts.current)) throw movedOn(token)
    await turn.store.write(turn.place.secretName, value, metadata, limits)
  }).catch(asPatrolError)`,
      },
      {
        file: putBack,
        find: 'if (failure !== undefined && !isThere) throw',
        replace: 'if (failure !== undefined) throw',
      },
    ],
  },
  {
    name: 'a rollback believes what it saw before its hold',
    sentence: 'behind the hold of a rollback the facts are read anew',
    edits: [
      {
        file: putBack,
        find: 'const { facts } = await look(world, lists, token)',
        replace: 'const facts = seen',
      },
    ],
  },
  {
    name: 'one successor is enough',
    sentence: 'a replaced PAT goes when every token that replaces it is in place',
    edits: [
      {
        file: succession,
        find: '  if (first === undefined) return ',
        replace: '  if (first === undefined || closed.length < succession.successors.length) return ',
      },
    ],
  },
  {
    name: 'one word is enough',
    sentence: 'a replaced PAT goes only when every entry that names it says so',
    edits: [
      { file: succession, find: 'pat === undefined || !succession.revoke || ', replace: 'pat === undefined || ' },
    ],
  },
  {
    name: 'a replaced PAT has no overlap',
    sentence: 'a replaced PAT waits for the gate of each successor',
    edits: [
      {
        file: succession,
        find: '  return revocationGate(token, facts, now)',
        replace: "  return facts.current?.enabled === true ? { kind: 'open' } : revocationGate(token, facts, now)",
      },
    ],
  },
  {
    name: 'every successor ends a replaced PAT',
    sentence: 'a replaced PAT is revoked once, by the token that answers for it',
    edits: [
      {
        file: succession,
        find: 'answering(succession)?.name === token.name',
        replace: 'succession.successors.some((one) => one.token.name === token.name)',
      },
    ],
  },
]
