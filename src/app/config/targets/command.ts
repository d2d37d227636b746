import { resolve } from 'node:path'
import { z } from 'zod'
import { type Duration, minute, parseDuration } from '../../../core/time.ts'
import { choice, duration, field, filePath, text } from '../fields.ts'
import { type Fault, fault, type Path } from '../faults.ts'
import { durationHint } from '../hints.ts'
import { writtenOut } from '../path-rules.ts'
import { placeholderNote, targetFields } from './target-fields.ts'
import { targetKind, type TargetTerms } from './target-kind.ts'

const word = (): z.ZodString => text(/^[^\0]*$/, 'a word of a command line')

const words = (description: string, examples: readonly string[]) =>
  field(
    z
      .array(field(word(), { description: 'The program, or an argument.' }), { error: 'a list of words' })
      .min(1, { error: 'a list with at least the name of a program' }),
    { description, examples },
  )

const schema = z.strictObject({
  type: field(z.literal('command'), { description: 'A program of yours that puts the value where it belongs.' }),
  command: field(
    z
      .array(field(word(), { description: 'The program, or an argument.' }), { error: 'a list of words' })
      .min(1, { error: 'a list with at least the name of a program' }),
    {
      description: `The program and its arguments, run without a shell. ${placeholderNote} The value never stands in an argument. The program also finds \`PATROL_TARGET\`, \`PATROL_TOKEN\`, \`PATROL_ORGANIZATION\`, \`PATROL_GENERATION\` and \`PATROL_VALID_TO\` in its environment. It has delivered when it ends with 0.`,
      examples: ['[/usr/local/bin/push-token, "{token}"]'],
      refused: '`shell` is written, too, or neither is; or an argument holds `{value}`',
      errors: ['delivery-failed'],
    },
  ).optional(),
  shell: field(text(/\S/, 'a command for a shell'), {
    description:
      'A command for `/bin/sh` (`cmd.exe` on Windows), in place of `command`. It finds the value and the names as `command` does, and nothing is replaced in its text.',
    examples: ['"tr -d \'\\\\n\' | ssh build@agent.contoso.example store-token"'],
    refused: '`command` is written, too',
    errors: ['delivery-failed'],
  }).optional(),
  value: field(choice(['stdin', 'environment']), {
    description:
      'How the value gets there: on the standard input, without a line break, or in a variable of the environment, which other programs of the same user can see.',
    builtIn: 'stdin',
  }).optional(),
  variable: field(text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of a variable'), {
    description: 'The variable that holds the value. Only with `value: environment`.',
    builtIn: 'PATROL_VALUE',
    examples: ['AZURE_DEVOPS_EXT_PAT'],
    refused: '`value` is not `environment`',
  }).optional(),
  inspect: words(
    'A program that looks whether the copy is still there, without the value: it ends with 0 when it is, with 10 when something else is there, and with 11 when nothing is. Left out, nobody looks.',
    ['[/usr/local/bin/look-at-token, "{token}"]'],
  ).optional(),
  remove: words('A program that takes the copy away when its token is retired. Left out, it stays.', [
    '[/usr/local/bin/drop-token, "{token}"]',
  ]).optional(),
  timeout: field(duration(), {
    description: 'After this time the program and what it began are ended, and the delivery has failed.',
    builtIn: '1m',
    examples: ['30s'],
    hint: durationHint,
  }).optional(),
  directory: field(filePath(), {
    description: 'The directory to run in. A relative path starts at the configuration file.',
    builtIn: 'that of the configuration file',
    examples: ['./scripts'],
    errors: ['target-not-found'],
  }).optional(),
  ...targetFields,
})

export interface WantedCommandTarget extends TargetTerms {
  readonly type: 'command'
  /** Words, in which placeholders stand as written, or a text for a shell. */
  readonly command: readonly string[] | { readonly shell: string }
  /** The variable that holds the value; undefined for the standard input. */
  readonly variable: string | undefined
  readonly inspect: readonly string[] | undefined
  readonly remove: readonly string[] | undefined
  readonly timeout: Duration
  /** Absolute. */
  readonly directory: string
}

export const commandTarget = targetKind<typeof schema, WantedCommandTarget>({
  schema,
  // The program knows for whom it runs.
  place: () => undefined,
  faults: (written, path, draft) => {
    const faults: Fault[] = []
    const [direct, shell] = [draft.has([...path, 'command']), draft.has([...path, 'shell'])]
    if (direct && shell) {
      faults.push(fault([...path, 'shell'], 'stands beside command', 'keep one of them', 'key'))
    } else if (!direct && !shell) {
      const remedy = 'write command: with a list of a program and its arguments, or shell: with a text for a shell'
      faults.push(fault(path, 'has neither command nor shell', remedy))
    }
    for (const key of ['command', 'inspect', 'remove'] as const) faults.push(...exposed([...path, key], written[key]))
    if (draft.has([...path, 'variable']) && written.value !== 'environment') {
      const remedy = 'write value: environment, or remove variable'
      faults.push(fault([...path, 'variable'], 'is not used: the value comes on the standard input', remedy, 'key'))
    }
    return [...faults, ...writtenOut(draft, [...path, 'directory'], written.directory)]
  },
  wanted: (written, terms, _path, draft) => ({
    ...terms,
    type: 'command',
    command: written.command ?? { shell: written.shell ?? '' },
    variable: written.value === 'environment' ? (written.variable ?? 'PATROL_VALUE') : undefined,
    inspect: written.inspect,
    remove: written.remove,
    timeout: (written.timeout === undefined ? undefined : parseDuration(written.timeout)) ?? minute,
    directory: resolve(draft.directory, written.directory ?? '.'),
  }),
})

/** Arguments are seen by every user of the machine. */
function exposed(path: Path, written: readonly (string | undefined)[] | undefined): readonly Fault[] {
  return (written ?? []).flatMap((argument, index) =>
    argument?.includes('{value}') === true
      ? [
          fault(
            [...path, index],
            'would put the value into an argument, which every user of the machine can read',
            'take it from the standard input, or write value: environment',
          ),
        ]
      : [],
  )
}
