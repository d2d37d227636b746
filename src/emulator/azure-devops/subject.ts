import { createHash } from 'node:crypto'
import type { User } from '../entra/directory.ts'

/**
 * How Azure DevOps names users everywhere: by the kind of the subject and what identifies it.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/graph/users
 */
export class SubjectBook {
  readonly #descriptors = new Map<User, string>()
  readonly #users = new Map<string, User>()

  constructor(users: readonly User[]) {
    for (const user of users) {
      const subject = createHash('sha256').update(user.identityId).digest('hex').slice(0, 32)
      const descriptor = `aad.${Buffer.from(subject).toString('base64url')}`
      this.#descriptors.set(user, descriptor)
      this.#users.set(descriptor, user)
    }
  }

  descriptorOf(user: User): string {
    const descriptor = this.#descriptors.get(user)
    if (descriptor === undefined) throw new Error(`${user.upn} is of another world`)
    return descriptor
  }

  userOf(descriptor: string): User | undefined {
    return this.#users.get(descriptor)
  }
}
