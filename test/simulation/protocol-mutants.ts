import type { Mutant } from './mutants.ts'
import { wishMutants } from './wish-mutants.ts'

const deliver = 'src/reconcile/deliver.ts'
const execute = 'src/reconcile/execute.ts'
const gate = 'src/core/gate.ts'
const mint = 'src/reconcile/mint.ts'
const observe = 'src/reconcile/observe.ts'
const estate = 'src/reconcile/estate.ts'
const retirements = 'src/core/retirements.ts'
const retire = 'src/reconcile/retire.ts'
const run = 'src/reconcile/run.ts'
const storing = 'src/reconcile/store-generation.ts'
const turn = 'src/reconcile/turn.ts'

/** The protocol with one sentence left out, for each sentence; and with steps swapped or comparisons turned. */
export const protocolMutants: readonly Mutant[] = [
  {
    name: 'no deadline',
    sentence: 'after its deadline a turn sends nothing that changes anything',
    edits: [
      { file: turn, find: 'return this.beganAt + this.token.turnLimit', replace: 'return Number.MAX_SAFE_INTEGER' },
    ],
  },
  {
    name: 'newest stamp is current',
    sentence: 'current is what the store says, never the greatest of our time-stamps',
    edits: [
      {
        file: estate,
        find: 'const again = await currentVersion(store, place.secretName)',
        replace:
          "const stamp = (version: Version) => (version.reading.kind === 'read' ? version.reading.metadata.writtenAt : 0)\n    const again = versions.toSorted((left, right) => stamp(right) - stamp(left))[0]",
      },
      {
        file: turn,
        find: 'if (generation === seen && now?.enabled === facts.current?.enabled) return',
        replace: 'if (generation !== undefined || seen === undefined) return',
      },
    ],
  },
  {
    name: 'lists are believed',
    sentence: 'a current PAT that the list lacks is tried with a real call before it is called revoked',
    edits: [
      {
        file: estate,
        find: 'currentWorks: await this.#tryCurrent(token, facts)',
        replace: 'currentWorks: (await this.#tryCurrent(token, facts)) === null',
      },
    ],
  },
  {
    name: 'revoke on an unknown store',
    sentence: 'never revoke a generation on an unknown store: a late commit would make a dead PAT current',
    edits: [
      {
        file: storing,
        find: "if (outcome !== 'none') return 'unknown'",
        replace: "if (outcome !== 'none' && pat.validFrom < 0) return 'unknown'",
      },
    ],
  },
  {
    name: 'no look after the store',
    sentence: 'after the store the generation must still be active, else start anew',
    edits: [
      {
        file: mint,
        find: 'if (await isLetIn(turn, minted)) {',
        replace: 'if ((await isLetIn(turn, minted)) || attempt > 0) {',
      },
    ],
  },
  {
    name: 'record before the delivery',
    sentence: 'a record is written after the delivery',
    edits: [
      {
        file: deliver,
        find: 'const taken = await deliverTo(turn, name, metadata, stored.value)',
        replace:
          'await record(turn, metadata.generation, [{ target: name, failure: undefined, receipt: undefined, beganAt, endedAt: beganAt }])\n      const taken = await deliverTo(turn, name, metadata, stored.value)',
      },
    ],
  },
  {
    name: 'nothing need settle',
    sentence: 'a delivery opens the gate only if it began orphanAfter after its version was stored',
    edits: [
      {
        file: gate,
        find: 'return record.beganAt !== undefined && record.beganAt >= settlesAt(token, current)',
        replace: 'return record.beganAt !== undefined || settlesAt(token, current) > 0',
      },
    ],
  },
  {
    name: 'overlap from our stamp',
    sentence: "the overlap counts from the store's own stamp, not from ours, which is older",
    edits: [
      {
        file: gate,
        find: 'latest(after(current.createdAt, second), ...delivered)',
        replace: 'latest(metadata.writtenAt, ...delivered)',
      },
    ],
  },
  {
    name: 'superseded by the tag',
    sentence: "superseded is decided by PAT, from the versions themselves, never from one instance's tag",
    edits: [
      {
        file: gate,
        find: 'if (stands || replaced || currentMetadata(facts)?.supersedes.includes(pat.authorizationId))',
        replace:
          'if ((stands && versions.length === 0) || (replaced && versions.length === 0) || currentMetadata(facts)?.supersedes.includes(pat.authorizationId))',
      },
    ],
  },
  {
    name: 'read in the wrong order, never again, and trusted',
    sentence:
      'PATs are read first, then the current version, then all versions; the current one is read again after that, and again before a revocation',
    edits: [
      {
        file: observe,
        find: '  await estate.readPats(looked)\n  await estate.readCurrent(looked)\n',
        replace: '  await estate.readCurrent(looked)\n  await estate.readPats(looked)\n',
      },
      {
        file: observe,
        find: "  world.reporter.report({ kind: 'observing', what: 'personal access tokens' })",
        replace: '  await estate.readCurrent(telling)',
      },
      {
        file: observe,
        find: '  await estate.readManaged(rules)\n  await estate.readCurrent(telling)\n',
        replace: '  await estate.readManaged(rules)\n',
      },
      {
        file: 'src/reconcile/estate.ts',
        find: 'const moved = generationIn(again) !== generationIn(seen.current)',
        replace: 'const moved = again === null',
      },
      { file: retirements, find: 'isOpen: oldEnoughAt <= now,', replace: 'isOpen: oldEnoughAt > 0,' },
      {
        file: turn,
        find: 'if (generation === seen && now?.enabled === facts.current?.enabled) return',
        replace: 'if (generation === seen || seen !== null) return',
      },
    ],
  },
  {
    name: 'the oldest orphan goes at once',
    sentence: 'a marked PAT that is older than every version was handed out: it waits for the gate',
    edits: [
      {
        file: gate,
        find: 'if (unreadable || pat.validFrom < oldest)',
        replace: 'if (unreadable || pat.validFrom < oldest - Number.MAX_SAFE_INTEGER)',
      },
    ],
  },
  {
    name: 'versions are disabled young',
    sentence: 'an enabled version of a dead PAT is disabled only when older than orphanAfter',
    edits: [
      {
        file: retirements,
        find: 'const old = after(after(version.createdAt, token.orphanAfter), slack) <= now',
        replace: 'const old = version.createdAt <= now',
      },
    ],
  },
  {
    name: 'orphans are collected young',
    sentence: 'only orphans older than orphanAfter are collected',
    edits: [
      {
        file: gate,
        find: 'collectAt: after(after(pat.validFrom, token.orphanAfter), slack)',
        replace: 'collectAt: pat.validFrom',
      },
    ],
  },
  {
    name: 'no delivery gate',
    sentence: 'a superseded PAT goes only when every target has its successor',
    edits: [
      {
        file: gate,
        find: '  if (lacks(record)) {\n    const named',
        replace: '  if (lacks(record) && target === undefined) {\n    const named',
      },
    ],
  },
  {
    name: 'a changed copy is taken for the one that was delivered',
    sentence: 'nothing is revoked while a target shows that it no longer has the successor',
    edits: [
      {
        file: gate,
        find: "if (copy?.kind === 'overwritten' || copy?.kind === 'gone') return `",
        replace: 'if (copy === null) return `',
      },
    ],
  },
  {
    name: 'a copy that could not be seen is taken for intact',
    sentence: 'nothing is revoked while a target that could tell gives no answer',
    edits: [{ file: gate, find: "if (copy?.kind === 'unseen') return `", replace: 'if (copy === null) return `' }],
  },
  {
    name: 'a changed copy stays',
    sentence: 'a copy that was overwritten or is gone is delivered again',
    edits: [
      {
        file: 'src/core/deliveries.ts',
        find: "if (copy?.kind === 'overwritten' || copy?.kind === 'gone') {",
        replace: 'if (copy === null) {',
      },
    ],
  },
  {
    name: 'groups are in no order',
    sentence: 'a target of a later group gets a value only when those of the earlier groups have it',
    edits: [
      {
        file: deliver,
        find: 'if (groupOf(token, name) >= groupOf(token, target)) return false',
        replace: 'if (groupOf(token, name) >= 0) return false',
      },
    ],
  },
  {
    name: 'no overlap',
    sentence: 'a superseded PAT goes only after the overlap',
    edits: [
      {
        file: gate,
        find: "return opensAt <= now ? { kind: 'open' }",
        replace: "return opensAt <= now || opensAt > 0 ? { kind: 'open' }",
      },
    ],
  },
  {
    name: 'the gate opens backwards',
    sentence: 'the gate opens after its time, not before',
    edits: [
      {
        file: gate,
        find: "return opensAt <= now ? { kind: 'open' }",
        replace: "return opensAt >= now ? { kind: 'open' }",
      },
    ],
  },
  {
    name: 'the mark is forgotten',
    sentence: "only PATs with this installation's mark are collected",
    edits: [
      {
        file: 'src/core/facts.ts',
        find: 'return own !== undefined && markOf(pat.displayName)?.installation === own',
        replace: 'return own !== undefined && markOf(pat.displayName)?.base === token.displayName',
      },
      {
        file: 'src/core/facts.ts',
        find: 'index.byInstallation(own).map(({ pat }) => pat)',
        replace: 'index.byBase(token.displayName)',
      },
    ],
  },
  {
    name: 'stored before it is proven',
    sentence: 'verify, then store',
    edits: [
      {
        file: mint,
        find: '    await verify(turn, minted)\n    return metadata',
        replace:
          '    await storeGeneration(turn, minted, metadata)\n    await verify(turn, minted)\n    return metadata',
      },
    ],
  },
  {
    name: 'revoked before it is disabled',
    sentence: 'disable the old version, then DELETE the PAT, so that the active PAT drives the repeat',
    edits: [
      {
        file: retire,
        find: '  for (const version of facts.versions ?? []) {',
        replace: '  await revokePat(turn, facts, authorizationId)\n  for (const version of facts.versions ?? []) {',
      },
    ],
  },
  {
    name: 'the old one goes with the mint',
    sentence: 'a superseded PAT is revoked in a later run',
    edits: [
      {
        file: execute,
        find: "  const minted: Result = { token: token.name, kind: 'mint', reason, status: 'done', authorizationId, validTo }",
        replace:
          "  const minted: Result = { token: token.name, kind: 'mint', reason, status: 'done', authorizationId, validTo }\n  const old = currentPat(token, facts)?.authorizationId\n  if (old !== undefined) await turn.authority.revoke(token.organization, old, turn.limits())",
      },
    ],
  },
  {
    name: 'a delivery is not looked at again',
    sentence: 'delivery ends by reading the current generation again, and delivers that one if it moved',
    edits: [
      {
        file: deliver,
        find: '      if (generationIn(await turn.currentVersion()) === metadata.generation)\n        return [',
        replace: '      return [',
      },
      {
        file: deliver,
        find: 'if (generationIn(latest) === metadata.generation) {',
        replace: 'if (latest !== null) {',
      },
    ],
  },
  {
    name: 'a late store is not looked for',
    sentence: 'after an unknown store the generation is looked for, before it is stored again',
    edits: [
      {
        file: storing,
        find: 'if (await isStored(turn, metadata.generation)) return',
        replace: 'if ((await isStored(turn, metadata.generation)) && attempt < 0) return',
      },
    ],
  },
  {
    name: 'an end within the overlap is left',
    sentence: 'a due PAT that would expire inside its overlap is extended before it is superseded',
    edits: [{ file: mint, find: '    await bridge(turn, facts, minted.pat)\n', replace: '' }],
  },
  {
    name: 'an extension is believed to keep the value',
    sentence: 'a stored value is tried after its PAT was extended',
    edits: [
      {
        file: 'src/reconcile/extend.ts',
        find: 'return !(await isLetIn(turn, { pat, value: stored.value }))',
        replace: 'return (await isLetIn(turn, { pat, value: stored.value })) === null',
      },
    ],
  },
  {
    name: 'a lost mint is forgotten',
    sentence: 'after an unknown mint the generation is looked for and revoked, for its value is lost',
    edits: [{ file: mint, find: '      await revokeLost(turn, generation)\n', replace: '' }],
  },
  {
    name: 'no orphan is ever collected',
    sentence: 'orphans are collected',
    edits: [
      {
        file: retirements,
        find: 'if (standing.collectAt <= now) actions.push(action)',
        replace: 'if (standing.collectAt <= now && standing.collectAt < 0) actions.push(action)',
      },
    ],
  },
  {
    name: 'our own clock is believed',
    sentence: "all times are the services'",
    edits: [
      {
        file: 'src/core/skew.ts',
        find: "  return { kind: 'corrected', offset: duration(offset) }",
        replace: "  return { kind: 'corrected', offset: duration(offset * 0) }",
      },
    ],
  },
  {
    name: 'a clock that is not reliable is worked with',
    sentence: 'above 24 hours nothing is changed',
    edits: [
      {
        file: run,
        find: "if (skew.kind === 'unreliable') return",
        replace: "if (skew.kind === 'unreliable' && proposals.length < 0) return",
      },
      {
        file: turn,
        find: "if (skew.kind === 'unreliable') throw",
        replace: "if (skew.kind === 'unreliable' && this.beganAt < 0) throw",
      },
    ],
  },
  {
    name: 'one failure ends the run',
    sentence: 'tokens are independent: one that fails delays no other',
    edits: [
      {
        file: observe,
        find: '    return { token, failure: asPatrolError(error) }',
        replace: '    throw asPatrolError(error)',
      },
    ],
  },
  {
    name: 'a record goes onto what was read before the delivery',
    sentence: 'a record is put onto metadata read just before, so that it overwrites nothing that somebody else noted',
    edits: [
      {
        file: deliver,
        find: '      await record(turn, metadata.generation, outcomes)',
        replace: '      await record(turn, metadata.generation, outcomes, stored)',
      },
      {
        file: deliver,
        find: 'outcomes: readonly Outcome[]): Promise<void> {\n  const stored = await turn.store.read(turn.place.secretName)\n',
        replace: 'outcomes: readonly Outcome[], stored: any): Promise<void> {\n',
      },
    ],
  },
  {
    name: 'a record goes to whatever is current',
    sentence: 'metadata is changed by version id',
    edits: [
      {
        file: deliver,
        find: 'turn.store.updateMetadata(turn.place.secretName, id, updated, limits)',
        replace:
          'turn.currentVersion().then((now) => turn.store.updateMetadata(turn.place.secretName, now?.id ?? id, updated, limits))',
      },
    ],
  },
  {
    name: 'a note writes more than it changes',
    sentence: 'a change of metadata sends only what changes',
    edits: [
      {
        file: 'test/simulation/estate.ts',
        find: '    version.tags = tags\n',
        replace: '    version.tags = tags\n    version.enabled = true\n',
      },
    ],
  },
  {
    name: 'only configured targets count',
    sentence: 'the gate counts targets in the record and in the configuration',
    edits: [
      {
        file: gate,
        find: 'return new Set([...token.targets, ...metadata.deliveries.map((delivery) => delivery.target)])',
        replace:
          'return new Set([...token.targets, ...metadata.deliveries.slice(0, 0).map((delivery) => delivery.target)])',
      },
    ],
  },
  {
    name: 'only recorded targets count',
    sentence: 'the gate counts targets in the record and in the configuration',
    edits: [
      {
        file: gate,
        find: 'return new Set([...token.targets, ...metadata.deliveries.map((delivery) => delivery.target)])',
        replace:
          'return new Set([...token.targets.slice(0, 0), ...metadata.deliveries.map((delivery) => delivery.target)])',
      },
    ],
  },
  {
    name: 'a first value need not settle',
    sentence: 'also what was delivered of a version that replaces none is delivered once more',
    edits: [
      {
        file: gate,
        find: 'return record.beganAt !== undefined && record.beganAt >= settlesAt(token, current)',
        replace:
          "const first = current.reading.kind === 'read' && current.reading.metadata.supersedes.length === 0\n  return first || (record.beganAt !== undefined && record.beganAt >= settlesAt(token, current))",
      },
    ],
  },
  {
    name: 'an only version need not settle',
    sentence: 'that a version is the only one, or replaces none where the others were not read, is no exception',
    edits: [
      {
        file: gate,
        find: 'return isSettled(token, current, record)\n',
        replace: 'return isSettled(token, current, record, facts)\n',
      },
      {
        file: gate,
        find: '|| isSettled(token, current, record)) return open',
        replace: '|| isSettled(token, current, record, facts)) return open',
      },
      {
        file: 'src/core/deliveries.ts',
        find: 'if (isSettled(token, current, record)) return undefined',
        replace: 'if (isSettled(token, current, record, facts)) return undefined',
      },
      {
        file: gate,
        find: 'current: Version, record: Delivery): boolean {\n',
        replace:
          'current: Version, record: Delivery, facts: Facts): boolean {\n  const none = currentMetadata(facts)?.supersedes.length === 0\n  if (facts.versions === undefined ? none : facts.versions.length === 1) return true\n',
      },
    ],
  },
  {
    name: 'no slack',
    sentence: 'every gate opens a minute later than the rule says',
    edits: [
      {
        file: gate,
        find: 'export const slack = minute',
        replace: 'export const slack = after(0 as Instant, 0 as never) as never',
      },
    ],
  },
  {
    name: 'stamps are taken for exact, without slack',
    sentence: "the overlap of a store's readers counts from its stamp and one second",
    edits: [
      {
        file: gate,
        find: 'export const slack = minute',
        replace: 'export const slack = after(0 as Instant, 0 as never) as never',
      },
      {
        file: gate,
        find: 'latest(after(current.createdAt, second), ...delivered)',
        replace: 'latest(current.createdAt, ...delivered)',
      },
    ],
  },
  {
    name: 'requests outlive their turn',
    sentence: 'requests time out soon enough that none can land later than orphanAfter after the turn began',
    edits: [
      {
        file: turn,
        find: 'timeout: shortest(longestRequest, duration((orphanAfter - turnLimit) / 2)),',
        replace: 'timeout: duration(orphanAfter * 2 - turnLimit),',
      },
    ],
  },
  {
    name: 'revoked young, and without a last look',
    sentence:
      'a superseded PAT goes no sooner than orphanAfter after it was minted, and just before that the current generation is read again',
    edits: [
      { file: retirements, find: 'isOpen: oldEnoughAt <= now,', replace: 'isOpen: oldEnoughAt > 0,' },
      {
        file: turn,
        find: 'if (generation === seen && now?.enabled === facts.current?.enabled) return',
        replace: 'if (generation === seen || seen !== null) return',
      },
    ],
  },
  {
    name: 'the last look comes too late',
    sentence: 'the current generation is read before each disabling and each DELETE, not after them',
    edits: [
      { file: retirements, find: 'isOpen: oldEnoughAt <= now,', replace: 'isOpen: oldEnoughAt > 0,' },
      {
        file: retire,
        find: 'if (turn.token.place !== undefined) await turn.assertUnmoved(facts, heedsHold)',
        replace: 'if (turn.token.place === null) await turn.assertUnmoved(facts, heedsHold)',
      },
      {
        file: retire,
        find: '      await turn.assertUnmoved(facts, heedsHold)\n      await turn.store.disable(secretName, version, limits)',
        replace:
          '      await turn.store.disable(secretName, version, limits)\n      await turn.assertUnmoved(facts, heedsHold)',
      },
    ],
  },
  {
    name: 'extended after it was superseded',
    sentence: 'a due PAT that would expire inside its overlap is extended first',
    edits: [
      {
        file: mint,
        find: `    await bridge(turn, facts, minted.pat)
    const replaced = currentMetadata(facts)?.authorizationId ?? turn.token.covers
    await storeGeneration(turn, minted, await withWhatGoesOn(turn, facts, metadata), replaced)
`,
        replace: `    const replaced = currentMetadata(facts)?.authorizationId ?? turn.token.covers
    await storeGeneration(turn, minted, await withWhatGoesOn(turn, facts, metadata), replaced)
    await bridge(turn, facts, minted.pat)
`,
      },
    ],
  },
  {
    name: 'a delivery at the very moment settles',
    sentence: 'a delivery settles if it began orphanAfter and a second after its version was stored',
    edits: [
      {
        file: gate,
        find: 'record.beganAt >= settlesAt(token, current)',
        replace: 'record.beganAt > settlesAt(token, current)',
      },
    ],
  },
  {
    name: 'an orphan as old as the oldest version waits',
    sentence: 'only a PAT that is older than every version was handed out before its secret moved',
    edits: [{ file: gate, find: 'pat.validFrom < oldest', replace: 'pat.validFrom <= oldest' }],
  },
  ...wishMutants,
]
