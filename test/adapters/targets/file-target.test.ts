import { targetContract } from '../../contract/target.ts'
import { type FormatCase, fileTargetWorld } from './file-world.ts'

const name = (token: string): string => token.toUpperCase().replaceAll('-', '_')

const cases: Readonly<Record<string, FormatCase>> = {
  'a dotenv file': {
    format: { kind: 'dotenv', variable: 'PAT_{TOKEN}' },
    before: '# mine\nOTHER=1\nexport PAT_=x\n',
    read: (text, token) => new RegExp(`^PAT_${name(token)}=(.*)$`, 'm').exec(text)?.[1],
  },
  'a netrc': {
    format: { kind: 'netrc', machine: '{token}.example', username: 'patrol' },
    before: '# mine\nmachine other.example\n  login me\n  password mine\ndefault login anonymous password me@example\n',
    read: (text, token) => new RegExp(`machine ${token}.example login patrol password (\\S+)`).exec(text)?.[1],
  },
  'a git-credentials file': {
    format: { kind: 'git-credentials', url: 'https://dev.azure.com/{token}', username: 'patrol' },
    before: 'https://me:mine@github.example\nhttps://me:mine@dev.azure.com/contoso\n',
    read: (text, token) => new RegExp(`^https://patrol:(.*)@dev.azure.com/${token}$`, 'm').exec(text)?.[1],
  },
  'an npmrc': {
    format: {
      kind: 'npmrc',
      registry: 'https://pkgs.dev.azure.com/contoso/_packaging/{token}/npm/registry/',
      username: 'patrol',
    },
    before: '; mine\nregistry=https://registry.npmjs.org/\n//registry.npmjs.org/:_authToken=mine\n',
    read: (text, token) => {
      const found = [
        ...text.matchAll(
          new RegExp(`^//pkgs.dev.azure.com/contoso/_packaging/${token}/npm/(?:registry/)?:_password=(.*)$`, 'gm'),
        ),
      ]
      const values = new Set(found.map(([, value = '']) => Buffer.from(value, 'base64').toString()))
      return found.length === 2 && values.size === 1 ? [...values][0] : undefined
    },
  },
  'a NuGet.Config': {
    format: { kind: 'nuget-config', source: 'the feed of {token}', username: 'patrol' },
    before: `<?xml version="1.0" encoding="utf-8"?>
<!-- <packageSourceCredentials> -->
<configuration>
  <packageSources>
    <add key="mine" value="https://api.nuget.org/v3/index.json" />
  </packageSources>
  <packageSourceCredentials>
    <mine><add key="Username" value="me" /><add key="ClearTextPassword" value="mine" /></mine>
  </packageSourceCredentials>
</configuration>
`,
    read: (text, token) =>
      new RegExp(`<the_x0020_feed_x0020_of_x0020_${token}>[\\s\\S]*?"ClearTextPassword" value="(.*?)"`).exec(text)?.[1],
  },
  'a pip.conf': {
    format: {
      kind: 'pip-conf',
      url: 'https://pkgs.dev.azure.com/contoso/_packaging/{token}/pypi/simple/',
      key: 'extra-index-url',
      username: 'patrol',
    },
    before:
      '[global]\ntimeout = 60\nextra-index-url = https://me:mine@other.example/simple\n\n[install]\nno-deps = yes\n',
    read: (text, token) =>
      new RegExp(`https://patrol:(.*)@pkgs.dev.azure.com/contoso/_packaging/${token}/pypi/simple/$`, 'm').exec(
        text,
      )?.[1],
  },
  'a file of its own': {
    format: { kind: 'template', content: '{"token": "{value}", "for": "{token}", "basic": {}}\n' },
    before: '',
    read: (text) => (JSON.parse(text) as { token?: string }).token,
  },
}

for (const [title, format] of Object.entries(cases)) targetContract(title, () => fileTargetWorld(format))
