import { asPatrolError, PatrolError } from '../../core/errors.ts'
import type { Directory } from '../../ports/directory.ts'
import type { Reach } from '../../ports/reach.ts'
import type { HashedPat, TokenAdministration } from '../../ports/token-administration.ts'
import {
  judgeAccounts,
  judgeAdministratedPage,
  judgeMemberPage,
  judgeMembershipState,
  judgeProfile,
} from './administration-judgement.ts'
import {
  accountsCall,
  administratedPatsCall,
  membersCall,
  membershipStateCall,
  profileCall,
} from './administration-requests.ts'
import { correlatingIdOf } from './correlating-id.ts'
import type { Asked } from './refusal.ts'
import { Sender, type SenderParts } from './sender.ts'

/** What one account sees beyond its own PATs: where it belongs, and with the rights of an administrator everybody's. */
export interface Administration extends Directory, TokenAdministration, Reach {}

/**
 * The Graph, token administration and account APIs as one account sees them. Everything is read; a page is asked for
 * when the one before it was consumed.
 *
 * @param vssps the base address, without the organization
 */
export function createAdministration(vssps: string, parts: SenderParts): Administration {
  const sender = new Sender(parts)
  const reading = (what: string, organization: string): Asked => ({ what, organization, mutates: false })

  async function* pagesOf(
    organization: string,
    descriptor: string,
    hashes: boolean,
  ): AsyncGenerator<readonly HashedPat[]> {
    const asked = reading(`listing the PATs of a user of ${organization}`, organization)
    const been = new Set<string>()
    let continuation: string | undefined
    do {
      const call = administratedPatsCall(vssps, organization, descriptor, continuation, hashes)
      const page = await sender
        .read(call, (answer) => judgeAdministratedPage(answer, asked))
        .catch((thrown: unknown) => {
          // The service says of a user who left what it says of an organization that is not there.
          const failure = asPatrolError(thrown)
          if (failure.code === 'organization-not-found') return undefined
          throw failure
        })
      if (page === undefined) return
      continuation = onwards(page.continuation, been, asked)
      yield page.pats
    } while (continuation !== undefined)
  }

  return {
    async *members(organization, from) {
      const asked = reading(`listing the users of ${organization}`, organization)
      const been = new Set<string>()
      let continuation = from
      do {
        const page = await sender.read(membersCall(vssps, organization, continuation), (answer) =>
          judgeMemberPage(answer, asked),
        )
        continuation = onwards(page.next, been, asked)
        yield page
      } while (continuation !== undefined)
    },

    isActive(organization, descriptor) {
      const asked = reading(`asking ${organization} whether a member is active`, organization)
      return sender.read(membershipStateCall(vssps, organization, descriptor), (answer) =>
        judgeMembershipState(answer, asked),
      )
    },

    async *patsOf(organization, descriptor) {
      for await (const page of pagesOf(organization, descriptor, false)) {
        yield page.filter(({ isValid }) => isValid).map(({ pat }) => pat)
      }
    },

    hashedPatsOf: (organization, descriptor) => pagesOf(organization, descriptor, true),

    hashOf: correlatingIdOf,

    async organizations() {
      const asked = reading('asking which organizations the account belongs to', '')
      const id = await sender.read(profileCall(vssps), (answer) => judgeProfile(answer, asked))
      return sender.read(accountsCall(vssps, id), (answer) => judgeAccounts(answer, asked))
    },
  }
}

/** A list that goes on where it was already would never end. */
function onwards(continuation: string | undefined, been: Set<string>, asked: Asked): string | undefined {
  if (continuation === undefined) return undefined
  if (been.has(continuation)) {
    throw new PatrolError('unexpected-answer', `${asked.what}: the list goes on where it has been already`)
  }
  been.add(continuation)
  return continuation
}
