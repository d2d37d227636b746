import { asPatrolError, PatrolError } from '../../src/core/errors.ts'
import type { Hold } from '../../src/core/hold.ts'
import { decodeMetadata, encodeMetadata, fits, type Metadata, ownsTag, withHold } from '../../src/core/metadata.ts'
import type { Pat } from '../../src/core/pat.ts'
import { evenHash } from '../../src/core/hash.ts'
import { Secret } from '../../src/core/secret.ts'
import { normalizeScopes } from '../../src/core/scopes.ts'
import { type Duration, duration, type Instant, instant } from '../../src/core/time.ts'
import type { MintRequest } from '../../src/ports/authority.ts'
import type { Condition } from '../../src/core/copy.ts'
import type { Consignment, Copy, Removal } from '../../src/ports/target.ts'
import type { Probe } from '../../src/ports/prober.ts'
import type { Found, StoredVersion } from '../../src/ports/store.ts'

export interface SimulatedPat {
  readonly authorizationId: string
  displayName: string
  scopes: readonly string[]
  validFrom: Instant
  validTo: Instant
  allOrganizations: boolean
  readonly owner: string
  readonly organization: string
  value: string
  /** Values that it had before an extension. */
  readonly formerValues: string[]
  revokedAt: Instant | undefined
  /** Revoked by an administrator, a policy or the leak scanner, and not by Patrol. */
  revokedOutside: boolean
  /** A policy made its life shorter than it had been granted. */
  shortened: boolean
  extendedAt: Instant | undefined
  /** It was created, but nobody ever lets it in. */
  stillborn: boolean
}

export interface SimulatedVersion {
  readonly id: string
  readonly createdAt: Instant
  /** To the millisecond, for judges alone: the store's own stamp may be coarser. */
  readonly storedAt: Instant
  readonly value: string
  enabled: boolean
  tags: Readonly<Record<string, string>>
}

/**
 * The state of a world in memory, and every operation on it as a plain function: what the services would do once a
 * request reaches them. Nothing here waits, fails by chance or knows who calls.
 */
export class SimulatedEstate {
  now: Instant = instant(Date.UTC(2026, 5, 1))
  readonly pats: SimulatedPat[] = []
  readonly secrets = new Map<string, SimulatedVersion[]>()
  /** Secrets that nobody can read, by lower-case names, and why. */
  readonly unreadable = new Map<string, PatrolError>()
  /** What each target holds now: the value. One whose name ends in a star holds one for each token. */
  readonly held = new Map<string, string>()
  /** Targets that cannot tell what they hold. */
  readonly blindTargets = new Set<string>()
  /** The longest life that the policy grants. */
  maximumLife: Duration | undefined
  /** PATs are left out of lists for so long after they were made. */
  createLag: Duration = duration(0)
  /** PATs still stand in lists for so long after they were revoked. */
  revokeLag: Duration = duration(0)
  /** PATs are not let in for so long after they were made. */
  useLag: Duration = duration(0)
  signedInAs = 'ci-bot@contoso.example'
  /** An extension gives the PAT a new value, which nobody is told. */
  extensionChangesValue = false
  /** A scope that another one includes is not granted by name. */
  leavesOutIncludedScopes = false
  /** Of two versions with the same stamp, the store goes on handing out the earlier one. */
  firstOfASecondStays = false
  #counter = 0
  // What only the simulator asks for; copies of an estate know nothing of it.
  readonly #given = new Map<string, Set<string>>()
  readonly #givenAt = new Map<string, Instant>()
  readonly #meddledAt = new Map<string, Instant>()
  #firstGiven: string | undefined
  #lies: (target: string, consignment: Consignment) => boolean = () => false

  /** A PAT made by hand, without Patrol. */
  createPat(pat: Partial<SimulatedPat> & Pick<SimulatedPat, 'displayName' | 'validTo'>): SimulatedPat {
    const created: SimulatedPat = {
      authorizationId: this.#id(),
      scopes: ['vso.packaging'],
      validFrom: this.now,
      allOrganizations: false,
      owner: 'ci-bot@contoso.example',
      organization: 'contoso',
      value: `value-${this.next()}`,
      formerValues: [],
      revokedAt: undefined,
      revokedOutside: false,
      shortened: false,
      extendedAt: undefined,
      stillborn: false,
      ...pat,
    }
    this.pats.push(created)
    return created
  }

