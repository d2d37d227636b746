import { PatrolError } from '../../src/core/errors.ts'
import type { Metadata } from '../../src/core/metadata.ts'
import { decodeMetadata, encodeMetadata } from '../../src/core/metadata.ts'
import type { Pat } from '../../src/core/pat.ts'
import { Secret } from '../../src/core/secret.ts'
import { type Duration, duration, type Instant, instant } from '../../src/core/time.ts'
import type { Authority } from '../../src/ports/authority.ts'
import type { Event } from '../../src/ports/reporter.ts'
import type { Limits } from '../../src/ports/limits.ts'
import type { Probe } from '../../src/ports/prober.ts'
import type { Store, StoredVersion } from '../../src/ports/store.ts'
import type { Target } from '../../src/ports/target.ts'
import type { World } from '../../src/ports/world.ts'

/** The process of the program ends here: nothing that it awaits comes back any more. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

export interface SimulatedPat {
  readonly authorizationId: string
  displayName: string
  scopes: readonly string[]
  validFrom: Instant
  validTo: Instant
  allOrganizations: boolean
  readonly owner: string
  readonly organization: string
  readonly value: string
  revokedAt: Instant | undefined
}

interface SimulatedVersion {
  readonly id: string
  readonly createdAt: Instant
  readonly value: string
  enabled: boolean
  tags: Readonly<Record<string, string>>
}

/** What happens to an effect: before it takes place, or after it took place and before the answer arrives. */
export type Interference = (effect: string, phase: 'before' | 'after') => void

/**
 * A world in memory with its own time. Every effect passes `interfere`, which may throw a `Crash`, a `PatrolError`
 * with outcome none (before) or unknown (after), or change the world.
 */
export class SimulatedWorld {
  now: Instant = instant(Date.UTC(2026, 5, 1))
  elapsed = 0
  readonly pats: SimulatedPat[] = []
  readonly secrets = new Map<string, SimulatedVersion[]>()
  readonly delivered = new Map<string, string[]>()
  readonly events: Event[] = []
  /** Every effect that took place, in order. */
  readonly effects: string[] = []
  interfere: Interference = () => undefined
  /** The longest life that the policy grants. */
  maximumLife: Duration | undefined
  /** PATs are left out of lists for so long after they were made. */
  listLag: Duration = duration(0)
  stopped = false
  signedInAs = 'ci-bot@contoso.example'
  #counter = 0

  /** Lets time pass. */
  pass(length: Duration): void {
    this.now = instant(this.now + length)
    this.elapsed += length
  }

