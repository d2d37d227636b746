import { type Call, commonHeaders, organizationUrl } from './pat-requests.ts'

const graphVersion = '7.1-preview.1'
const tokenAdministrationVersion = '7.1-preview.1'
/** The first that tells the hash of a value. */
const hashingVersion = '7.2-preview.1'
const profileVersion = '7.1'

/**
 * One page of the users of an organization; service identities are left out by their kinds.
 * https://learn.microsoft.com/rest/api/azure/devops/graph/users/list
 */
export function membersCall(vssps: string, organization: string, continuation: string | undefined): Call {
  const query = {
    'api-version': graphVersion,
    subjectTypes: 'aad,msa',
    ...(continuation === undefined ? {} : { continuationToken: continuation }),
  }
  return reading(organizationUrl(vssps, organization, 'graph/users', query), organization)
}

/** https://learn.microsoft.com/rest/api/azure/devops/graph/membership-states/get */
export function membershipStateCall(vssps: string, organization: string, descriptor: string): Call {
  const resource = `graph/membershipstates/${encodeURIComponent(descriptor)}`
  return reading(organizationUrl(vssps, organization, resource, { 'api-version': graphVersion }), organization)
}

/**
 * One page of the PATs of a user, for administrators, as large as the service makes it: nobody wrote down the most that it
 * gives.
 * https://learn.microsoft.com/rest/api/azure/devops/tokenadmin/personal-access-tokens/list
 */
export function administratedPatsCall(
  vssps: string,
  organization: string,
  descriptor: string,
  continuation: string | undefined,
  hashes = false,
): Call {
  const resource = `tokenadmin/personalaccesstokens/${encodeURIComponent(descriptor)}`
  const query = {
    'api-version': hashes ? hashingVersion : tokenAdministrationVersion,
    // True would be SSH keys.
    isPublic: 'false',
    ...(continuation === undefined ? {} : { continuationToken: continuation }),
  }
  return reading(organizationUrl(vssps, organization, resource, query), organization)
}

/** Where Azure DevOps tells of PATs, and where of accounts and profiles. */
const publicVssps = 'https://vssps.dev.azure.com'
const publicProfiles = 'https://app.vssps.visualstudio.com'

/** Who is signed in, in no organization. https://learn.microsoft.com/rest/api/azure/devops/profile/profiles/get */
export function profileCall(vssps: string): Call {
  return reading(`${profilesOf(vssps)}/_apis/profile/profiles/me?api-version=${profileVersion}`, '')
}

/** The organizations of a user. https://learn.microsoft.com/rest/api/azure/devops/account/accounts/list */
export function accountsCall(vssps: string, memberId: string): Call {
  const query = new URLSearchParams({ memberId, 'api-version': profileVersion }).toString()
  return reading(`${profilesOf(vssps)}/_apis/accounts?${query}`, '')
}

function profilesOf(vssps: string): string {
  const base = vssps.replace(/\/+$/, '')
  return base === publicVssps ? publicProfiles : base
}

function reading(url: string, organization: string): Call {
  return { method: 'GET', url, organization, headers: commonHeaders }
}