  isActive(pat: SimulatedPat): boolean {
    return pat.revokedAt === undefined && pat.validTo > this.now
  }

  active(): readonly SimulatedPat[] {
    return this.pats.filter((pat) => this.isActive(pat))
  }

  /** Whose value this is, or was before an extension. */
  byValue(value: string): SimulatedPat | undefined {
    return this.pats.find((pat) => pat.value === value || pat.formerValues.includes(value))
  }

  current(secretName: string): SimulatedVersion | undefined {
    return this.secrets.get(secretName.toLowerCase())?.at(-1)
  }

  /** Whether what the store hands out now is let in. */
  currentWorks(secretName: string): boolean {
    const current = this.current(secretName)
    return current?.enabled === true && this.active().some((pat) => pat.value === current.value)
  }

  revokeOutside(pat: SimulatedPat): void {
    if (pat.revokedAt !== undefined) return
    pat.revokedAt = this.now
    pat.revokedOutside = true
  }

  listActive(owner: string, organization: string): readonly Pat[] {
    return this.#mine(owner, organization)
      .filter((pat) => pat.validFrom + this.createLag <= this.now && pat.validTo > this.now)
      .filter((pat) => pat.revokedAt === undefined || pat.revokedAt + this.revokeLag > this.now)
      .map(asPat)
  }

  listRevoked(owner: string, organization: string): readonly Pat[] {
    return this.#mine(owner, organization)
      .filter((pat) => pat.revokedAt !== undefined)
      .map(asPat)
  }

  mint(owner: string, organization: string, request: MintRequest): { readonly pat: Pat; readonly value: Secret } {
    if (request.validTo <= this.now) throw new PatrolError('invalid-request', 'a PAT cannot end in the past')
    const pat = this.createPat({
      displayName: request.displayName,
      scopes: this.#granted(normalizeScopes(request.scopes)),
      validTo: this.#clamp(this.now, request.validTo),
      owner,
      organization,
    })
    return { pat: asPat(pat), value: new Secret(pat.value) }
  }

  extend(owner: string, organization: string, authorizationId: string, validTo: Instant): Pat {
    const pat = this.#mine(owner, organization).find((one) => one.authorizationId === authorizationId)
    if (pat === undefined || pat.revokedAt !== undefined) throw new PatrolError('pat-not-found', 'no such PAT')
    if (pat.validTo <= this.now) throw new PatrolError('cannot-extend', 'an expired PAT cannot be extended')
    const granted = this.#clamp(pat.validFrom, validTo)
    pat.shortened ||= granted < pat.validTo
    pat.extendedAt = this.now
    if (this.extensionChangesValue) {
      pat.formerValues.push(pat.value)
      pat.value = `value-${this.next()}`
    }
    pat.validTo = granted
    return asPat(pat)
  }

  revoke(owner: string, organization: string, authorizationId: string): void {
    const pat = this.#mine(owner, organization).find((one) => one.authorizationId === authorizationId)
    if (pat !== undefined) pat.revokedAt ??= this.now
  }

  probe(organization: string, value: string): Probe {
    const pat = this.active().find(
      (one) => one.value === value && (one.allOrganizations || one.organization === organization),
    )
    const known = pat !== undefined && !pat.stillborn && pat.validFrom + this.useLag <= this.now
    return known ? { kind: 'works', ownerId: pat.owner } : { kind: 'refused', message: 'HTTP 401' }
  }

  currentOf(names: readonly string[]): ReadonlyMap<string, Found> {
    const found = new Map<string, Found>()
    for (const name of names) {
      const known = this.#look(name)
      if (known !== undefined) found.set(name.toLowerCase(), known)
    }
    return found
  }

