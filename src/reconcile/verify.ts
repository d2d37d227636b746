import { PatrolError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import { type Duration, second, times } from '../core/time.ts'
import type { Verification } from '../core/token.ts'
import type { Pat } from '../core/pat.ts'
import type { Minted } from '../ports/authority.ts'
import type { Probe } from '../ports/prober.ts'
import type { Turn } from './turn.ts'

/** A PAT whose value is in our hands. */
interface Known {
  readonly pat: Pick<Pat, 'authorizationId'>
  readonly value: Secret
}

/** A new PAT takes a while to be known everywhere. */
const waits: readonly Duration[] = [0, 1, 2, 4, 8, 15].map((count) => times(count, second))

/** When the program was told to stop, about two seconds must do. */
const waitsWhenStopping: readonly Duration[] = [0, 1, 1].map((count) => times(count, second))

/**
 * Tries a new PAT until it works as its owner, or for good does not.
 *
 * @throws PatrolError `verification-failed`, whose message says what the last call showed
 */
export async function verify(turn: Turn, minted: Minted): Promise<void> {
  const { authorizationId } = minted.pat
  const last = await untilLetIn(turn, authorizationId, () => tryOnce(turn, minted))
  if (last === undefined) return
  throw new PatrolError('verification-failed', `PAT ${authorizationId} ${last}`)
}

/**
 * Tries a value with a call of a target's own, until it is let in or for good is not.
 *
 * @param what the value is, for a message
 * @throws PatrolError `proof-failed`, whose message says what the last call showed
 */
export async function prove(turn: Turn, proof: Verification, value: Secret, what: string): Promise<void> {
  const probe = (): Promise<Probe> => turn.world.prober.probe(turn.token.organization, value, proof)
  const last = await untilLetIn(turn, undefined, probe)
  if (last !== undefined) throw new PatrolError('proof-failed', `${what} ${last}`)
}

/** @returns what is wrong with it; undefined when it was let in as its owner */
async function untilLetIn(
  turn: Turn,
  authorizationId: string | undefined,
  probeIt: () => Promise<Probe>,
): Promise<string | undefined> {
  const owner = await turn.owner()
  turn.report('verify', authorizationId)
  let last = 'it was not tried'
  let triesWhenStopping = 0
  for (const patientWait of waits) {
    const wait = turn.world.stopping() ? waitsWhenStopping[triesWhenStopping++] : patientWait
    if (wait === undefined) break
    if (wait > 0) {
      turn.world.reporter.report({ kind: 'waiting', token: turn.token.name, why: last, ms: wait })
      await turn.world.clock.sleep(wait, turn.world.stopping() ? 'go-on' : 'wake')
    }
    const probe = await probeIt()
    if (probe.kind === 'works' && (probe.ownerId === undefined || probe.ownerId === owner.id)) return undefined
    if (probe.kind === 'works') return `works, but as somebody else than ${turn.token.owner}`
    last = describe(probe)
  }
  return `did not prove itself: ${last}`
}

/**
 * Whether a PAT that worked before still does. A refusal that lasts means that somebody ended it meanwhile, or that the
 * value is another one; lists may show it for a while yet.
 */
export async function isLetIn(turn: Turn, minted: Known): Promise<boolean> {
  let refused = false
  for (const wait of waitsWhenStopping) {
    if (wait > 0) await turn.world.clock.sleep(wait, 'go-on')
    const probe = await tryOnce(turn, minted)
    if (probe.kind === 'works') return true
    refused ||= probe.kind !== 'unknown'
  }
  // Not being able to ask is no sign of death.
  return !refused
}

async function tryOnce(turn: Turn, minted: Known): Promise<Probe> {
  const { organization, verification } = turn.token
  if (verification.kind !== 'listed') return turn.world.prober.probe(organization, minted.value, verification)
  const listed = (await turn.activePats()).some((pat) => pat.authorizationId === minted.pat.authorizationId)
  return listed ? { kind: 'works', ownerId: undefined } : { kind: 'refused', message: 'the list does not show it' }
}

function describe(probe: Probe): string {
  switch (probe.kind) {
    case 'works':
      return 'it works'
    case 'anonymous':
      return 'it was answered as anonymous'
    case 'refused':
    case 'unknown':
      return probe.message
  }
}
