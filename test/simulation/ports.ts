import { PatrolError } from '../../src/core/errors.ts'
import type { Verification } from '../../src/core/token.ts'
import type { Authority } from '../../src/ports/authority.ts'
import type { Limits } from '../../src/ports/limits.ts'
import type { Probe } from '../../src/ports/prober.ts'
import type { Store } from '../../src/ports/store.ts'
import type { Target } from '../../src/ports/target.ts'
import type { World } from '../../src/ports/world.ts'
import type { SimulatedEstate } from './estate.ts'
import type { Gate } from './gate.ts'

export interface View {
  /** Turns at once. */
  readonly concurrency: number
  readonly targets: readonly string[]
  /** How targets ask for proof; the others ask for none. */
  readonly proofs?: ReadonlyMap<string, Verification>
  /** Names of stores; all of them are views of one vault, unless a name is in `brokenStores`. */
  readonly brokenStores?: readonly string[]
}

/** What calls to the store go to. */
export const vault = 'vault'

const account = { name: 'ci-bot', owner: 'ci-bot@contoso.example' }

/** The estate as one process of the program sees it: the ports, with every request passing the gate. */
export function openPorts(estate: SimulatedEstate, gate: Gate, view: View): World {
  return {
    clock: {
      now: () => gate.now(),
      elapsed: () => gate.elapsed(),
      sleep: (length, whenStopping = 'wake') => gate.sleep(length, whenStopping),
      skew: () => gate.skew(),
    },
    random: { characters: (count) => gate.characters(count) },
    reporter: { report: (event) => gate.report(event) },
    prober: {
      probe: (organization, value) =>
        read(gate, organization, 'probe', () => estate.probe(organization, value.reveal())).catch(nothingKnown),
    },
    authorities: new Map([[account.name, authority(estate, gate)]]),
    stores: new Map([['vault', store(estate, gate)]]),
    targets: new Map(
      view.targets.map((name) => [name, { ...target(estate, gate, name), proof: view.proofs?.get(name) }]),
    ),
    concurrency: view.concurrency,
    stopping: () => gate.stopping(),
  }
}

/** A prober never rejects. */
function nothingKnown(error: unknown): Probe {
  if (!(error instanceof PatrolError)) throw error
  return { kind: 'unknown', message: error.message }
}

function read<Answer>(gate: Gate, to: string, name: string, take: () => Answer): Promise<Answer> {
  return gate.pass({ name: `read:${name}`, to, mutates: false, limits: undefined }, take)
}

function change<Answer>(gate: Gate, to: string, name: string, limits: Limits, take: () => Answer): Promise<Answer> {
  return gate.pass({ name, to, mutates: true, limits }, take)
}

function authority(estate: SimulatedEstate, gate: Gate): Authority {
  const { owner } = account
  return {
    listActive: (organization) => read(gate, organization, 'pats', () => estate.listActive(owner, organization)),
    listRevoked: (organization) =>
      read(gate, organization, 'revoked-pats', () => estate.listRevoked(owner, organization)),
    mint: (organization, request, limits) =>
      change(gate, organization, `mint:${request.displayName}`, limits, () =>
        estate.mint(owner, organization, request),
      ),
    extend: (organization, id, validTo, limits) =>
      change(gate, organization, `extend:${id}`, limits, () => ({
        pat: estate.extend(owner, organization, id, validTo),
        value: undefined,
      })),
    revoke: (organization, id, limits) =>
      change(gate, organization, `revoke:${id}`, limits, () => estate.revoke(owner, organization, id)),
    signedInUser: (organization) =>
      read(gate, organization, 'signed-in-user', () => ({ id: owner, user: estate.signedInAs })),
  }
}

function store(estate: SimulatedEstate, gate: Gate): Store {
  return {
    identity: () => read(gate, vault, 'identity', () => 'memory:vault'),
    prepare: () => read(gate, vault, 'prepare', () => 'memory:vault'),
    current: (names) => read(gate, vault, 'current', () => estate.currentOf(names)),
    managed: () => read(gate, vault, 'managed', () => estate.managed()),
    versions: (name) => read(gate, vault, 'versions', () => estate.versions(name)),
    read: (name) => read(gate, vault, 'value', () => estate.read(name)),
    readVersion: (name, id) => read(gate, vault, 'value-of-version', () => estate.readVersion(name, id)),
    admit: (name) => read(gate, vault, 'admit', () => estate.admit(name)),
    write: (name, value, metadata, limits) =>
      change(gate, vault, `store:${name}`, limits, () => estate.write(name, value.reveal(), metadata)),
    updateMetadata: (name, id, metadata, limits) =>
      change(gate, vault, `record:${name}`, limits, () => estate.updateMetadata(name, id, metadata)),
    setHold: (name, id, hold, limits) =>
      change(gate, vault, `hold:${id}`, limits, () => estate.setHold(name, id, hold)),
    disable: (name, id, limits) => change(gate, vault, `disable:${id}`, limits, () => estate.disable(name, id)),
  }
}

function target(estate: SimulatedEstate, gate: Gate, name: string): Target {
  return {
    name,
    deliver: (consignment, limits) =>
      change(gate, name, `deliver:${name}`, limits, () => estate.deliver(name, consignment)),
    inspect: (copy) => read(gate, name, `inspect:${name}`, () => estate.inspect(name, copy)),
    remove: (copy, limits) => change(gate, name, `remove:${name}`, limits, () => estate.remove(name, copy)),
    check: () => read(gate, name, `check:${name}`, () => undefined),
  }
}