  #look(name: string): Found | undefined {
    try {
      this.#check(name)
    } catch (thrown) {
      return asPatrolError(thrown)
    }
    const version = this.current(name)
    return version && asStored(version)
  }

  managed(): ReadonlyMap<string, Found> {
    const ours = [...this.secrets.keys()].filter((name) => this.current(name)?.tags['patrol'] !== undefined)
    return this.currentOf(ours)
  }

  /** The order of versions is that of their ids, which are chance in Key Vault: it says nothing. */
  versions(name: string): readonly StoredVersion[] {
    this.#check(name)
    return this.#versionsOf(name)
      .map(asStored)
      .sort((left, right) => evenHash(left.id ?? '') - evenHash(right.id ?? ''))
  }

  read(name: string): { readonly version: StoredVersion; readonly value: Secret } | undefined {
    this.#check(name)
    const version = this.current(name)
    return version?.enabled === true ? { version: asStored(version), value: new Secret(version.value) } : undefined
  }

  readVersion(name: string, id: string): { readonly version: StoredVersion; readonly value: Secret } | undefined {
    this.#check(name)
    const version = this.#versionsOf(name).find((each) => each.id === id)
    return version?.enabled === true ? { version: asStored(version), value: new Secret(version.value) } : undefined
  }

  /** A version that somebody else wrote. */
  plantVersion(name: string, value: string, tags: Readonly<Record<string, string>>, enabled: boolean): void {
    this.secrets.set(name.toLowerCase(), [...this.#versionsOf(name), { ...this.#newVersion(value, tags), enabled }])
  }

  #newVersion(value: string, tags: Readonly<Record<string, string>>): SimulatedVersion {
    // Whole seconds, as in Key Vault.
    const createdAt = instant(Math.floor(this.now / 1000) * 1000)
    return { id: this.#id(), createdAt, storedAt: this.now, value, enabled: true, tags }
  }

  write(name: string, value: string, metadata: Metadata): StoredVersion {
    this.#check(name)
    if (!fits(metadata)) throw new PatrolError('invalid-request', 'the metadata does not fit')
    const version = this.#newVersion(value, encodeMetadata(metadata))
    const others = this.#versionsOf(name)
    const tied = this.firstOfASecondStays && others.at(-1)?.createdAt === version.createdAt
    // The last of them is the current one.
    this.secrets.set(name.toLowerCase(), tied ? others.toSpliced(-1, 0, version) : [...others, version])
    return asStored(version)
  }

  /** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
  #check(name: string): void {
    if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) throw new PatrolError('invalid-request', 'no name for a secret')
    const fault = this.unreadable.get(name.toLowerCase())
    if (fault !== undefined) throw fault
  }

  admit(name: string): void {
    this.#check(name)
  }

  updateMetadata(name: string, id: string, metadata: Metadata): void {
    const version = this.#version(name, id)
    // Tags that people put there stay.
    const foreign = Object.entries(version.tags).filter(([tag]) => !ownsTag(tag))
    const tags = { ...Object.fromEntries(foreign), ...encodeMetadata(withHold(metadata, holdIn(version.tags))) }
    if (Object.keys(tags).length > 15) {
      throw new PatrolError('invalid-request', `there is no room beside ${foreign.map(([tag]) => tag).join(', ')}`)
    }
    version.tags = tags
  }

  setHold(name: string, id: string, hold: Hold | undefined): void {
    const version = this.#version(name, id)
    const reading = decodeMetadata(version.tags)
    if (reading.kind !== 'read') throw new PatrolError('secret-not-managed', 'no version for a hold')
    const { hold: _earlier, ...metadata } = reading.metadata
    const held = hold === undefined ? metadata : { ...metadata, hold }
    if (!fits(held)) throw new PatrolError('invalid-request', 'the hold does not fit')
    const foreign = Object.entries(version.tags).filter(([tag]) => !ownsTag(tag))
    version.tags = { ...Object.fromEntries(foreign), ...encodeMetadata(held) }
  }

  disable(name: string, id: string): void {
    this.#version(name, id).enabled = false
  }

  deliver(target: string, consignment: Consignment): string | undefined {
    const place = placeIn(target, consignment.token)
    const value = consignment.value.reveal()
    const given = this.#given.get(place) ?? new Set()
    this.#firstGiven = given.has(value) ? undefined : value
    this.#given.set(place, given.add(value))
    this.#givenAt.set(`${place} ${value}`, this.now)
    if (!this.#lies(target, consignment)) this.held.set(place, value)
    else if (this.held.get(place) !== value) this.#meddledAt.set(place, this.now)
    return this.#receipt(target, value)
  }

  /** Somebody puts something else in the place of a copy, or takes it away. */
  meddle(place: string, value: string | undefined): void {
    if (value === undefined) this.held.delete(place)
    else this.held.set(place, value)
    this.#meddledAt.set(place, this.now)
  }

  /** Every value that each target was given, whether it kept it or not. */
  get given(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#given
  }

  /** When a target was last given a value, whether it kept it or not; undefined when it never was. */
  givenAt(place: string, value: string): Instant | undefined {
    return this.#givenAt.get(`${place} ${value}`)
  }

  /** The value of the last delivery, when its target was given it for the first time. */
  get firstGiven(): string | undefined {
    return this.#firstGiven
  }

  /** When something else than the program last changed what a target holds, or kept it from changing. */
  meddledAt(place: string): Instant | undefined {
    return this.#meddledAt.get(place)
  }

  /** From now on targets may say that they took a value, and keep what they had. */
  letTargetsLie(lies: (target: string, consignment: Consignment) => boolean): void {
    this.#lies = lies
  }

  inspect(target: string, copy: Copy): Condition {
    const place = placeIn(target, copy.token)
    if (this.blindTargets.has(target)) return { kind: 'unknowable' }
    if (!this.held.has(place)) return { kind: 'gone', message: 'nothing is there' }
    const same = this.#receipt(target, this.held.get(place)) === copy.receipt
    return same ? { kind: 'intact' } : { kind: 'overwritten', message: 'something else is there' }
  }

  remove(target: string, copy: Copy): Removal {
    const place = placeIn(target, copy.token)
    if (this.blindTargets.has(target)) return { kind: 'kept', why: 'this target takes nothing back' }
    if (!this.held.has(place)) return { kind: 'absent' }
    if (this.#receipt(target, this.held.get(place)) !== copy.receipt)
      return { kind: 'kept', why: 'something else is there' }
    this.held.delete(place)
    return { kind: 'removed' }
  }

  #receipt(target: string, value: string | undefined): string | undefined {
    return this.blindTargets.has(target) ? undefined : `r${evenHash(value ?? '').toString(36)}`
  }

  /** A number that was not given before. */
  next(): number {
    this.#counter += 1
    return this.#counter
  }

  /** Another estate in the same state; what happens to one does not happen to the other. */
  copy(): SimulatedEstate {
    const copy: SimulatedEstate = Object.assign(new SimulatedEstate(), cloned(Object.fromEntries(Object.entries(this))))
    copy.#counter = this.#counter
    return copy
  }

  /** All that an estate is, as text: two with the same text go on alike. */
  fingerprint(): string {
    return JSON.stringify([Object.entries(this), this.#counter], (_, value: unknown) =>
      value instanceof Map ? [...value] : value,
    )
  }

  #granted(scopes: readonly string[]): readonly string[] {
    if (!this.leavesOutIncludedScopes) return scopes
    return scopes.filter((scope) => !scopes.includes(`${scope}_write`))
  }

  #clamp(from: Instant, validTo: Instant): Instant {
    return this.maximumLife === undefined ? validTo : instant(Math.min(validTo, from + this.maximumLife))
  }

  #mine(owner: string, organization: string): readonly SimulatedPat[] {
    return this.pats.filter((pat) => pat.owner === owner && (pat.allOrganizations || pat.organization === organization))
  }

  #versionsOf(name: string): readonly SimulatedVersion[] {
    return this.secrets.get(name.toLowerCase()) ?? []
  }

  #version(name: string, id: string): SimulatedVersion {
    const version = this.#versionsOf(name).find((one) => one.id === id)
    if (version === undefined) throw new PatrolError('moved-on', 'no such version')
    return version
  }

  #id(): string {
    return `00000000-0000-4000-8000-${this.next().toString(16).padStart(12, '0')}`
  }
}

/** Where a target keeps the copy of a token. */
/** Whoever records something read the metadata before, so the hold is that of the version. */
function holdIn(tags: SimulatedVersion['tags']): Hold | undefined {
  const reading = decodeMetadata(tags)
  return reading.kind === 'read' ? reading.metadata.hold : undefined
}

function placeIn(target: string, token: string): string {
  return target.endsWith('*') ? `${target} ${token}` : target
}

function asPat(pat: SimulatedPat): Pat {
  const { authorizationId, displayName, scopes, validFrom, validTo, allOrganizations } = pat
  return { authorizationId, displayName, scopes, validFrom, validTo, allOrganizations }
}

function asStored(version: SimulatedVersion): StoredVersion {
  const { id, createdAt, enabled, tags } = version
  return { id, createdAt, enabled, reading: decodeMetadata(tags) }
}

/** The same data once more; errors and other objects with a class of their own are shared. */
function cloned<Value>(value: Value): Value
function cloned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => cloned(one))
  if (value instanceof Map) return new Map([...value].map(([key, one]: [unknown, unknown]) => [key, cloned(one)]))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cloned(one)]))
}
