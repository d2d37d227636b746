import { asPatrolError, PatrolError, problem } from '../core/errors.ts'
import { askedBeyond, lackOf, shortfallOf, shortfallText } from '../core/ceiling.ts'
import { currentMetadata, currentPat, type Facts } from '../core/facts.ts'
import { holdOf } from '../core/hold-in-force.ts'
import { fits, type Metadata, mostSuperseded, withHold } from '../core/metadata.ts'
import { installationOf, markedName, randomLength } from '../core/names.ts'
import type { Pat } from '../core/pat.ts'
import { sameScopes } from '../core/scopes.ts'
import { indexed } from '../core/pat-index.ts'
import { after, before, day } from '../core/time.ts'
import type { Minted, MintRequest } from '../ports/authority.ts'
import { discard } from './discard.ts'
import { bridge } from './extend.ts'
import { storeGeneration } from './store-generation.ts'
import { generationOf, type Turn } from './turn.ts'
import { isLetIn, verify } from './verify.ts'

/** A generation that died between mint and store is replaced at once, but not for ever. */
const mostGenerations = 3

/**
 * Mints a new generation, proves it, and puts it into the store.
 *
 * @param requested a person asked for it: earlier failures do not stop it
 * @returns the metadata of the version that is current now
 */
export async function mintAndStore(turn: Turn, facts: Facts, requested: boolean): Promise<Metadata> {
  const scopes = turn.token.scopes ?? currentPat(turn.token, facts)?.scopes ?? currentMetadata(facts)?.scopes
  if (scopes === undefined) throw new PatrolError('config-invalid', `no scopes are known for ${turn.token.name}`)
  await turn.owner()
  const storeId = await turn.store.prepare()
  await turn.store.admit(turn.place.secretName)
  const installation = installationOf(storeId, turn.place.secretName)
  if (!requested) await refuseThirdFailure(turn, installation)
  for (let attempt = 1; ; attempt++) {
    const minted = await mintGeneration(turn, installation, scopes)
    const metadata = await provenMetadata(turn, facts, minted)
    await bridge(turn, facts, minted.pat)
    const replaced = currentMetadata(facts)?.authorizationId ?? turn.token.covers
    await storeGeneration(turn, minted, await withWhatGoesOn(turn, facts, metadata), replaced)
    if (await isLetIn(turn, minted)) {
      noteShortGrant(turn, metadata)
      return metadata
    }
    if (attempt === mostGenerations) {
      throw new PatrolError(
        'verification-failed',
        `${attempt} new PATs in a row were revoked by others right after they were stored`,
      )
    }
  }
}

/** Proves a generation and says what the store will hold beside it. One that fails is revoked. */
async function provenMetadata(turn: Turn, facts: Facts, minted: Requested): Promise<Metadata> {
  try {
    const metadata = metadataOf(turn, facts, minted.pat, minted.request)
    if (!fits(metadata))
      throw new PatrolError('invalid-request', `what the store must remember of ${turn.token.name} does not fit`)
    await verify(turn, minted)
    return metadata
  } catch (error) {
    await discard(turn, minted.pat)
    throw error
  }
}

/** A new PAT, and what was asked for. */
interface Requested extends Minted {
  readonly request: MintRequest
}

/** One PAT whose value is in our hands. Generations whose value was lost on the way are revoked. */
async function mintGeneration(turn: Turn, installation: string, scopes: readonly string[]): Promise<Requested> {
  for (let attempt = 1; ; attempt++) {
    if (turn.world.stopping()) throw new PatrolError('interrupted', 'told to stop before a new PAT was created')
    const generation = installation + turn.world.random.characters(randomLength)
    const request = {
      displayName: markedName(turn.token.displayName, generation),
      scopes,
      validTo: after(turn.world.clock.now(), turn.token.lifetime),
    }
    try {
      const minted = await turn.mutate('mint', (limits) =>
        turn.authority.mint(turn.token.organization, request, limits),
      )
      return { ...minted, request }
    } catch (error) {
      const failure = asPatrolError(error)
      if (failure.outcome === 'none') throw failure
      await revokeLost(turn, generation)
      if (attempt === mostGenerations) throw failure
    }
  }
}

