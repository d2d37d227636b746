import * as audit from './audit-rules.ts'
import * as accounts from './account-rules.ts'
import type { ConfigRule, Draft } from './draft.ts'
import * as credentials from './credential-rules.ts'
import * as entries from './entry-rules.ts'
import type { Fault } from './faults.ts'
import * as paths from './path-rules.ts'
import * as git from './git-rules.ts'
import * as replaced from './replaced-pats.ts'
import * as scopes from './scope-rules.ts'
import * as secrets from './secret-rules.ts'
import * as caches from './sign-in-cache-rules.ts'
import * as stores from './store-rules.ts'
import { noTokenOpensItsOwnTarget } from './target-openers.ts'
import * as targets from './target-rules.ts'
import * as times from './time-rules.ts'
import * as unattended from './unattended-rules.ts'

/** Everything that must hold beyond the form of single keys. */
const rules: readonly ConfigRule[] = [
  accounts.someAccount,
  accounts.oneAccessToken,
  accounts.signInHasUser,
  accounts.passwordsEndWithMfa,
  accounts.tenantsCanBeFound,
  accounts.oneAccountPerUser,
  caches.cacheStoresExist,
  caches.cachesOpenWithoutThemselves,
  caches.cacheSecretsAreApart,
  caches.signInsAreRenewedInTime,
  unattended.onBehalfOfIsComplete,
  unattended.agentsAreNamed,
  unattended.signInCertificatesOpen,
  accounts.accountsExist,
  accounts.entriesHaveAccounts,
  accounts.accountsAreUsed,
  stores.vaultAddresses,
  stores.challengesAreVerified,
  credentials.credentialsExist,
  credentials.identitiesAreNamedOnce,
  credentials.vaultsAreOfTheCloud,
  stores.identitiesAreOfAge,
  stores.storesAreApart,
  stores.storesExist,
  stores.storesAreUsed,
  paths.pathsAreWrittenOut,
  stores.certificatesAreReadable,
  entries.nameOrMatch,
  entries.namesAreUnique,
  entries.namesAreNoIds,
  entries.keysFitTheKind,
  entries.organizationsAreClear,
  entries.entriesHaveOrganizations,
  secrets.storesAreNamed,
  secrets.renewNeedsStoreToReplace,
  secrets.ceilingsAreMet,
  secrets.secretNamesFit,
  secrets.secretsAreApart,
  entries.displayNamesAreUnmarked,
  entries.displayNamesAreApart,
  entries.rulesAreReached,
  entries.verificationStaysHome,
  replaced.replacedHaveNewValues,
  replaced.replacedAreOfOneAccount,
  replaced.revocationIsAgreed,
  entries.somethingIsManaged,
  targets.targetsAreSound,
  targets.targetsExist,
  targets.targetsAreNamedOnce,
  targets.targetsAreFew,
  targets.targetsFollowStores,
  targets.targetsAreApart,
  targets.tokensAreToldApart,
  targets.targetsAreUsed,
  noTokenOpensItsOwnTarget,
  git.gitIsForTokens,
  git.gitHasValues,
  git.gitAddressesAreApart,
  git.gitScopesReachCode,
  scopes.tokensHaveScopes,
  scopes.scopesAreUnique,
  scopes.fullScopeStandsAlone,
  scopes.scopesAreForPats,
  scopes.scopesAreKnown,
  scopes.scopesAddSomething,
  scopes.metadataFits,
  audit.waiversNameFindings,
  audit.waiversAreNarrow,
  audit.waiversEnd,
  times.cacheIsShort,
  times.lifetimeIsGranted,
  times.renewBeforeIsShorter,
  times.overlapIsShorter,
  times.turnLimitIsShorter,
  times.orphanAfterIsLongEnough,
  times.orphanAfterFits,
  times.runsAreOftenEnough,
]

/** What all rules find, over whatever parsed. */
export function applyRules(draft: Draft): readonly Fault[] {
  return rules.flatMap((rule) => rule(draft))
}
