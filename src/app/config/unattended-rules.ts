import { readCertificate } from '../../adapters/entra/client-certificate.ts'
import type { ConfigRule, Draft } from './draft.ts'
import { type Fault, fault, type Path, pathKey, warning } from './faults.ts'
import type { Written } from './schema.ts'
import type { Sound } from './shape.ts'

type Account = Sound<Written['accounts'][string]>

/** The user's token comes from one place, and the application proves itself in one way. */
export const onBehalfOfIsComplete: ConfigRule = (draft) =>
  eachAccount(draft, (path, account) => {
    if (account.signIn?.method !== 'on-behalf-of') return []
    const signIn: Path = [...path, 'signIn']
    const either = (one: string, other: string, remedy: string): readonly Fault[] => {
      const [hasOne, hasOther] = [draft.has([...signIn, one]), draft.has([...signIn, other])]
      if (hasOne && hasOther)
        return [fault([...signIn, other], `stands beside ${one}`, `keep one of ${one} and ${other}`)]
      return hasOne || hasOther ? [] : [fault(signIn, `has neither ${one} nor ${other}`, remedy)]
    }
    const passphrase: Path = [...signIn, 'passphrase']
    const needless = draft.has(passphrase) && !draft.has([...signIn, 'certificate'])
    return [
      ...either(
        'assertion',
        'file',
        "write file: with the path of a file that holds the user's token, or assertion: ${NAME}",
      ),
      ...either('secret', 'certificate', 'write certificate: ${file:…}, or secret: ${NAME}, of the application'),
      ...(needless ? [fault(passphrase, 'opens nothing: there is no certificate', 'remove it', 'key')] : []),
      ...(draft.has([...path, 'clientId'])
        ? []
        : [
            fault(
              path,
              'clientId is missing, which sign-in by on-behalf-of needs',
              'write clientId: with the application that the token of the user is for',
            ),
          ]),
    ]
  })

/** An agent is one thing and its blueprint another, and neither is a client id of the account. */
export const agentsAreNamed: ConfigRule = (draft) =>
  eachAccount(draft, (path, { signIn }) => {
    if (signIn?.method !== 'agent-user') return []
    const same = signIn.agent !== undefined && signIn.agent.toLowerCase() === signIn.blueprint?.toLowerCase()
    const agent: Path = [...path, 'signIn', 'agent']
    const clientId: Path = [...path, 'clientId']
    return [
      ...(same
        ? [
            fault(
              agent,
              'is the blueprint itself',
              'write the client id of the agent identity, a child of the blueprint',
            ),
          ]
        : []),
      ...(draft.has(clientId)
        ? [warning(clientId, 'has no effect: method: agent-user signs in with its agent', 'remove it')]
        : []),
    ]
  })

/** A certificate that cannot be used would only be found out in a run. */
export const signInCertificatesOpen: ConfigRule = (draft) =>
  eachAccount(draft, (path) =>
    [
      [...path, 'signIn'],
      [...path, 'signIn', 'credential'],
    ].flatMap((holder) => {
      const at: Path = [...holder, 'certificate']
      const pem = draft.secrets.get(pathKey(at))
      const passphrase: Path = [...holder, 'passphrase']
      if (pem === undefined || draft.isFaulty(passphrase)) return []
      const reading = readCertificate(pem, draft.secrets.get(pathKey(passphrase)))
      if (reading.kind === 'certificate') return []
      const remedy =
        'store a certificate and its RSA key as one PEM text, the key with passphrase: where it is encrypted'
      return [fault(at, `the value of ${draft.shown(at)} ${reading.text}`, remedy)]
    }),
  )

function eachAccount(draft: Draft, rule: (path: Path, account: Account) => readonly Fault[]): readonly Fault[] {
  return Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) =>
    account === undefined ? [] : rule(['accounts', name], account),
  )
}
