import { after, day, duration, times } from '../../../src/core/time.ts'
import { jobOf, type Sequence } from '../sequence.ts'
import { createdPat, displayName, type Services } from '../services.ts'

const lifetime = times(3, day)

/** A new PAT a day, which nobody ever revokes. The tags that say when to rotate again come in a request of their own. */
async function synchronize(services: Services): Promise<void> {
  const current = await services.read()
  const now = services.now()
  const endOfTime = Number.POSITIVE_INFINITY
  const next = Number(current?.tags['nextRotation'] ?? endOfTime)
  const expires = Number(current?.tags['expires'] ?? endOfTime)
  if (current !== undefined && next > now && expires > now) return
  const rotatedAt = services.now()
  const expiresAt = after(rotatedAt, lifetime)
  const pat = createdPat(await services.mint({ displayName, validTo: expiresAt }))
  const written = await services.write(pat.value, {})
  const tags = { nextRotation: String(after(rotatedAt, day)), expires: String(expiresAt) }
  await services.update(written.id, { tags })
}

export const dnceng: Sequence = {
  name: 'dnceng: create for 3 days, store, then tag; never delete',
  period: day,
  lifetime,
  jobs: [jobOf(synchronize, duration(0))],
}
