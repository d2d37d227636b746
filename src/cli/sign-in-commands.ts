import type { Command as Commander } from 'commander'
import type { Runner } from './command-table.ts'
import { examples } from './command-words.ts'

/** The commands of a person who signs in for an account. */
export function describeSignInCommands(program: Commander, run: Runner): void {
  program
    .command('login')
    .description('sign in once for an account, second factor and all; from then on Patrol keeps that alive')
    .argument('<account>', 'an account whose signIn.method is refresh-token')
    .option('--device-code', 'show a code for a browser on another device (what happens where there is no browser)')
    .option('--browser', 'use a browser on this computer, although none was found')
    .option('--check', 'sign nobody in: use the sign-in that is kept, renew it, and tell until when it lives')
    .option('--timeout <duration>', 'how long to wait for the person (default: 15m)')
    .addHelpText(
      'after',
      examples('patrol login ci-bot', 'patrol login ci-bot --device-code', 'patrol login ci-bot --check --json'),
    )
    .action(run(async () => (await import('./commands/login.ts')).loginCommand))

  program
    .command('logout')
    .description('forget the sign-in of an account')
    .argument('<account>', 'an account whose signIn.method is refresh-token')
    .addHelpText('after', examples('patrol logout ci-bot'))
    .action(run(async () => (await import('./commands/logout.ts')).logoutCommand))
}
