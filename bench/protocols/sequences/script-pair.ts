import { after, day, duration, times } from '../../../src/core/time.ts'
import { jobOf, type Sequence } from '../sequence.ts'
import { createdPat, displayName, type ListedPat, type Services } from '../services.ts'

/** How the second script tells which PAT stays. */
type Keep = (services: Services, ours: readonly ListedPat[]) => Promise<string | undefined>

const theStored: Keep = async (services) => (await services.read())?.tags['id']

const theNewest: Keep = async (_, ours) =>
  ours.toSorted((left, right) => right.validFrom - left.validFrom).find(() => true)?.id

async function create(services: Services): Promise<void> {
  const validTo = after(services.now(), times(30, day))
  const pat = createdPat(await services.mint({ displayName, validTo }))
  await services.write(pat.value, { id: pat.id })
}

async function deleteOthers(services: Services, keep: Keep): Promise<void> {
  const ours = (await services.list()).filter((pat) => pat.displayName === displayName)
  const kept = await keep(services, ours)
  for (const pat of ours) {
    if (pat.id !== kept) await services.revoke(pat.id)
  }
}

function pair(name: string, keep: Keep): Sequence {
  return {
    name,
    period: times(7, day),
    lifetime: times(30, day),
    jobs: [jobOf(create, duration(0)), jobOf((services) => deleteOthers(services, keep), day)],
  }
}

export const pairThatKeepsTheStored = pair(
  'Two scripts: create, store; a day later delete all but the stored',
  theStored,
)

export const pairThatKeepsTheNewest = pair(
  'Two scripts: create, store; a day later delete all but the newest',
  theNewest,
)
