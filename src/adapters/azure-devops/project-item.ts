import { PatrolError } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee } from '../../ports/target.ts'
import { asTargetFailure, type Entry } from './library-refusal.ts'
import type { Call } from './pat-requests.ts'
import type { Asked } from './refusal.ts'
import type { Sender } from './sender.ts'
import type { ProjectPlace } from './variable-group.ts'
import type { Whole } from './whole-object.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { filled } from '../placeholders.ts'

/** What both targets in a project are made of. */
export interface ProjectTargetParts {
  readonly name: string
  readonly place: ProjectPlace
  /** Name or id of the thing; placeholders stand as written. */
  readonly item: string
  readonly sender: Pick<Sender, 'read' | 'change'>
  /** Who asks, for remedies. */
  readonly who: string
  readonly isAccount: boolean
  readonly clock: Pick<Clock, 'elapsed'>
}

/** How one kind of thing is asked for. */
export interface ItemKind<Item> {
  /** `variable group` */
  readonly kind: string
  readonly scope: string
  readonly isId: (written: string) => boolean
  readonly named: (place: ProjectPlace, name: string) => Call
  readonly judgeNamed: (answer: HttpAnswer, name: string, asked: Asked) => string
  readonly one: (place: ProjectPlace, id: string) => Call
  readonly replace: (place: ProjectPlace, id: string, whole: Whole) => Call
  readonly judge: (answer: HttpAnswer, asked: Asked) => Item
}

/** A thing in a project that is read and written as a whole, found by its name or its id. */
export class ProjectItems<Item extends { readonly id: string }> {
  readonly #parts: ProjectTargetParts
  readonly #kind: ItemKind<Item>
  readonly #ids = new Map<string, string>()

  constructor(parts: ProjectTargetParts, kind: ItemKind<Item>) {
    this.#parts = parts
    this.#kind = kind
  }

  /** Its name in messages, and where it is told apart from others. */
  label(of: Addressee): string {
    const { place, item } = this.#parts
    return `${this.#kind.kind} ${JSON.stringify(filled(item, of))} of ${place.organization}/${place.project}`
  }

  /** @throws PatrolError `target-not-found`, `target-denied` … */
  async read(of: Addressee): Promise<Item> {
    const { item } = this.#parts
    const written = filled(item, of)
    if (this.#kind.isId(written)) return this.#one(of, written)
    const known = this.#ids.get(written)
    try {
      if (known !== undefined) return await this.#one(of, known)
    } catch (thrown) {
      if (!(thrown instanceof PatrolError) || thrown.code !== 'target-not-found') throw thrown
      // Somebody may have made it anew, under another id.
    }
    const asked = this.#asked('looking for', of, false)
    const { place, sender } = this.#parts
    const { named, judgeNamed } = this.#kind
    const id = await this.#told(() =>
      sender.read(named(place, written), (answer) => judgeNamed(answer, written, asked)),
    )
    this.#ids.set(written, id)
    return this.#one(of, id)
  }

  /** Writes the whole, once. @returns what the service says that stands there now */
  async replace(of: Addressee, id: string, whole: Whole, limits: Limits): Promise<Item> {
    const asked = this.#asked('changing', of, true)
    const { place, sender } = this.#parts
    const call = this.#kind.replace(place, id, whole)
    return this.#told(() => sender.change(call, limits, (answer) => this.#kind.judge(answer, asked)))
  }

  assertInTime({ sendBy }: Limits): void {
    if (this.#parts.clock.elapsed() > sendBy) {
      throw new PatrolError('turn-expired', `the turn is over; the ${this.#kind.kind} was not changed`)
    }
  }

  async #one(of: Addressee, id: string): Promise<Item> {
    const asked = this.#asked('reading', of, false)
    const { place, sender } = this.#parts
    const call = this.#kind.one(place, id)
    return this.#told(() => sender.read(call, (answer) => this.#kind.judge(answer, asked)))
  }

  #asked(doing: string, of: Addressee, mutates: boolean): Asked {
    return { what: `${doing} the ${this.label(of)}`, organization: this.#parts.place.organization, mutates }
  }

  async #told<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const { who, isAccount } = this.#parts
    const { kind, scope } = this.#kind
    const entry: Entry = { who, isAccount, scope, kind }
    try {
      return await work()
    } catch (thrown) {
      throw asTargetFailure(thrown, entry)
    }
  }
}

/** Told loudly: after a write something else is otherwise than it was sent. */
export function strayFailure(label: string, stray: readonly string[]): PatrolError {
  const message = `the ${label} has the new value, and afterwards other things were not as they had been sent: ${stray.join(', ')}`
  const remedy =
    'Look at them in Azure DevOps, and restore what is missing: somebody changed it at the same moment, or the service did not keep it. The delivery is repeated.'
  return new PatrolError('delivery-failed', message, { outcome: 'unknown', remedy })
}