/** The answer to a mint was lost: if the PAT is there, nobody will ever know its value. */
async function revokeLost(turn: Turn, generation: string): Promise<void> {
  const lost = (await turn.activePats()).find((pat) => generationOf(pat) === generation)
  if (lost !== undefined) await discard(turn, lost)
}

/** What fails again and again must not fill the account with PATs and its owner's mailbox with notices. */
async function refuseThirdFailure(turn: Turn, installation: string): Promise<void> {
  const { token, world } = turn
  const since = before(world.clock.now(), day)
  const revoked = await turn.lists.revoked(token.account, token.organization)
  const recent = indexed(revoked)
    .byInstallation(installation)
    .filter(({ pat, mark }) => mark.base === token.displayName && pat.validFrom > since)
    .map(({ pat }) => pat)
  if (recent.length < 2) return
  const versions = await turn.store.versions(turn.place.secretName)
  const stored = new Set(
    versions.map(({ reading }) => (reading.kind === 'read' ? reading.metadata.generation : undefined)),
  )
  const unverified = recent.filter((pat) => !stored.has(generationOf(pat)))
  if (unverified.length < 2) return
  throw new PatrolError(
    'minting-paused',
    `${unverified.length} new PATs of ${token.name} were revoked within 24 hours, because they did not prove themselves or did not reach the store`,
  )
}

function metadataOf(turn: Turn, facts: Facts, pat: Pat, asked: MintRequest): Metadata {
  const { token, world } = turn
  const previous = currentMetadata(facts)
  const replaced = [previous?.authorizationId ?? token.covers, ...(previous?.supersedes ?? [])]
  const living = indexed(facts.pats)
  const supersedes = replaced.filter((id, index) => index === 0 || living.byId(id) !== undefined)
  if (pat.validTo === undefined) {
    throw new PatrolError('unexpected-answer', `the service granted PAT ${pat.authorizationId} no readable expiry`)
  }
  return {
    organization: token.organization,
    account: token.owner,
    authorizationId: pat.authorizationId,
    generation: generationOf(pat) ?? '',
    scopes: pat.scopes,
    ...(sameScopes(pat.scopes, asked.scopes) ? {} : { asked: asked.scopes }),
    validFrom: pat.validFrom,
    validTo: pat.validTo,
    ...askedBeyond(asked.validTo, pat.validTo),
    supersedes: supersedes.filter((id) => id !== undefined).slice(0, mostSuperseded),
    writtenAt: world.clock.now(),
    rule: token.rule,
    displayName: token.displayName,
    deliveries: [],
  }
}

/**
 * What goes on in the next generation: a hold, and what another instance stored as the first value since the facts were read.
 * It is read again, because somebody may have released the one meanwhile, and a PAT that was adopted bears no mark, so that
 * nobody would find it if its successor did not name it. Not being able to ask is no reason to lose a new PAT. A hold that
 * was placed since stands in an older version, where it counts as much, so nobody is asked for that.
 */
async function withWhatGoesOn(turn: Turn, facts: Facts, metadata: Metadata): Promise<Metadata> {
  const isHeld = holdOf(facts.current, turn.world.clock.now()) !== undefined
  if (facts.current !== undefined && !isHeld) return metadata
  const current = await turn.currentVersion().catch(() => facts.current)
  const hold = holdOf(current, turn.world.clock.now())
  const latest = current?.reading.kind === 'read' ? current.reading.metadata : undefined
  const isKnown = latest === undefined || latest.generation === currentMetadata(facts)?.generation
  const ids = isKnown ? [] : [latest.authorizationId, ...latest.supersedes]
  const supersedes = [...new Set([...ids, ...metadata.supersedes])].filter((id) => id !== metadata.authorizationId)
  const named = { ...metadata, supersedes: supersedes.slice(0, mostSuperseded) }
  return withHold(fits(named) ? named : metadata, hold)
}

function noteShortGrant({ token, ceilings, problems }: Turn, metadata: Metadata): void {
  const shortfall = shortfallOf(metadata)
  if (shortfall !== undefined) ceilings.learn(token, shortfall.granted)
  const lack = lackOf(token, metadata)
  if (lack !== undefined) problems.push(problem(token.name, 'policy-lifespan', `the new PAT ${shortfallText(lack)}`))
}
