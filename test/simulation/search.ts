import { setImmediate } from 'node:timers/promises'
import { PatrolError } from '../../src/core/errors.ts'
import { type Duration, duration, hour, instant, minute } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { SimulatedEstate } from './estate.ts'
import type { Call, Gate } from './gate.ts'
import { type Begun, Judge, type Violation } from './judge.ts'
import { Life } from './life.ts'
import { openPorts } from './ports.ts'

/** A small world to be searched through: who runs how often, how time may pass, and how much may go wrong. */
export interface Scenario {
  readonly name: string
  readonly token: Token
  /** Brings the estate to where the search begins; it is called for every replay and does the same each time. */
  readonly prepare: (world: Preparation) => Promise<void>
  readonly instances: number
  /** Runs of each instance. */
  readonly runs: number
  readonly faults: number
  /** Time may pass in these portions, between runs for nothing, and within one as a fault: the process was suspended. */
  readonly passes: readonly Duration[]
  /** At most so many of them. */
  readonly mostPasses: number
  /** A person asks for a new value in the first run of each instance. */
  readonly requested?: boolean
  /** Whether somebody outside may revoke the current PAT, as a fault. */
  readonly outside?: boolean
}

/** What a scenario may do to begin with. */
export interface Preparation {
  readonly estate: SimulatedEstate
  /** One untroubled run. */
  run(token?: Token): Promise<void>
  pass(length: Duration): void
}

export interface SearchResult {
  readonly scenario: string
  readonly states: number
  readonly replays: number
  /** The search ended because it had seen everything, not because of its limit. */
  readonly exhausted: boolean
  readonly violation: { readonly schedule: readonly string[]; readonly found: Violation } | undefined
}

/**
 * Tries every interleaving of the real program's requests, with every placement of the faults, until nothing new comes.
 * A state is the estate together with what each process has been answered in its run, for that determines what it does
 * next; a state that was seen is not gone into again.
 */
export async function search(scenario: Scenario, mostStates: number): Promise<SearchResult> {
  const seen = new Set<string>()
  const pending: (readonly number[])[] = [[]]
  let replays = 0
  while (pending.length > 0 && seen.size < mostStates) {
    const prefix = pending.pop() as readonly number[]
    const replay = new Replay(scenario)
    await replay.begin()
    replays += 1
    const path = [...prefix]
    for (const choice of prefix) await replay.choose(choice)
    for (;;) {
      const [violation] = replay.judge.violations
      if (violation !== undefined) {
        return {
          scenario: scenario.name,
          states: seen.size,
          replays,
          exhausted: false,
          violation: { schedule: replay.schedule, found: violation },
        }
      }
      const key = replay.key()
      if (seen.has(key)) break
      seen.add(key)
      const choices = replay.choices().length
      if (choices === 0) {
        await replay.makePeace()
        if (replay.judge.violations.length > 0) continue
        break
      }
      for (let other = choices - 1; other > 0; other--) pending.push([...path, other])
      path.push(0)
      await replay.choose(0)
    }
    replay.end()
  }
  return { scenario: scenario.name, states: seen.size, replays, exhausted: pending.length === 0, violation: undefined }
}

interface Waiting {
  readonly call: Call
  readonly take: () => unknown
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: PatrolError) => void
}

/** One process of the program. Requests that it sends at the same time are reads, whose order does not matter. */
interface Process {
  readonly name: string
  runs: number
  life: Life
  readonly waiting: Waiting[]
  running: boolean
  /** What it was answered in this run. */
  answers: string[]
  begun: Begun | undefined
}

interface Late {
  readonly begun: Begun | undefined
  readonly landBy: number
  readonly name: string
  readonly take: () => unknown
  readonly process: Process
}

type Choice = { readonly label: string; readonly fault: boolean; readonly take: () => void }