  /** A world as one process of the program sees it. */
  open(
    options: { concurrency?: number; targets?: readonly string[] } = {},
  ): World & { readonly crashed: Promise<'crashed'> } {
    const life = new Life()
    return {
      crashed: life.ended,
      clock: {
        now: () => this.now,
        elapsed: () => this.elapsed,
        sleep: async (length) => this.pass(length),
        skew: () => ({ kind: 'corrected', offset: duration(0) }),
      },
      random: { characters: (count) => this.#next().toString(36).padStart(count, '0').slice(-count) },
      reporter: { report: (event) => void this.events.push(event) },
      prober: { probe: (organization, value) => this.#probe(life, organization, value) },
      authorities: new Map([['ci-bot', this.#authority(life, 'ci-bot@contoso.example')]]),
      stores: new Map([['vault', this.#store(life)]]),
      targets: new Map((options.targets ?? []).map((name) => [name, this.#target(life, name)])),
      concurrency: options.concurrency ?? 1,
      stopping: () => this.stopped,
    }
  }

  /** A PAT made by hand, without Patrol. */
  createPat(pat: Partial<SimulatedPat> & Pick<SimulatedPat, 'displayName' | 'validTo'>): SimulatedPat {
    const created: SimulatedPat = {
      authorizationId: this.#id(),
      scopes: ['vso.packaging'],
      validFrom: this.now,
      allOrganizations: false,
      owner: 'ci-bot@contoso.example',
      organization: 'contoso',
      value: `value-${this.#next()}`,
      revokedAt: undefined,
      ...pat,
    }
    this.pats.push(created)
    return created
  }

  active(): readonly SimulatedPat[] {
    return this.pats.filter((pat) => pat.revokedAt === undefined && pat.validTo > this.now)
  }

  current(secretName: string): SimulatedVersion | undefined {
    return this.secrets.get(secretName.toLowerCase())?.at(-1)
  }

  /** Whether what the store hands out now is let in. */
  currentWorks(secretName: string): boolean {
    const current = this.current(secretName)
    return current?.enabled === true && this.active().some((pat) => pat.value === current.value)
  }

  #effect<Answer>(life: Life, name: string, take: () => Answer): Promise<Answer> {
    return life.live(() => {
      this.interfere(name, 'before')
      const answer = take()
      this.effects.push(name)
      this.interfere(name, 'after')
      return answer
    })
  }

  /** Reading passes the same gate, under the name `read`, and leaves no trace. */
  #read<Answer>(life: Life, name: string, look: () => Answer): Promise<Answer> {
    return life.live(() => {
      this.interfere(`read:${name}`, 'before')
      return look()
    })
  }

  #authority(life: Life, owner: string): Authority {
    const mine = (organization: string) =>
      this.pats.filter((pat) => pat.owner === owner && (pat.allOrganizations || pat.organization === organization))
    const visible = (pat: SimulatedPat) => pat.validFrom + this.listLag <= this.now
    return {
      listActive: (organization) =>
        this.#read(life, 'pats', () =>
          mine(organization)
            .filter((pat) => pat.revokedAt === undefined && pat.validTo > this.now && visible(pat))
            .map(asPat),
        ),
      listRevoked: (organization) =>
        this.#read(life, 'revoked-pats', () =>
          mine(organization)
            .filter((pat) => pat.revokedAt !== undefined)
            .map(asPat),
        ),
      mint: (organization, request, limits) =>
        this.#effect(life, 'mint', () => {
          this.#assertInTime(limits)
          const pat = this.createPat({
            displayName: request.displayName,
            scopes: request.scopes,
            validTo: this.#clamp(this.now, request.validTo),
            owner,
            organization,
          })
          return { pat: asPat(pat), value: new Secret(pat.value) }
        }),
      extend: (organization, authorizationId, validTo, limits) =>
        this.#effect(life, 'extend', () => {
          this.#assertInTime(limits)
          const pat = mine(organization).find((one) => one.authorizationId === authorizationId)
          if (pat === undefined || pat.revokedAt !== undefined) throw new PatrolError('pat-not-found', 'no such PAT')
          if (pat.validTo <= this.now) throw new PatrolError('cannot-extend', 'an expired PAT cannot be extended')
          pat.validTo = this.#clamp(pat.validFrom, validTo)
          return { pat: asPat(pat), value: undefined }
        }),
      revoke: (organization, authorizationId, limits) =>
        this.#effect(life, `revoke:${authorizationId}`, () => {
          this.#assertInTime(limits)
          const pat = mine(organization).find((one) => one.authorizationId === authorizationId)
          if (pat !== undefined) pat.revokedAt ??= this.now
        }),
      signedInUser: () => this.#read(life, 'signed-in-user', () => ({ id: owner, user: this.signedInAs })),
    }
  }

