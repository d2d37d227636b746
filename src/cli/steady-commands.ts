import type { Command as Commander } from 'commander'
import type { Runner } from './command-table.ts'
import { collect, examples } from './command-words.ts'
import { lengthOfTime } from './length-of-time.ts'

/** The commands for a person who must see what goes on with a token, hurry it, and keep it from going on. */
export function describeSteadyCommands(program: Commander, run: Runner): void {
  program
    .command('rotate')
    .description('give one token, or all of them, a new value now, due or not')
    .argument('[name]', 'the token')
    .option('--all', 'all tokens; say why with --reason')
    .option('--only <glob>', 'with --all: only tokens whose name fits; may be given several times', collect)
    .option('--reason <text>', 'why; it is repeated in the report')
    .option('--revoke-now', 'revoke the old PATs as soon as the new one is everywhere, without the overlap')
    .option('--revoke-first', 'revoke the old PATs before there is a new one: for values in wrong hands')
    .option('-y, --yes', 'do not ask on a terminal; elsewhere nobody is asked')
    .addHelpText(
      'after',
      examples(
        'patrol rotate package-feed',
        'patrol rotate package-feed --revoke-now --yes',
        'patrol rotate package-feed --revoke-first --reason "it stood in a public log"',
        'patrol rotate --all --only "nightly-*" --revoke-now --reason "a build agent was stolen"',
      ),
    )
    .action(run(async () => (await import('./commands/rotate.ts')).rotateCommand))

  program
    .command('revoke')
    .description('end a PAT for ever: by its id, or all PATs of a token')
    .argument('<name|id>', 'a token, or an authorizationId')
    .option('-y, --yes', 'do not ask on a terminal; elsewhere nobody is asked')
    .addHelpText('after', examples('patrol revoke 4ab5764f-4193-4f1d-b995-64144880b7d7', 'patrol revoke package-feed'))
    .action(run(async () => (await import('./commands/revoke.ts')).revokeCommand))

  program
    .command('explain')
    .description('show every check of one token with its answer, and why something is not done yet; changes nothing')
    .argument('<name>', 'the token')
    .addHelpText('after', examples('patrol explain package-feed', 'patrol explain package-feed --json'))
    .action(run(async () => (await import('./commands/explain.ts')).explainCommand))

  program
    .command('hold')
    .description('keep Patrol from revoking anything of one token for a while, on every machine')
    .argument('<name>', 'the token')
    .option('--for <duration>', 'so long from now, such as 12h or 3d', lengthOfTime)
    .option('--until <when>', 'until then, such as 2026-11-27 or 2026-11-27T12:00Z')
    .option('--reason <text>', 'why; it stands in the store beside the value, so no secret belongs here')
    .option('--rotation', 'also make no new PAT because one is due, or because other scopes are declared')
    .option('--release', 'end the hold now')
    .addHelpText(
      'after',
      examples(
        'patrol hold package-feed --for 3d --reason "the 3 a.m. rotation broke the nightly build"',
        'patrol hold package-feed --until 2026-11-27T12:00Z',
        'patrol hold package-feed --release',
      ),
    )
    .action(run(async () => (await import('./commands/hold.ts')).holdCommand))

  program
    .command('rollback')
    .description('make the PAT before the current one current again, everywhere, while it still works')
    .argument('<name>', 'the token')
    .option('--for <duration>', 'hold the token so long from now, such as 12h or 3d', lengthOfTime)
    .option('--until <when>', 'hold it until then, such as 2026-11-27 or 2026-11-27T12:00Z')
    .option('--reason <text>', 'why; it stands in the store beside the value, so no secret belongs here')
    .option('--to <id>', 'the authorizationId to go back to (default: that of the version before)')
    .option('-y, --yes', 'do not ask on a terminal; elsewhere nobody is asked')
    .addHelpText(
      'after',
      `\nThe token is held for a week, or less where the older PAT ends sooner: nothing
of it is revoked, and no run rotates it because it is due. Run it again if it
was interrupted; what is done already is not done twice.\n${examples(
        'patrol rollback package-feed',
        'patrol rollback package-feed --for 2d --reason "the nightly build gets 401 since 03:00"',
        'patrol rollback package-feed --yes --json',
      )}`,
    )
    .action(run(async () => (await import('./commands/rollback.ts')).rollbackCommand))

  program
    .command('retire')
    .description(
      'end a token whose entry left the configuration: its PATs, its versions, and its copies where that can be',
    )
    .argument('<name>', 'the name of its secret')
    .option('--store <name>', 'the store of the secret (default: the one that has it)')
    .option('--token <name>', 'the name that its entry had (default: that of the secret)')
    .option('--after <duration>', 'how long its consumers still have (default: 48h)', lengthOfTime)
    .option('--now', 'do not wait')
    .option('-y, --yes', 'do not ask on a terminal; elsewhere nobody is asked')
    .addHelpText(
      'after',
      `\nThe first call notes in the store from when on it may end; a call after that\nends it. Each may be repeated.\n${examples(
        'patrol retire old-feed',
        'patrol retire old-feed --after 7d',
        'patrol retire old-feed --now --yes',
      )}`,
    )
    .action(run(async () => (await import('./commands/retire.ts')).retireCommand))

  program
    .command('adopt')
    .description(
      'take a PAT that was made by hand under management: its value, typed unseen or from stdin, is tried and stored',
    )
    .argument('<name>', 'a token of the configuration whose displayName is that of the PAT')
    .option('--id <id>', 'its authorizationId, where several PATs have that name')
    .option('--no-administration', 'do not compare its hash, for which an administrator is asked')
    .addHelpText(
      'after',
      `\nAt a terminal it asks for the value, which does not show. It refuses a value
that another token has, and, where an account here is an administrator, one
whose hash is that of another PAT; else the name of the PAT has to do.

Without its value:
a rule with method rotate replaces each PAT that it covers, and revokes it
after the overlap.\n${examples(
        'patrol adopt package-feed',
        'pass show old-feed-pat | patrol adopt package-feed',
        'patrol adopt package-feed --id 4ab5764f-4193-4f1d-b995-64144880b7d7 < value.txt',
      )}`,
    )
    .action(run(async () => (await import('./commands/adopt.ts')).adoptCommand))

  program
    .command('whose')
    .description(
      'tell whose a leaked value is, which PAT, and whether it works: asks for it, or finds it in any text on stdin',
    )
    .option(
      '--no-administration',
      'do not look for it among the PATs of everybody, for which an administrator is asked',
    )
    .option('--check', 'exit code 3 when a value is ours, or works anywhere here')
    .addHelpText(
      'after',
      `\nAt a terminal it asks for the value, which does not show, and offers to end it.
It compares it with every version in the stores, tries it in the organizations
of the configuration, and looks for what no store has among the PATs of
everybody.

The exit code is 0 when that was answered, whatever the answer; 1 when a store
or an administration could not be asked; 2 when nothing was given that could be
a value, unless --check looked for one on stdin; 3 as --check says.\n${examples(
        'patrol whose',
        'patrol whose < leaked.txt',
        'pbpaste | patrol whose --json',
        'patrol whose --check < build.log || echo "end it"',
      )}`,
    )
    .action(run(async () => (await import('./commands/whose.ts')).whoseCommand))
}