class Replay {
  readonly estate = new SimulatedEstate()
  readonly judge: Judge
  readonly schedule: string[] = []
  readonly #scenario: Scenario
  readonly #processes: readonly Process[]
  readonly #late: Late[] = []
  #elapsed = 0
  #faults = 0
  #passes = 0
  #names = 0
  #quiet = true

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.judge = new Judge(this.estate, [scenario.token], [])
    this.#processes = Array.from({ length: scenario.instances }, (_, index) => ({
      name: String.fromCharCode(65 + index),
      runs: 0,
      life: new Life(),
      waiting: [],
      running: false,
      answers: [],
      begun: undefined,
    }))
  }

  async begin(): Promise<void> {
    await this.#scenario.prepare({
      estate: this.estate,
      run: async (token) => {
        await this.#cleanRun(token ?? this.#scenario.token)
      },
      pass: (length) => this.#pass(length),
    })
    this.#quiet = false
    this.judge.afterAnything()
  }

  end(): void {
    for (const process of this.#processes) process.life.end()
  }

  choices(): readonly Choice[] {
    const choices: Choice[] = []
    const mayFail = this.#faults < this.#scenario.faults
    const idle = this.#processes.every((process) => !process.running)
    for (const process of this.#processes) {
      if (!process.running && process.runs < this.#scenario.runs) {
        choices.push({ label: `${process.name} begins`, fault: false, take: () => this.#start(process) })
      }
      const [waiting] = process.waiting
      if (waiting !== undefined) choices.push(...this.#answersTo(process, waiting, mayFail))
    }
    for (const [index, late] of this.#late.entries()) {
      choices.push({
        label: `${late.name} of ${late.process.name} lands late`,
        fault: false,
        take: () => this.#land(index),
      })
    }
    if (this.#passes < this.#scenario.mostPasses && (idle || mayFail)) {
      for (const length of this.#scenario.passes) {
        choices.push({
          label: `${length / minute} minutes pass`,
          fault: !idle,
          take: () => this.#passWithLandings(length),
        })
      }
    }
    if (this.#scenario.outside === true && mayFail) {
      const pat = this.estate.byValue(this.estate.current(this.#secretName)?.value ?? '')
      if (pat !== undefined && this.estate.isActive(pat)) {
        choices.push({
          label: `${pat.displayName} is revoked outside`,
          fault: true,
          take: () => this.estate.revokeOutside(pat),
        })
      }
    }
    return choices
  }

  async choose(index: number): Promise<void> {
    const choice = this.choices()[index]
    if (choice === undefined) throw new Error('the replay took another way than the search')
    this.schedule.push(choice.label)
    if (choice.fault) this.#faults += 1
    choice.take()
    await setImmediate()
    this.judge.afterAnything()
  }

  #answersTo(process: Process, waiting: Waiting, mayFail: boolean): readonly Choice[] {
    const { call } = waiting
    const label = `${process.name} ${call.name}`
    const choices: Choice[] = [{ label, fault: false, take: () => this.#answer(process, waiting, 'whole') }]
    if (call.limits !== undefined && this.#elapsed > call.limits.sendBy + call.limits.timeout) {
      // Requests end soon enough for this: nobody waits for it any more, and it will not land.
      return [{ label: `${label} has timed out`, fault: false, take: () => this.#timeOut(process, waiting) }]
    }
    if (!call.mutates || !mayFail) return choices
    return [
      ...choices,
      { label: `${label} is lost on the way, and ${process.name} dies`, fault: true, take: () => this.#die(process) },
      {
        label: `${label}, then ${process.name} dies`,
        fault: true,
        take: () => this.#answer(process, waiting, 'death'),
      },
      { label: `${label}, whose answer is lost`, fault: true, take: () => this.#answer(process, waiting, 'lost') },
      {
        label: `${label} is given up and still under way`,
        fault: true,
        take: () => this.#answer(process, waiting, 'late'),
      },
    ]
  }

  #answer(process: Process, waiting: Waiting, how: 'whole' | 'death' | 'lost' | 'late'): void {
    process.waiting.shift()
    const { call } = waiting
    const unknown = new PatrolError('service-unavailable', `${call.name}: no answer`, { outcome: 'unknown' })
    if (how === 'late') {
      const { sendBy, timeout } = call.limits as NonNullable<Call['limits']>
      this.#late.push({ begun: process.begun, landBy: sendBy + timeout, name: call.name, take: waiting.take, process })
      process.answers.push(`${call.name}=?`)
      waiting.reject(unknown)
      return
    }
    let answer: unknown
    try {
      answer = waiting.take()
      this.#took(process.begun, call)
    } catch (error) {
      process.answers.push(`${call.name}!${String(error)}`)
      waiting.reject(error as PatrolError)
      return
    }
    if (how === 'death') return this.#die(process)
    process.answers.push(how === 'lost' ? `${call.name}=?` : `${call.name}=${show(answer)}`)
    if (how === 'lost') waiting.reject(unknown)
    else waiting.resolve(answer)
  }

  #timeOut(process: Process, waiting: Waiting): void {
    process.waiting.shift()
    process.answers.push(`${waiting.call.name}=?`)
    waiting.reject(new PatrolError('service-unavailable', `${waiting.call.name}: no answer`, { outcome: 'unknown' }))
  }

  #die(process: Process): void {
    process.life.end()
    process.waiting.length = 0
    process.running = false
    process.answers = []
  }

  #land(index: number): void {
    const [late] = this.#late.splice(index, 1)
    if (late === undefined) return
    try {
      late.take()
    } catch {
      return
    }
    this.#took(late.begun, { name: late.name, mutates: true, limits: undefined })
  }

  /** What is under way lands before its time is over: requests end soon enough for that. */
  #passWithLandings(length: Duration): void {
    this.#passes += 1
    for (;;) {
      const overdue = this.#late.findIndex(({ landBy }) => landBy < this.#elapsed + length)
      if (overdue === -1) break
      this.#land(overdue)
    }
    this.#pass(length)
  }

  #pass(length: Duration): void {
    this.estate.now = instant(this.estate.now + length)
    this.#elapsed += length
  }

  #took(begun: Begun | undefined, call: Call): void {
    if (this.#quiet) {
      const [kind, subject = ''] = call.name.split(':')
      if (kind === 'store') this.judge.afterStore(subject, undefined)
      return
    }
    const [kind, subject = ''] = call.name.split(':')
    if (kind === 'store') this.judge.afterStore(subject, begun)
    if (kind === 'revoke') this.judge.afterRevoke(subject, begun)
    if (kind === 'disable') this.judge.afterDisable(subject)
  }

  #start(process: Process): void {
    process.runs += 1
    process.running = true
    process.life = new Life()
    process.answers = []
    const requested = this.#scenario.requested === true && process.runs === 1
    // What a person asked for needs no other reason.
    process.begun = { at: this.estate.now, tokens: requested ? [] : [this.#scenario.token] }
    void this.#run(this.#gate(process), this.#scenario.token, requested).then(() => {
      process.running = false
      process.answers = []
    })
  }

  #gate(process: Process): Gate {
    const { life } = process
    return {
      pass: (call, take) => {
        if (call.limits !== undefined && this.#elapsed > call.limits.sendBy) {
          return Promise.reject(new PatrolError('turn-expired', 'too late to send'))
        }
        return new Promise((resolve, reject) => {
          if (!life.over) process.waiting.push({ call, take, resolve: resolve as (answer: unknown) => void, reject })
        })
      },
      ...this.#clock(),
    }
  }

  #clock(): Omit<Gate, 'pass'> {
    return {
      now: () => this.estate.now,
      elapsed: () => this.#elapsed,
      sleep: () => Promise.resolve(),
      skew: () => ({ kind: 'corrected', offset: duration(0) }),
      stopping: () => false,
      characters: (count) => {
        this.#names += 1
        return this.#names.toString(36).padStart(count, '0')
      },
      report: () => undefined,
    }
  }

  async #run(gate: Gate, token: Token, asked = false): Promise<void> {
    const requested = new Set(asked ? [token.name] : [])
    const world = openPorts(this.estate, gate, { concurrency: 1, targets: token.targets })
    const proposals = await propose(
      world,
      { tokens: [token], rules: [] },
      { maxReplacements: { kind: 'count', count: 9 }, requested },
    )
    await apply(world, proposals, { requested })
  }

  /** A run to which nothing happens, all at once. */
  async #cleanRun(token: Token): Promise<readonly string[]> {
    const mutations: string[] = []
    const begun: Begun = { at: this.estate.now, tokens: [token] }
    const gate: Gate = {
      pass: async (call, take) => {
        const answer = take()
        if (call.mutates) {
          mutations.push(call.name)
          this.#took(begun, call)
        }
        return answer
      },
      ...this.#clock(),
    }
    await this.#run(gate, token)
    return mutations
  }

  /** From wherever the search ended, untroubled runs must heal everything. */
  async makePeace(): Promise<void> {
    while (this.#late.length > 0) this.#land(0)
    const { token } = this.#scenario
    let mutations: readonly string[] = []
    for (let run = 0; run < 10; run++) {
      this.#pass(duration(Math.max(token.lifetime / 20, 3 * hour)))
      mutations = await this.#cleanRun(token)
      this.judge.afterAnything()
    }
    for (let again = 0; again < 3; again++) mutations = await this.#cleanRun(token)
    this.schedule.push('peace')
    this.judge.afterPeace([token], mutations, 3 * Math.max(token.lifetime / 20, 3 * hour))
  }

  /** Everything that what happens next depends on. */
  key(): string {
    const pats = this.estate.pats.map((pat) => [pat.displayName, pat.revokedAt, pat.validTo])
    const versions = [...this.estate.secrets].map(([name, list]) => [
      name,
      list.map(({ id, enabled, tags, createdAt }) => [id, enabled, tags, createdAt]),
    ])
    const processes = this.#processes.map((process) => [
      process.runs,
      process.running,
      process.waiting.map(({ call }) => call.name),
      process.answers,
    ])
    const late = this.#late.map(({ name, process }) => [name, process.name])
    return JSON.stringify([
      pats,
      versions,
      [...this.estate.held],
      processes,
      late,
      this.#elapsed,
      this.#faults,
      this.#passes,
    ])
  }

  get #secretName(): string {
    return this.#scenario.token.place?.secretName ?? ''
  }
}

function show(answer: unknown): string {
  return JSON.stringify(answer, (_, value: unknown) => (value instanceof Map ? [...value] : value)) ?? 'nothing'
}