  #clamp(from: Instant, validTo: Instant): Instant {
    return this.maximumLife === undefined ? validTo : instant(Math.min(validTo, from + this.maximumLife))
  }

  #probe(life: Life, organization: string, value: Secret): Promise<Probe> {
    return this.#read(life, 'probe', () => {
      const pat = this.active().find((one) => one.value === value.reveal() && one.organization === organization)
      return pat === undefined ? { kind: 'refused', message: 'HTTP 401' } : { kind: 'works', ownerId: pat.owner }
    })
  }

  #store(life: Life): Store {
    const named = (name: string) => this.secrets.get(name.toLowerCase()) ?? []
    const find = (name: string, id: string) => {
      const version = named(name).find((one) => one.id === id)
      if (version === undefined) throw new PatrolError('store-unreachable', 'no such version')
      return version
    }
    return {
      identity: () => this.#read(life, 'identity', () => 'memory:vault'),
      prepare: () => this.#read(life, 'prepare', () => 'memory:vault'),
      current: (names) =>
        this.#read(life, 'current', () => {
          const found = new Map<string, StoredVersion>()
          for (const name of names) {
            const version = named(name).at(-1)
            if (version !== undefined) found.set(name.toLowerCase(), asStored(version))
          }
          return found
        }),
      managed: () =>
        this.#read(life, 'managed', () => {
          const found = new Map<string, StoredVersion>()
          for (const [name, versions] of this.secrets) {
            const version = versions.at(-1)
            if (version?.tags['patrol'] !== undefined) found.set(name, asStored(version))
          }
          return found
        }),
      // The order of versions says nothing, as in Key Vault.
      versions: (name) => this.#read(life, 'versions', () => named(name).toReversed().map(asStored)),
      read: (name) =>
        this.#read(life, 'value', () => {
          const version = named(name).at(-1)
          return version?.enabled === true
            ? { version: asStored(version), value: new Secret(version.value) }
            : undefined
        }),
      admit: () => this.#read(life, 'admit', () => undefined),
      write: (name, value, metadata, limits) =>
        this.#effect(life, 'store', () => {
          this.#assertInTime(limits)
          const version = this.#version(value.reveal(), metadata)
          this.secrets.set(name.toLowerCase(), [...named(name), version])
          return asStored(version)
        }),
      updateMetadata: (name, id, metadata, limits) =>
        this.#effect(life, 'record', () => {
          this.#assertInTime(limits)
          find(name, id).tags = encodeMetadata(metadata)
        }),
      disable: (name, id, limits) =>
        this.#effect(life, 'disable', () => {
          this.#assertInTime(limits)
          find(name, id).enabled = false
        }),
    }
  }

  #version(value: string, metadata: Metadata): SimulatedVersion {
    // Whole seconds, as in Key Vault.
    const createdAt = instant(Math.floor(this.now / 1000) * 1000)
    return { id: this.#id(), createdAt, value, enabled: true, tags: encodeMetadata(metadata) }
  }

  #target(life: Life, name: string): Target {
    return {
      name,
      deliver: (consignment, limits) =>
        this.#effect(life, `deliver:${name}`, () => {
          this.#assertInTime(limits)
          this.delivered.set(name, [...(this.delivered.get(name) ?? []), consignment.value.reveal()])
        }),
    }
  }

  #assertInTime(limits: Limits): void {
    if (this.elapsed > limits.sendBy) throw new PatrolError('turn-expired', 'too late to send')
  }

  #next(): number {
    this.#counter += 1
    return this.#counter
  }

  #id(): string {
    return `00000000-0000-4000-8000-${this.#next().toString(16).padStart(12, '0')}`
  }
}

/** The life of one process. After a crash its awaits never come back, so that no `catch` of the program sees it. */
class Life {
  readonly ended: Promise<'crashed'>
  #end: (word: 'crashed') => void = () => undefined
  #dead = false

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async live<Answer>(work: () => Answer): Promise<Answer> {
    // Every await of the program is a place where another one can run.
    await Promise.resolve()
    if (this.#dead) return never()
    try {
      return work()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.#dead = true
      this.#end('crashed')
      return never()
    }
  }
}

function never<Answer>(): Promise<Answer> {
  return new Promise(() => undefined)
}

function asPat(pat: SimulatedPat): Pat {
  const { authorizationId, displayName, scopes, validFrom, validTo, allOrganizations } = pat
  return { authorizationId, displayName, scopes, validFrom, validTo, allOrganizations }
}

function asStored(version: SimulatedVersion): StoredVersion {
  const { id, createdAt, enabled, tags } = version
  return { id, createdAt, enabled, reading: decodeMetadata(tags) }
}
