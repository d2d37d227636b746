import { after, day, duration, times } from '../../../src/core/time.ts'
import { jobOf, type Sequence } from '../sequence.ts'
import { createdPat, displayName, type Services } from '../services.ts'

/** The plainest script: away with what has the name, then a new one, then the vault. */
async function rotate(services: Services): Promise<void> {
  for (const pat of await services.list()) {
    if (pat.displayName === displayName) await services.revoke(pat.id)
  }
  const validTo = after(services.now(), times(30, day))
  const pat = createdPat(await services.mint({ displayName, validTo }))
  await services.write(pat.value, { id: pat.id })
}

export const script: Sequence = {
  name: 'Script: delete, create, store',
  period: times(7, day),
  lifetime: times(30, day),
  jobs: [jobOf(rotate, duration(0))],
}
