import { after, day, duration, hour, type Instant, instant, times } from '../../../src/core/time.ts'
import { jobOf, type Sequence } from '../sequence.ts'
import { createdPat, displayName, type Services } from '../services.ts'

const lifetime = times(30, day)
const threshold = times(10, day)
const revokeAfterPeriod = times(48, hour)

/** One plan: rotate when the end is near, then revoke what old versions say is to be revoked by now. */
async function rotateAndRevoke(services: Services): Promise<void> {
  const current = await services.read()
  const now = services.now()
  const expires = current?.tags['expires']
  if (expires === undefined || Number(expires) <= after(now, threshold)) await rotate(services, now)
  await revokePassed(services)
}

async function rotate(services: Services, now: Instant): Promise<void> {
  const pat = createdPat(await services.mint({ displayName, validTo: after(now, lifetime) }))
  const tags = { id: pat.id, expires: String(pat.validTo) }
  const written = await services.write(pat.value, tags)
  const revokeAfter = after(now, revokeAfterPeriod)
  for (const version of await services.versions()) {
    const earlier = Number(version.tags['revokeAfter'] ?? Number.POSITIVE_INFINITY) < revokeAfter
    if (version.id === written.id || earlier) continue
    await services.update(version.id, { tags: { ...version.tags, revokeAfter: String(revokeAfter) } })
  }
  await services.update(written.id, { tags: { ...tags, complete: 'true' } })
}

async function revokePassed(services: Services): Promise<void> {
  for (const version of await services.versions()) {
    const { revokeAfter, ...tags } = version.tags
    const waits = revokeAfter === undefined || instant(Number(revokeAfter)) >= services.now()
    if (waits || !version.enabled || tags['revoked'] !== undefined) continue
    if (tags['id'] !== undefined) await services.revoke(tags['id'])
    // The version is looked up once more before it is changed.
    const found = (await services.versions()).find(({ id }) => id === version.id)
    if (found !== undefined) await services.update(found.id, { tags: { ...tags, revoked: 'true' }, enabled: false })
  }
}

export const azureSdkTools: Sequence = {
  name: 'azure-sdk-tools: create, store, tag the old version; two days later delete',
  period: day,
  lifetime,
  jobs: [jobOf(rotateAndRevoke, duration(0))],
}
