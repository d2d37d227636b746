import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveReferences } from '../../src/app/config/references.ts'

const variableName = fc.constantFrom('A', 'B_2', 'LONG_NAME', 'UNSET', 'EMPTY')
const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom('$', '{', '}', ':', '-', '(', ')'), fc.string({ maxLength: 1 })),
})
const variables = fc.record({ A: anyText, B_2: anyText, LONG_NAME: anyText })

interface Piece {
  readonly written: string
  /** Undefined when there is no value for it. */
  readonly meant: (values: Readonly<Record<string, string>>) => string | undefined
}

/** Parts of a text, each with what it must become. */
const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.stringMatching(/^[a-z {}():-]{0,6}$/).map((text): Piece => ({ written: text, meant: () => text })),
  fc.constant<Piece>({ written: '$${', meant: () => '${' }),
  variableName.map((name): Piece => ({ written: `\${${name}}`, meant: (values) => values[name] || undefined })),
  fc
    .tuple(variableName, fc.stringMatching(/^[a-z:-]{0,4}$/))
    .map(([name, other]): Piece => ({ written: `\${${name}:-${other}}`, meant: (values) => values[name] || other })),
)

function resolve(tree: unknown, values: Readonly<Record<string, string>>) {
  const readFile = (): never => {
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  }
  return resolveReferences(tree, { variables: { ...values, EMPTY: '' }, readFile }, '/etc/patrol')
}

test('every reference is replaced once, and what comes in is not searched again', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), variables, (pieces, values) => {
      const written = pieces.map((part) => part.written).join('')
      const meant = pieces.map((part) => part.meant(values))
      // A whole text of this form is what Azure Pipelines leaves for a variable that it does not know.
      for (const text of [written, meant.join(''), ...meant]) fc.pre(!/^\s*\$\([\w.-]+\)\s*$/.test(text ?? ''))
      const { tree, faults } = resolve({ tokens: [{ name: 'a', displayName: written }] }, values)
      expect(faults.length > 0).toBe(meant.includes(undefined))
      if (faults.length === 0) expect(tree).toEqual({ tokens: [{ name: 'a', displayName: meant.join('') }] })
    }),
    { numRuns: 2_000 },
  )
})

test('a secret comes from a reference alone, and no fault tells a value', () => {
  const marker = 'marker-of-a-value'
  const inside = fc.tuple(anyText, anyText).map(([before, after]) => before + marker + after)
  fc.assert(
    fc.property(
      fc.oneof(inside, fc.constantFrom('${A}', '${UNSET}', '${A:-x}', '${EMPTY}', '$(A)', '${A}${A}')),
      (password) => {
        // What stands between the brackets is a name, which messages tell.
        fc.pre(!password.includes(marker) || !/^\s*\$[({].*[)}]\s*$/s.test(password))
        const signIn = { method: 'password', username: '${B_2}', password }
        const { tree, secrets, written, faults } = resolve({ accounts: { bot: { signIn } } }, { A: marker, B_2: 'bot' })
        const revealed = [...secrets.values()].map((secret) => secret.reveal())
        expect(revealed).toEqual(password === '${A}' ? [marker] : [])
        expect(faults.length > 0).toBe(password !== '${A}')
        // A literal is the file's own; what a variable holds shows nowhere.
        const told = JSON.stringify([faults, [...written]])
        expect(told).not.toContain(marker)
        if (password === '${A}') expect(JSON.stringify(tree)).not.toContain(marker)
      },
    ),
    { numRuns: 1_000 },
  )
})
