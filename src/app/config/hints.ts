import { slug } from '../../core/names.ts'
import { parseDuration } from '../../core/time.ts'

const units: Readonly<Record<string, string>> = { s: 's', m: 'm', h: 'h', d: 'd' }

/** `30 days` and `1w` as this configuration writes them. */
export function durationHint(written: string): string | undefined {
  const [, count, unit = ''] = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(written) ?? []
  if (count === undefined) {
    return /^(?:\d+[a-z]+\s*){2,}$/i.test(written.trim())
      ? 'write one number and one unit: 90m in place of 1h30m'
      : undefined
  }
  const amount = Number(count)
  const letter = unit.toLowerCase()
  const days: Readonly<Record<string, number>> = {
    w: 7,
    week: 7,
    weeks: 7,
    mo: 30,
    month: 30,
    months: 30,
    y: 365,
    year: 365,
    years: 365,
  }
  const inDays = days[letter]
  const meant = inDays === undefined ? `${amount}${units[letter.charAt(0)] ?? 'd'}` : `${amount * inDays}d`
  return parseDuration(meant) === undefined ? undefined : `write ${meant}`
}

export function nameHint(written: string): string | undefined {
  const name = slug(written).slice(0, 100).replace(/-+$/, '')
  return name === '' ? undefined : `write ${name}`
}

/** The organization's name in its address. */
export function organizationHint(written: string): string | undefined {
  const match = /^(?:https?:\/\/)?(?:dev\.azure\.com\/([\w-]+)|([\w-]+)\.visualstudio\.com)/i.exec(written)
  const name = match?.[1] ?? match?.[2]
  return name === undefined ? undefined : `write only its name: ${name}`
}

/** What is wrong with an address is often only its scheme. */
export function urlHint(written: string): string | undefined {
  if (/^http:\/\//i.test(written))
    return `write https:// in place of http://: secrets travel encrypted only, even to this machine`
  if (/^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:\/\S*)?$/.test(written)) return `write https://${written}`
  return undefined
}

/** Several scopes in one text, as the service itself writes them. */
export function scopeHint(written: string): string | undefined {
  const scopes = written.split(/[\s,;]+/).filter((scope) => scope !== '')
  if (scopes.length > 1)
    return `write each scope as an entry of its own: ${scopes.map((scope) => `- ${scope}`).join(' ')}`
  return /^[a-z]+(?:[._][a-z]+)*$/.test(written) ? `write vso.${written}` : undefined
}

/** Ways to sign in that other tools have. */
export function methodHint(written: string): string | undefined {
  const word = written.toLowerCase()
  if (['device-code', 'interactive', 'browser'].includes(word))
    return 'write refresh-token, and sign in once with patrol login: in a browser, or with a device code'
  if (/^(?:az|cli|azure)$/.test(word)) return 'write azure-cli'
  if (/^(?:obo|broker)$/.test(word)) return 'write on-behalf-of'
  if (/agent/.test(word)) return 'write agent-user'
  if (/secret|certificate|principal|managed|workload|federat|oidc/.test(word)) {
    return 'write refresh-token, or agent-user: only a user can have PATs, never a service principal or managed identity by itself'
  }
  return undefined
}

/** Names that others have for the same. */
export function credentialHint(written: string): string | undefined {
  const word = written.toLowerCase().replaceAll(/[^a-z]/g, '')
  const meant: Readonly<Record<string, string>> = {
    msi: 'managed-identity',
    kubernetes: 'workload-identity',
    az: 'azure-cli',
    cli: 'azure-cli',
    serviceconnection: 'azure-pipelines',
    pipelines: 'azure-pipelines',
    github: 'github-actions',
    oidc: 'github-actions or azure-pipelines',
    clientsecret: 'environment, and set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET',
  }
  return meant[word] === undefined ? undefined : `write ${meant[word]}`
}

/** Words that mean the keychain. */
export function cacheHint(written: string): string | undefined {
  return /^(?:key.?(?:chain|ring)|credential.?manager|secret.?service|os|system)$/i.test(written)
    ? 'write keychain'
    : undefined
}

export function tenantHint(written: string): string | undefined {
  return ['common', 'organizations', 'consumers'].includes(written.toLowerCase())
    ? 'name the tenant that the account belongs to: a service account has exactly one'
    : undefined
}

export function lifetimeHint(written: string): string | undefined {
  return /^(?:max(?:imum)?|longest|forever|never)$/i.test(written) ? 'write max' : durationHint(written)
}

export function userHint(written: string): string | undefined {
  return written.includes('\\')
    ? 'write the user principal name, such as ci-bot@contoso.com, in place of DOMAIN\\name'
    : undefined
}
