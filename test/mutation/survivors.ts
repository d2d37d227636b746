import type { Survivor } from './mutation-report.ts'

/** Why changes that no test noticed do no harm. */
interface Reason {
  readonly why: string
  readonly survivors: readonly (readonly [file: string, at: string, change: string])[]
}

/** Read by a person, each of them: what no entry names counts as not explained. */
export const reasons: readonly Reason[] = [
  {
    why: 'the same comes out: the changed part decides nothing that another part has not decided',
    survivors: [
      [
        'src/core/delivery.ts',
        "const numbers = fields.map((field) => (field === '' ? undefined : tagNumber(field, 36)))",
        "field === '' → false",
      ],
      [
        'src/core/hold.ts',
        'if (until === undefined || stops === undefined) return undefined',
        'stops === undefined → false',
      ],
      [
        'src/core/metadata.ts',
        "const hold = held.length === 0 ? undefined : decodeHold(held.join(' '))",
        'held.length === 0 → false',
      ],
      [
        'src/core/names.ts',
        'const match = /^(.*) \\(patrol ([0-9a-z]{12})\\)$/s.exec(displayName)',
        '/^(.*) \\(patrol ([0-9a-z]{12})\\)$/s → /(.*) \\(patrol ([0-9a-z]{12})\\)$/s',
      ],
      ['src/core/names.ts', ".replaceAll(/^-+|-+$/g, '')", '/^-+|-+$/g → /^-|-+$/g'],
      ['src/core/names.ts', ".replaceAll(/^-+|-+$/g, '')", '/^-+|-+$/g → /^-+|-$/g'],
      [
        'src/core/policy.ts',
        'if (token.place === undefined || facts.current !== undefined || currentPat(token, facts) !== undefined)',
        'currentPat(token, facts) !== undefined → false',
      ],
      [
        'src/core/policy.ts',
        'const lost = currentPat(token, facts) === undefined ? sibling(token, facts) : undefined',
        'currentPat(token, facts) === undefined → true',
      ],
      [
        'src/core/policy.ts',
        'if (facts.current !== undefined || currentPat(token, facts) !== undefined) return undefined',
        'currentPat(token, facts) !== undefined → false',
      ],
      ['src/core/skew.ts', "const direction = offset > 0 ? 'behind' : 'ahead of'", 'offset > 0 → offset >= 0'],
      ['src/core/skew.ts', 'for (const second of readings.slice(index + 1)) {', 'readings.slice(index + 1) → readings'],
      ['src/core/skew.ts', 'for (const second of readings.slice(index + 1)) {', 'index + 1 → index - 1'],
      ['src/core/skew.ts', 'if (reading.least > 0) return reading.least', 'reading.least > 0 → reading.least >= 0'],
      ['src/core/skew.ts', 'return reading.most < 0 ? reading.most : 0', 'reading.most < 0 → reading.most <= 0'],
      ['src/reconcile/whose.ts', 'open.length === 0', 'open.length === 0 → false'],
      [
        'src/reconcile/whose.ts',
        'probe.ownerId === undefined ? undefined : accounts.get(`${organization.toLowerCase()}\\n${probe.ownerId}`)',
        'probe.ownerId === undefined → false',
      ],
    ],
  },
  {
    why: 'it puts in a made-up text that no id, name or group can be equal to',
    survivors: [
      [
        'src/core/gate.ts',
        'const own = token.replaces?.map(({ authorizationId }) => authorizationId) ?? []',
        '[] → ["Stryker was here"]',
      ],
      [
        'src/core/gate.ts',
        'const replaced = new Set([...own, ...(token.replacedByOthers ?? [])])',
        '[] → ["Stryker was here"]',
      ],
      [
        'src/core/hold.ts',
        "const [, stamp = '', stops, reason = ''] = /^(\\d+) (revocation|replacement|retirement)(?: (\\S.*))?$/.exec(text) ?? []",
        '[] → ["Stryker was here"]',
      ],
      ['src/core/names.ts', 'const [, base, generation] = match ?? []', '[] → ["Stryker was here"]'],
      [
        'src/core/rules.ts',
        "return versions.flatMap(({ reading }) => (reading.kind === 'read' ? reading.metadata.supersedes : []))",
        '[] → ["Stryker was here"]',
      ],
    ],
  },
  {
    why: 'upper case in place of lower case, and the text is compared with its like alone',
    survivors: [
      [
        'src/core/rollback.ts',
        'return left.toLowerCase() === right.toLowerCase()',
        'left.toLowerCase() → left.toUpperCase()',
      ],
      [
        'src/core/rollback.ts',
        'return left.toLowerCase() === right.toLowerCase()',
        'right.toLowerCase() → right.toUpperCase()',
      ],
      [
        'src/core/rules.ts',
        'const organizations = new Map(rule.organizations.map((each) => [each.toLowerCase(), each]))',
        'each.toLowerCase() → each.toUpperCase()',
      ],
      [
        'src/core/rules.ts',
        'return place === undefined ? undefined : `${place.store}\\n${place.secretName.toLowerCase()}`',
        'place.secretName.toLowerCase() → place.secretName.toUpperCase()',
      ],
      [
        'src/reconcile/adopt.ts',
        '({ authorizationId }) => id === undefined || authorizationId.toLowerCase() === id.toLowerCase(),',
        'authorizationId.toLowerCase() → authorizationId.toUpperCase()',
      ],
      [
        'src/reconcile/adopt.ts',
        '({ authorizationId }) => id === undefined || authorizationId.toLowerCase() === id.toLowerCase(),',
        'id.toLowerCase() → id.toUpperCase()',
      ],
      [
        'src/reconcile/known-by-hash.ts',
        'const byOrganization = Map.groupBy(homes, ({ organization }) => organization.toLowerCase())',
        'organization.toLowerCase() → organization.toUpperCase()',
      ],
      [
        'src/reconcile/whose.ts',
        'const organizations = new Map(homes.map(({ organization }) => [organization.toLowerCase(), organization]))',
        'organization.toLowerCase() → organization.toUpperCase()',
      ],
    ],
  },
  {
    why: 'a field is there without a value, in place of not at all, and every reader takes both alike',
    survivors: [
      [
        'src/core/delivery.ts',
        'return { ...told, failures, ...(failure === undefined ? {} : { failure }) }',
        'failure === undefined → false',
      ],
      ['src/core/metadata.ts', '...(hold === undefined ? {} : { hold }),', 'hold === undefined → false'],
    ],
  },
]

/** The reason why this survivor does no harm, if somebody found one. */
export function reasonFor({ file, at, change }: Pick<Survivor, 'file' | 'at' | 'change'>): Reason | undefined {
  return reasons.find(({ survivors }) =>
    survivors.some(([ofFile, ofLine, made]) => ofFile === file && ofLine === at && made === change),
  )
}
