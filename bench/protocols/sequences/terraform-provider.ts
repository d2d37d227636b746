import { after, before, day, duration, instant, times } from '../../../src/core/time.ts'
import { jobOf, type Sequence } from '../sequence.ts'
import { displayName, type Services } from '../services.ts'

const lifetime = times(90, day)
const lookups = 3

/** One `terraform apply`: the resource's read renews by deleting and creating; the state is written at the very end. */
async function applyOnce(services: Services): Promise<void> {
  const state = (await services.read())?.tags
  const validTo = instant(Number(state?.['validTo'] ?? 0))
  const now = services.now()
  if (state !== undefined && now < validTo) {
    if (now <= before(validTo, times(7, day))) {
      if (await isListed(services, state['id'] ?? '')) return
    } else {
      await services.revoke(state['id'] ?? '')
    }
  }
  // The name of an error in the answer is not looked at.
  const { pat } = await services.mint({ displayName, validTo: after(services.now(), lifetime) })
  const created = { id: pat?.id ?? '', validTo: pat === undefined ? '' : String(pat.validTo) }
  if (created.validTo === '') throw new Error('the end of the new PAT cannot be read')
  await isListed(services, created.id)
  await services.write(pat?.value ?? '', created)
}

async function isListed(services: Services, id: string): Promise<boolean> {
  for (let lookup = 1; lookup <= lookups; lookup++) {
    if ((await services.list()).some((pat) => pat.id === id)) return true
  }
  return false
}

export const terraformProvider: Sequence = {
  name: 'Terraform provider azuredevopspat: delete, create, state',
  period: day,
  lifetime,
  jobs: [jobOf(applyOnce, duration(0))],
}
