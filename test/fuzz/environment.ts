import { randomUUID } from 'node:crypto'
import { generateIdentity } from 'age-encryption'
import type { Chance } from '../simulation/chance.ts'

export interface DrawnEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The values that no output may hold. */
  readonly secrets: readonly string[]
}

const oddities = [' ', '"', "'", '%41', '&é<', '\\n', '${USER_NAME}', '\ufffd', '€', '\u001b[31m', '*', '.*', '$&']

/**
 * Variables as a process may find them: mostly good ones, else empty, missing or strange. Whatever they are, the proxy
 * is an address at which nothing listens, so that no request leaves this machine.
 */
export async function drawEnvironment(chance: Chance): Promise<DrawnEnvironment> {
  const isGood = chance.happens(0.6)
  const proxyPassword = randomUUID()
  const secret = (good: string): string | undefined => {
    if (isGood) return good
    const odd = chance.pick(oddities)
    return chance.pick([good, `${odd}${good}${odd}`, undefined, '', '$(USER_PASSWORD)'])
  }
  const values = {
    USER_PASSWORD: secret(randomUUID()),
    AZURE_DEVOPS_TOKEN: secret(randomUUID()),
    PATROL_AGE_IDENTITY: secret(await generateIdentity()),
  }
  const proxies = [`http://127.0.0.1:1`, '127.0.0.1:1', `http://user:${proxyPassword}@127.0.0.1:1`]
  const strange = [
    `http://%zz:${proxyPassword}@127.0.0.1:1`,
    'ftp://127.0.0.1:1',
    'http://[127',
    'socks5://127.0.0.1:1',
  ]
  const either = <Value>(good: readonly Value[], odd: readonly Value[]): Value =>
    chance.pick(isGood || chance.happens(0.5) ? good : odd)
  const environment = {
    USER_NAME: either(['ci-bot@contoso.example', 'CI-BOT@contoso.example'], ['', undefined, 'nobody', 'a\u0000b']),
    TENANT_ID: either(['contoso.onmicrosoft.com', undefined], ['', 'common', 'not a tenant']),
    PATROL_CONFIG: either([undefined], ['', 'damaged.yaml', 'missing.yaml', '.']),
    NO_COLOR: chance.pick([undefined, '', '1']),
    TERM: chance.pick([undefined, 'dumb', 'xterm']),
    HTTPS_PROXY: either(proxies, strange),
    HTTP_PROXY: either(proxies, strange),
    NO_PROXY: either([undefined], ['', 'localhost', ',,', '.example']),
    ...values,
  }
  const secrets = [...Object.values(values), proxyPassword].filter((value) => value !== undefined)
  return { environment, secrets: secrets.filter((value) => value.length >= 36) }
}
