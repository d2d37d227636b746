import type { Secret } from '../../core/secret.ts'
import { hasBech32Checksum } from './bech32.ts'

/** What opening a sealed text showed. `wrong-key`: it is whole, but was sealed for another identity. */
export type Opened =
  | { readonly kind: 'opened'; readonly text: string }
  | { readonly kind: 'wrong-key' }
  | { readonly kind: 'corrupt' }

/** What is wrong with an age identity: nothing of its form is there, or a character of it is not as it was made. */
export type IdentityFault = 'none' | 'checksum'

/** Whether it holds an age identity that is whole; undefined when it does. */
export function ageIdentityFault(secret: Secret): IdentityFault | undefined {
  const identity = ageIdentityIn(secret.reveal())
  if (identity === undefined) return 'none'
  return hasBech32Checksum(identity) ? undefined : 'checksum'
}

/**
 * The age identity in a text: the text itself, or one line of the file that `age-keygen` writes. Undefined when there
 * is none. Whether its checksum fits is for `ageIdentityFault`.
 *
 * An identity is Bech32 of 32 bytes, in capitals (https://age-encryption.org/v1); the post-quantum form has another
 * prefix and the same length of data.
 */
export function ageIdentityIn(text: string): string | undefined {
  return /^\s*(AGE-SECRET-KEY-(?:PQ-)?1[AC-HJ-NP-Z02-9]{58})\s*$/m.exec(text)?.[1]
}

/**
 * Encryption in the age format (https://age-encryption.org/v1) to one identity: an `AGE-SECRET-KEY-…`, alone or as the
 * file that `age-keygen` writes. What is sealed here opens with `age --decrypt`, too.
 */
export class AgeKey {
  readonly #identity: Secret

  constructor(identity: Secret) {
    this.#identity = identity
  }

  /** Rejects with an Error when the identity is none, or its checksum does not fit. */
  async prove(): Promise<void> {
    await this.#recipient()
  }

  /** @returns the text as an armored age file; rejects with an Error when the identity is malformed */
  async seal(text: string): Promise<string> {
    const { armor, Encrypter } = await import('age-encryption')
    const encrypter = new Encrypter()
    encrypter.addRecipient(await this.#recipient())
    return armor.encode(await encrypter.encrypt(text))
  }

  /** Opens what `seal` gave; rejects with an Error when the identity is malformed. */
  async open(sealed: string): Promise<Opened> {
    const { armor, Decrypter } = await import('age-encryption')
    const decrypter = new Decrypter()
    decrypter.addIdentity(this.#secretKey())
    try {
      const bytes = await decrypter.decrypt(streamOf(armor.decode(sealed)))
      return { kind: 'opened', text: await textOf(bytes) }
    } catch (thrown) {
      const wrongKey = thrown instanceof Error && thrown.message.startsWith('no identity matched')
      return { kind: wrongKey ? 'wrong-key' : 'corrupt' }
    }
  }

  async #recipient(): Promise<string> {
    const { identityToRecipient } = await import('age-encryption')
    return identityToRecipient(this.#secretKey())
  }

  #secretKey(): string {
    const found = ageIdentityIn(this.#identity.reveal())
    if (found === undefined) throw new Error('this is no age identity')
    return found
  }
}

/**
 * Given bytes, the library reads its own stream with a `Response` of the fetch API, which takes Node.js longer to load
 * than all the rest takes that hands out a value.
 */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
