import { after, day, duration, hour, times } from '../../../src/core/time.ts'
import { jobOf, type Sequence } from '../sequence.ts'
import { createdPat, displayName, type Services } from '../services.ts'

const lifetime = times(7, day)

/** The cache is asked first; a PAT in its last two days is replaced: created, the old one revoked, then cached. */
async function ask(services: Services): Promise<void> {
  const cached = (await services.read())?.tags
  const listed = cached === undefined ? [] : await services.list()
  const active = listed.some((pat) => pat.id === cached?.['id'])
  const renewFrom = after(services.now(), times(2, day))
  if (active && Number(cached?.['validTo']) >= renewFrom) return
  const validTo = after(services.now(), lifetime)
  const pat = createdPat(await services.mint({ displayName, validTo }))
  if (active) await services.revoke(cached?.['id'] ?? '')
  await services.write(pat.value, { id: pat.id, validTo: String(pat.validTo) })
}

export const azureauth: Sequence = {
  name: 'AzureAuth: create, delete, cache',
  period: hour,
  lifetime,
  jobs: [jobOf(ask, duration(0))],
}
