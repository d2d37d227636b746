import { evenHash } from '../../src/core/hash.ts'
import { day, hour, minute } from '../../src/core/time.ts'
import { Chance } from './chance.ts'
import { type Difference, differences, organizations } from './declared.ts'

/** How likely each kind of trouble is for one request, and what the world is like. A seed draws all of it. */
export interface Options {
  /** Milliseconds for which trouble lasts. */
  readonly storm: number
  /** All instances begin their runs at the same moments. */
  readonly aligned: boolean
  readonly orphanAfter: number
  readonly tokens: number
  /** The tokens are spread over so many of them. */
  readonly organizations: number
  readonly instances: number
  /** What the configuration of every instance but the first says differently. */
  readonly difference: Difference
  readonly concurrency: number
  readonly targets: number
  /** Targets cannot tell what they hold. */
  readonly blindTargets: boolean
  readonly methodRenew: boolean
  /** Milliseconds between two runs of one instance, on average. */
  readonly runEvery: number
  readonly lifetime: number
  readonly overlap: number
  /** Milliseconds that a request takes at most when nothing is wrong. */
  readonly latency: number
  readonly crash: number
  readonly lostAnswer: number
  readonly lateEffect: number
  readonly turnedAway: number
  readonly failed: number
  /** The process is suspended for up to some hours. */
  readonly freeze: number
  /** For one mint: the PAT works never, or is revoked by a scanner at once. */
  readonly stillborn: number
  readonly foundEarly: number
  /** In each of forty parts of the storm. */
  readonly revokedOutside: number
  readonly policyChanges: number
  /** Some targets take nothing for half a lifetime at most, which may be days. */
  readonly targetsDown: number
  /** For as long, an organization or the vault turns most calls away, or gives no answer to most. */
  readonly throttling: number
  readonly failing: number
  /** The clock of an instance's computer is set, and often set right again. */
  readonly clockSteps: number
  /** In each of forty parts of the storm: somebody puts something else in the place of a copy, or deletes it. */
  readonly drift: number
  /** For one delivery: the target says that it took the value, and keeps what it had. */
  readonly lies: number
  /** Each target of a token is of a later group than the one before. */
  readonly inGroups: boolean
  readonly secretsLost: number
  /** In each of forty parts of the storm: a person places a hold on a token, or releases it. */
  readonly holds: number
  /** A person asks for new values in an emergency. */
  readonly emergencies: number
  /** A token leaves the configuration, and a person ends it. */
  readonly retirements: number
  /** A person brings a PAT that was made by hand under management. */
  readonly adoptions: number
  /** Entries begin to name a PAT from before that they replace. */
  readonly successions: number
  /** A person puts the PAT of before in its place again. */
  readonly rollbacks: number
  readonly configurationChanges: number
  /** Every extension gives the PAT a new value, which nobody is told. */
  readonly extensionChangesValue: boolean
  /** The program does not run for weeks. */
  readonly absence: number
  readonly createLag: number
  readonly revokeLag: number
  readonly useLag: number
  /** Milliseconds by which a process's clock is wrong at most even after its correction. */
  readonly clockError: number
  /** Milliseconds by which the clock of an instance's computer is wrong at most to begin with, before its correction. */
  readonly clockWrong: number
}

/**
 * Each kind of trouble is often absent, sometimes rare and sometimes everywhere, so that seeds explore different worlds;
 * and so are the lives of tokens, for what is rare in weeks is common in hours.
 */
