/** What continuous integration draws with, so that a run which failed there fails again in the same way. */
const seedOfBuilds = 20_260_601

/**
 * The seed with which every property draws its cases: the one that somebody names, the same one in every build, and
 * else one of chance, so that new cases are tried all the time. fast-check prints it with a failure.
 *
 * @param environment `PATROL_SEED` names one; `CI` and `TF_BUILD` tell a build (Azure Pipelines sets the latter)
 * @param chance from 0 to below 1
 * @throws RangeError when `PATROL_SEED` is not a whole number of 32 bits
 */
export function propertySeed(environment: Readonly<Record<string, string | undefined>>, chance: () => number): number {
  const named = environment['PATROL_SEED'] ?? ''
  if (named !== '') {
    const seed = Number(named)
    if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 31) {
      throw new RangeError(`PATROL_SEED=${named}: write the whole number that the failure shows as its seed`)
    }
    return seed
  }
  const isBuild = ['CI', 'TF_BUILD'].some((name) => !['', 'false', '0'].includes(environment[name] ?? ''))
  return isBuild ? seedOfBuilds : Math.floor(chance() * 2 ** 31)
}
