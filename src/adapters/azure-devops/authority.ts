import { PatrolError } from '../../core/errors.ts'
import type { Pat } from '../../core/pat.ts'
import type { Authority } from '../../ports/authority.ts'
import { judgeSignedInUser } from './connection-judgement.ts'
import { judgeExtension, judgeMint, judgePage, judgeRevocation } from './pat-judgement.ts'
import { connectionDataCall, extendCall, listCall, mintCall, revokeCall } from './pat-requests.ts'
import type { Asked } from './refusal.ts'
import { Sender, type SenderParts } from './sender.ts'

/** Base addresses, without the organization. */
export interface AzureDevOpsEndpoints {
  readonly vssps: string
  readonly azureDevOps: string
}

/** Pages in a row that bring nothing new before the list is taken for one that never ends. */
const mostBarrenPages = 10

/**
 * The PAT lifecycle API as the authority of one account. It knows the addresses of the configuration alone: no answer
 * can make it send the access token anywhere else.
 */
export function createAuthority(endpoints: AzureDevOpsEndpoints, parts: SenderParts): Authority {
  const sender = new Sender(parts)
  const { vssps, azureDevOps } = endpoints

  async function list(organization: string, filter: 'active' | 'revoked'): Promise<readonly Pat[]> {
    const asked: Asked = { what: `listing the ${filter} PATs in ${organization}`, organization, mutates: false }
    const pats = new Map<string, Pat>()
    let continuation: string | undefined
    let barren = 0
    do {
      const call = listCall(vssps, organization, filter, continuation)
      const page = await sender.read(call, (answer) => judgePage(answer, asked))
      const known = pats.size
      // Pages may overlap when the list changes meanwhile; the later page is the newer one.
      for (const pat of page.pats) pats.set(pat.authorizationId, pat)
      barren = pats.size > known ? 0 : barren + 1
      if (barren > mostBarrenPages) {
        throw new PatrolError('unexpected-answer', `${asked.what}: the list goes on without bringing anything new`)
      }
      ;({ continuation } = page)
    } while (continuation !== undefined)
    return [...pats.values()]
  }

  const mutation = (what: string, organization: string): Asked => ({ what, organization, mutates: true })

  return {
    listActive: (organization) => list(organization, 'active'),
    listRevoked: (organization) => list(organization, 'revoked'),
    mint: async (organization, request, limits) => {
      const asked = mutation(`minting a PAT in ${organization}`, organization)
      return sender.change(mintCall(vssps, organization, request), limits, (answer) => judgeMint(answer, asked))
    },
    extend: async (organization, authorizationId, validTo, limits) => {
      const asked = mutation(`extending PAT ${authorizationId} in ${organization}`, organization)
      const call = extendCall(vssps, organization, authorizationId, validTo)
      return sender.change(call, limits, (answer) => judgeExtension(answer, asked))
    },
    revoke: async (organization, authorizationId, limits) => {
      const asked = mutation(`revoking PAT ${authorizationId} in ${organization}`, organization)
      const call = revokeCall(vssps, organization, authorizationId)
      return sender.change(call, limits, (answer) => judgeRevocation(answer, asked))
    },
    signedInUser: async (organization) => {
      const asked: Asked = { what: `asking ${organization} who is signed in`, organization, mutates: false }
      return sender.read(connectionDataCall(azureDevOps, organization), (answer) => judgeSignedInUser(answer, asked))
    },
  }
}
