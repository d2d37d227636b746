import type { Service } from './exchange.ts'

/** One request as it arrived. Bodies and headers are not kept: they carry secrets. */
export interface RequestRecord {
  /** Counts from 1, in order of arrival, over all services. */
  readonly n: number
  /** The emulator's clock at arrival, milliseconds since the epoch. */
  readonly at: number
  readonly service: Service
  readonly method: string
  /** Base address of the host it came to, which tells two vaults apart. */
  readonly host: string
  /** Path and query, as sent. */
  readonly url: string
  /** `pending` until the answer is out; `dropped` when the client got none, whoever hung up. */
  status: number | 'dropped' | 'pending'
  /** A user's sign-in name, an application's client id, or `pat:` and an authorization id. */
  principal?: string
}

export class Journal {
  readonly #records: RequestRecord[] = []

  open(arrival: Pick<RequestRecord, 'at' | 'service' | 'method' | 'host' | 'url'>): RequestRecord {
    const record: RequestRecord = { n: this.#records.length + 1, ...arrival, status: 'pending' }
    this.#records.push(record)
    return record
  }

  /** Copies, so that what a test took down does not change under it. */
  all(): RequestRecord[] {
    return this.#records.map((record) => ({ ...record }))
  }
}
