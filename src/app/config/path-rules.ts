import type { ConfigRule, Draft } from './draft.ts'
import { type Fault, fault, type Path } from './faults.ts'
import type { Written, WrittenStore } from './schema.ts'
import type { Sound } from './shape.ts'

type WrittenSignIn = Sound<Written['accounts'][string]['signIn']>

/** A shell would replace the tilde; here it would make a directory of that name. */
export function writtenOut(draft: Draft, path: Path, written: string | undefined): readonly Fault[] {
  if (written === undefined || !/^~(?:$|[/\\])/.test(written)) return []
  const text = `${draft.shown(path)} begins with ~, which is not replaced here`
  return [fault(path, text, 'write ${HOME} in place of ~')]
}

/** The paths of accounts, stores and of the connections themselves. */
export const pathsAreWrittenOut: ConfigRule = (draft) => {
  const paths: readonly (readonly [Path, string | undefined])[] = [
    [['tls', 'caFile'], draft.written.tls?.caFile],
    ...Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => pathsOfSignIn(name, account?.signIn)),
    ...Object.entries(draft.written.stores ?? {}).flatMap(([name, store]): (readonly [Path, string | undefined])[] => [
      [['stores', name, 'path'], store?.type === 'file' ? store.path : undefined],
      [['stores', name, 'credential', 'tokenFile'], tokenFileOf(store)],
    ]),
  ]
  return paths.flatMap(([path, written]) => writtenOut(draft, path, written))
}

function pathsOfSignIn(account: string, signIn: WrittenSignIn | undefined): (readonly [Path, string | undefined])[] {
  const path: Path = ['accounts', account, 'signIn']
  if (signIn?.method === 'access-token' || signIn?.method === 'on-behalf-of') return [[[...path, 'file'], signIn.file]]
  const credential = signIn?.method === 'agent-user' ? signIn.credential : undefined
  if (typeof credential !== 'object' || credential.type !== 'workload-identity') return []
  return [[[...path, 'credential', 'tokenFile'], credential.tokenFile]]
}

function tokenFileOf(store: Sound<WrittenStore> | undefined): string | undefined {
  const credential = store?.type === 'azure-key-vault' ? store.credential : undefined
  return typeof credential === 'object' && credential.type === 'workload-identity' ? credential.tokenFile : undefined
}
