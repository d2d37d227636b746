import { Argument, type Command as Commander, Option } from 'commander'
import type { Runner } from './command-table.ts'
import { examples } from './command-words.ts'
import { signInOnly, takingOnly } from './option-groups.ts'
import { wholeNumber } from './whole-number.ts'

/** The commands to begin with, and to try things out. */
export function describeSetupCommands(program: Commander, run: Runner): void {
  program
    .command('validate')
    .description('check the configuration and show all its faults')
    .option('--strict', 'end with exit code 2 for a warning, too, though not for advice')
    .addHelpText('after', examples('patrol validate', 'patrol validate -c ci/patrol.yaml --json'))
    .action(run(async () => (await import('./commands/validate.ts')).validateCommand))

  signInOnly(
    program
      .command('doctor')
      .description('look for what is wrong between here and the services, from outside in')
      .argument('[account]', 'only this account, and the stores of its tokens')
      .option('--write', 'also create a PAT of an hour and write to each store, and remove both again')
      .option('--strict', 'end with exit code 1 for a warning, too, though not for advice'),
  )
    .addHelpText('after', examples('patrol doctor', 'patrol doctor ci-bot --write', 'patrol doctor --json --strict'))
    .action(run(async () => (await import('./commands/doctor.ts')).doctorCommand))

  takingOnly(program.command('schema'))
    .description('print the JSON Schema of patrol.yaml, for editors')
    .addHelpText('after', examples('patrol schema > patrol.schema.json'))
    .action(run(async () => (await import('./commands/schema.ts')).schemaCommand))

  takingOnly(program.command('init'), '--json')
    .description('make a patrol.yaml to begin with: asks at a terminal, or prints what the options say')
    .option('--organization <name>', 'your organization')
    .option('--tenant <id>', 'your tenant, as an id or a domain')
    .option('--user <name>', 'the user name of the account that owns the tokens')
    .addOption(
      new Option('--method <method>', 'how it signs in').choices([
        'refresh-token',
        'password',
        'azure-cli',
        'access-token',
      ]),
    )
    .option('--store <url|dir>', 'your key vault, or a folder for encrypted files')
    .option('--output <file>', 'write it into a new file, never over one that is there')
    .option(
      '--new-identity <file>',
      'also create a key for the file store, in a new file that only you can read; alone, only the key',
    )
    .addHelpText(
      'after',
      examples(
        'patrol init',
        'patrol init --output patrol.yaml --new-identity patrol-age-identity.txt',
        'patrol init --new-identity patrol-age-identity.txt',
        'patrol init --output patrol.yaml --organization contoso --tenant contoso.com --store https://contoso.vault.azure.net',
        'patrol init --output patrol.yaml --user ci-bot@contoso.com --method refresh-token',
      ),
    )
    .action(run(async () => (await import('./commands/init.ts')).initCommand))

  takingOnly(program.command('setup'), '--config', '--json')
    .description(
      'print the commands that register an application of your own in Microsoft Entra, or that make git ask Patrol; runs none of them',
    )
    .addArgument(new Argument('<what>', 'what is set up').choices(['entra', 'git']))
    .optionsGroup('For entra:')
    .option('--print', 'print the commands')
    .option('--tenant <id>', 'your tenant, as an id or a domain (default: that of az)')
    .option('--name <name>', 'what the application is called', 'Patrol')
    .addOption(new Option('--shell <shell>', 'for which shell').choices(['bash', 'powershell']).default('bash'))
    .option('--vault', 'also let it open key vaults, for a store with credential: account:…')
    .addHelpText(
      'after',
      examples(
        'patrol setup entra --print --tenant contoso.com > register.sh',
        'patrol setup entra --print --shell powershell > register.ps1',
        'patrol setup git | sh',
      ),
    )
    .action(run(async () => (await import('./commands/setup.ts')).setupCommand))

  takingOnly(program.command('demo'), '--no-color')
    .description('watch tokens being created, rotated and revoked, against an emulator on this machine')
    .option('--keep', 'leave the emulator running afterwards, until Ctrl-C')
    .addHelpText('after', examples('patrol demo', 'patrol demo --keep'))
    .action(run(async () => (await import('./commands/demo.ts')).demoCommand))

  takingOnly(program.command('emulator'), '--json', '--no-color')
    .description('run an emulator of Microsoft Entra, Azure DevOps PATs and Key Vault on this machine')
    .option('--fixture <file>', 'accounts, organizations, policies and PATs to begin with')
    .option('--port <n>', 'the first of the ports to listen on (default: free ones)', wholeNumber(1, 65_000))
    .addHelpText('after', examples('patrol emulator', 'patrol emulator --fixture fixture.yaml --port 8443'))
    .action(run(async () => (await import('./commands/emulator.ts')).emulatorCommand))
}