export function drawOptions(chance: Chance): Options {
  const rate = (most: number): number => chance.pick([0, 0, most / 20, most / 4, most])
  const lifetime = chance.pick([30 * day, 7 * day, 2 * day, 12 * hour])
  const renewBefore = lifetime / 3
  const drawn: Omit<Options, 'blindTargets' | 'drift' | 'lies' | 'inGroups' | Wishes> = {
    storm: lifetime * 2,
    tokens: chance.whole(1, 3),
    organizations: chance.whole(1, organizations.length),
    instances: chance.pick([1, 2, 2, 3]),
    difference: chance.pick(['none', 'none', 'none', ...differences]),
    aligned: chance.happens(0.5),
    concurrency: chance.pick([1, 3]),
    targets: chance.pick([0, 1, 2]),
    methodRenew: chance.happens(0.2),
    runEvery: Math.floor(renewBefore / chance.pick([4, 8, 16])),
    lifetime,
    overlap: Math.floor(renewBefore / chance.pick([2, 3, 8])),
    orphanAfter: Math.min(hour, renewBefore / 4),
    latency: chance.pick([50, 1_000, 30_000]),
    crash: rate(0.05),
    lostAnswer: rate(0.2),
    lateEffect: chance.pick([0, 0, 0.01, 0.1, 0.5]),
    turnedAway: rate(0.1),
    failed: rate(0.1),
    freeze: rate(0.03),
    stillborn: rate(0.2),
    foundEarly: rate(0.2),
    revokedOutside: rate(0.2),
    policyChanges: rate(0.1),
    targetsDown: rate(0.2),
    throttling: rate(0.2),
    failing: rate(0.2),
    clockSteps: rate(0.2),
    secretsLost: rate(0.05),
    configurationChanges: rate(0.1),
    extensionChangesValue: chance.happens(0.1),
    absence: rate(0.05),
    createLag: chance.pick([0, 0, 30_000, 10 * minute]),
    revokeLag: chance.pick([0, 0, 10 * minute, 45 * minute]),
    useLag: chance.pick([0, 0, 5_000]),
    clockError: chance.pick([0, 1_000, 20_000]),
    clockWrong: chance.pick([0, 0, 10 * minute, 3 * hour]),
  }
  // Without a draw, so that what is drawn after it stays what it was.
  const aside = new Chance(evenHash(JSON.stringify(drawn)))
  // By this number, nobody rolls back in the seeds that are known to find what is rarest.
  const rollbacks = new Chance(evenHash(`${JSON.stringify(drawn)} rollbacks 8997`))
  const wishes = new Chance(evenHash(`${JSON.stringify(drawn)} wishes`))
  return {
    ...drawn,
    holds: wishes.pick([0, 0, 0, 0.05, 0.2]),
    emergencies: wishes.pick([0, 0, 0, 0.02, 0.1]),
    retirements: wishes.pick([0, 0, 0, 0.02, 0.1]),
    adoptions: wishes.pick([0, 0, 0, 0.02, 0.1]),
    successions: wishes.pick([0, 0, 0, 0.1]),
    rollbacks: rollbacks.pick([0, 0, 0, 0.05, 0.3]),
    blindTargets: evenHash(JSON.stringify(drawn)) % 2 === 0,
    drift: aside.pick([0, 0, 0.02, 0.1, 0.4]),
    lies: aside.pick([0, 0, 0.01, 0.05, 0.2]),
    inGroups: aside.happens(0.5),
  }
}

/** What persons do. */
type Wishes = 'holds' | 'emergencies' | 'retirements' | 'adoptions' | 'successions' | 'rollbacks'

/** The same world in which nothing goes wrong any more. */
export function healthy(options: Options): Options {
  return {
    ...options,
    latency: 50,
    crash: 0,
    lostAnswer: 0,
    lateEffect: 0,
    turnedAway: 0,
    failed: 0,
    freeze: 0,
    stillborn: 0,
    foundEarly: 0,
    revokedOutside: 0,
    policyChanges: 0,
    targetsDown: 0,
    throttling: 0,
    failing: 0,
    clockSteps: 0,
    drift: 0,
    lies: 0,
    holds: 0,
    emergencies: 0,
    retirements: 0,
    adoptions: 0,
    successions: 0,
    rollbacks: 0,
    secretsLost: 0,
    configurationChanges: 0,
    extensionChangesValue: false,
    absence: 0,
    createLag: 0,
    revokeLag: 0,
    useLag: 0,
  }
}
