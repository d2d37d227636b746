import { Argument, type Command as Commander, Option } from 'commander'
import { severities } from '../core/audit/finding-kind.ts'
import { narrowings } from '../core/narrowing.ts'
import { auditFormats } from './audit/audit-format.ts'
import type { Runner } from './command-table.ts'
import { examples } from './command-words.ts'
import { configLess, selection, signInOnly, takingOnly } from './option-groups.ts'
import { wholeNumber } from './whole-number.ts'

/** The commands that look at what there is, and do what is due. */
export function describeRunCommands(program: Commander, run: Runner): void {
  configLess(
    selection(program.command('plan'))
      .description('show what would be done, and why; changes nothing')
      .option('--check', 'end with exit code 3 when something is to be done now'),
  )
    .addHelpText(
      'after',
      examples(
        'patrol plan',
        'patrol plan --only "nightly-*" --json',
        'patrol plan --check || echo "something is due"',
      ),
    )
    .action(run(async () => (await import('./commands/plan.ts')).planCommand))

  configLess(
    selection(program.command('apply'))
      .description('do what is due: create, extend, store, deliver, revoke')
      .option('-y, --yes', 'do not ask on a terminal; elsewhere nobody is asked')
      .option('--allow <n>', 'replace so many vanished tokens in one run', wholeNumber(0, 100_000))
      .addOption(new Option('--dry-run').hideHelp())
      // Many tools have it, so that it is asked for here; a command of its own tells more.
      .on('option:dry-run', () =>
        program.error('error: there is no --dry-run: `patrol plan` shows what apply would do'),
      ),
  )
    .addHelpText(
      'after',
      examples(
        'patrol apply',
        'patrol apply --yes --json > report.json',
        "USER_NAME=… USER_PASSWORD=… patrol apply --organization contoso --tenant T --match '*' --method renew --lifetime 60d",
      ),
    )
    .action(run(async () => (await import('./commands/apply.ts')).applyCommand))

  configLess(
    selection(program.command('status'))
      .description('show how each token does, and what comes next')
      .option('--check', 'end with exit code 3 unless every token is healthy or due, and no delivery failed'),
  )
    .addHelpText('after', examples('patrol status', 'patrol status --json', 'patrol status --check'))
    .action(run(async () => (await import('./commands/status.ts')).statusCommand))

  signInOnly(program.command('list').description('list the active PATs of the configured accounts, managed or not'))
    .addHelpText('after', examples('patrol list', 'patrol list --json'))
    .action(run(async () => (await import('./commands/list.ts')).listCommand))

  signInOnly(
    program
      .command('audit')
      .description('tell what is wrong with PATs: those of the accounts, or everybody’s; changes nothing')
      .option('--organization-wide', 'the PATs of everybody, with the rights of an administrator')
      .option('--owners', 'with --organization-wide: also ask whether each owner is an active member')
      .option('--values', 'also look whether the values in the stores are of the old form')
      .option('--check', 'end with exit code 3 when something bad enough is found')
      .addOption(
        new Option('--fail-on <severity>', 'what is bad enough; implies --check (default: high)').choices(severities),
      )
      .option('--since <file>', 'compare with an earlier audit, as --json wrote it; only what is new fails a check')
      .addOption(new Option('--format <format>', 'the form of the report (default: table)').choices(auditFormats))
      .option('--output <file>', 'write the report into a file')
      .option('--resume <file>', 'with --organization-wide: keep the progress there, and go on after an interruption'),
  )
    .addHelpText(
      'after',
      examples(
        'patrol audit',
        'patrol audit --organization-wide --resume audit.progress --format html --output audit.html',
        'patrol audit --json --output audit.json',
        'patrol audit --since audit.json --fail-on medium',
        'patrol audit --format sarif --output patrol.sarif',
      ),
    )
    .action(run(async () => (await import('./commands/audit.ts')).auditCommand))

  takingOnly(program.command('migrate'), '--config', '--json', '--log-level')
    .description('propose entries that take the place of PATs for all organizations, which stop on 1 December 2026')
    .addArgument(new Argument('<what>', 'what is replaced').choices(['global']))
    .option('--account <name>', 'only the PATs of this account')
    .addOption(
      new Option('--narrow <rule>', 'scopes: keep them, or cut them to writing or reading')
        .choices(narrowings)
        .default('keep'),
    )
    .option('--store <name>', 'the store of the entries (default: what defaults say, else the only one)')
    .option('--revoke-replaced', 'let apply revoke a PAT when everything that replaces it is in place')
    .option('--in-place', 'write the entries into the configuration; shows them and asks first')
    .option('--output <file>', 'write the configuration with the entries into a new file')
    .option('-y, --yes', 'do not ask on a terminal; elsewhere nobody is asked')
    .addHelpText(
      'after',
      examples(
        'patrol migrate global',
        'patrol migrate global --account ci-bot --narrow write',
        'patrol migrate global --in-place --revoke-replaced',
      ),
    )
    .action(run(async () => (await import('./commands/migrate.ts')).migrateCommand))
}
