import type { Facts, Version } from './facts.ts'
import type { Hold } from './hold.ts'
import type { Instant } from './time.ts'

/**
 * The hold of a token: that of any of its versions which were read, the longest first, because one that was put onto a
 * version while another instance stored the next must count as well. One whose time is over counts no more.
 */
export function holdInForce(
  { current, versions }: Pick<Facts, 'current' | 'versions'>,
  now: Instant,
): Hold | undefined {
  const holds = [current, ...(versions ?? [])].flatMap((version) => holdOf(version, now) ?? [])
  return holds.toSorted((left, right) => right.until - left.until)[0]
}

/** The hold that stands in one version; undefined when there is none, or its time is over. */
export function holdOf(version: Pick<Version, 'reading'> | undefined, now: Instant): Hold | undefined {
  const hold = version?.reading.kind === 'read' ? version.reading.metadata.hold : undefined
  return hold !== undefined && hold.until > now ? hold : undefined
}

/** Why nothing is revoked, in a few words. */
export function holdText({ stops, reason }: Hold): string {
  if (stops === 'retirement') return 'its consumers have some time left before it is retired'
  return reason === '' ? 'somebody holds it' : `somebody holds it: ${reason}`
}

/** What to do about it when it is time, or has to be now. */
export function holdRemedy({ stops }: Hold, name: string): string {
  return stops === 'retirement'
    ? `Its retirement was begun. To end it at once, take it out of the configuration and run \`patrol retire ${name} --now\`; to keep it: \`patrol hold ${name} --release\`.`
    : `Nothing of a held token is revoked. If it is time: \`patrol hold ${name} --release\`, then run again.`
}
