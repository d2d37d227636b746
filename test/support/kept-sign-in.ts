import type { CallOptions, Ended, Estate, EstateOptions } from './estate.ts'
import { type Person, ScriptedBrowser } from './scripted-browser.ts'

export const ownClient = 'c11e0000-0000-4000-8000-000000000001'
const vaultReader = 'c11e0000-0000-4000-8000-000000000002'
export const upn = 'ci-bot@contoso.example'

/** A change of an estate's configuration: its account signs in by the sign-in of a person, kept in a file or the vault. */
export function keptIn(where: 'file' | 'vault', more = ''): Required<Pick<EstateOptions, 'rewrite'>> {
  const store = where === 'vault' ? 'vault' : 'local'
  const local = '  local:\n    type: file\n    path: ./sign-in-store\n    identity: ${PATROL_AGE_IDENTITY}\n'
  return {
    rewrite: (text) =>
      text
        .replace(
          /signIn:\n(?: {6}.*\n)+/,
          `user: ${upn}\n    clientId: ${ownClient}\n    signIn:\n      method: refresh-token\n      cache:\n        store: ${store}\n        secret: ci-bot-sign-in\n${more}`,
        )
        .replace('stores:\n', where === 'file' ? `stores:\n${local}` : 'stores:\n')
        .replace(
          'credential: account:ci-bot',
          where === 'vault' ? 'credential: environment' : 'credential: account:ci-bot',
        ),
  }
}

/** What a vault that is opened by an application, and not by the account, needs. */
export function vaultEnvironment(estate: Estate): Readonly<Record<string, string>> {
  return {
    AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
    AZURE_CLIENT_ID: vaultReader,
    AZURE_CLIENT_SECRET: estate.emulator.clientSecret(vaultReader),
  }
}

/** Runs `patrol login` with a device code, and has a person go through the pages. */
export async function loginByCode(
  estate: Estate,
  person: Partial<Person> = {},
  options: CallOptions & { readonly flags?: string; readonly account?: string } = {},
): Promise<Ended> {
  const browser = new ScriptedBrowser(estate.emulator)
  estate.emulator.set({ devicePollSeconds: 0 })
  let gone: Promise<unknown> = Promise.resolve()
  const ended = await estate.run(`login ${options.account ?? 'ci-bot'} --device-code ${options.flags ?? ''}`, {
    ...options,
    hears: (text) => {
      const [, address, deviceCode] = /Open (\S+) in .* type the code (\w+) /.exec(text) ?? []
      if (address === undefined || deviceCode === undefined) return
      gone = browser.signIn(address, { upn, deviceCode, ...person })
    },
  })
  await gone
  await browser.close()
  return ended
}
