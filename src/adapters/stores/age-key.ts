import type { Secret } from '../../core/secret.ts'

/**
 * The cost of a passphrase, as a power of two. The usual 18 takes more than a second for each value on a small machine;
 * at 15 it is a quarter of one, and passphrases of stores are long and random.
 */
const scryptWorkFactor = 15

/** What opening a sealed text showed. `wrong-key`: it is whole, but was sealed for another identity or passphrase. */
export type Opened =
  | { readonly kind: 'opened'; readonly text: string }
  | { readonly kind: 'wrong-key' }
  | { readonly kind: 'corrupt' }

/**
 * Encryption in the age format (https://age-encryption.org/v1) to one identity: an `AGE-SECRET-KEY-…`, alone or as the
 * file that `age-keygen` writes, or else a passphrase. What is sealed here opens with `age --decrypt`, too.
 */
export class AgeKey {
  readonly #identity: Secret

  constructor(identity: Secret) {
    this.#identity = identity
  }

  /** @returns the text as an armored age file; rejects with an Error when the identity is malformed */
  async seal(text: string): Promise<string> {
    const { armor, Encrypter, identityToRecipient } = await import('age-encryption')
    const encrypter = new Encrypter()
    const key = this.#key()
    if (key !== undefined) {
      encrypter.addRecipient(await identityToRecipient(key))
    } else {
      encrypter.setScryptWorkFactor(scryptWorkFactor)
      encrypter.setPassphrase(this.#identity.reveal())
    }
    return armor.encode(await encrypter.encrypt(text))
  }

  /** Opens what `seal` gave; rejects with an Error when the identity is malformed. */
  async open(sealed: string): Promise<Opened> {
    const { armor, Decrypter } = await import('age-encryption')
    const decrypter = new Decrypter()
    const key = this.#key()
    if (key !== undefined) decrypter.addIdentity(key)
    else decrypter.addPassphrase(this.#identity.reveal())
    try {
      return { kind: 'opened', text: await decrypter.decrypt(armor.decode(sealed), 'text') }
    } catch (thrown) {
      const wrongKey = thrown instanceof Error && thrown.message.startsWith('no identity matched')
      return { kind: wrongKey ? 'wrong-key' : 'corrupt' }
    }
  }

  /** The secret key in the identity; undefined when it is a passphrase. */
  #key(): string | undefined {
    return /^\s*(AGE-SECRET-KEY-\S+)\s*$/m.exec(this.#identity.reveal())?.[1]
  }
}
