import { Argument, type Command as Commander, Help, Option } from 'commander'
import { severities } from '../core/audit/finding-kind.ts'
import { narrowings } from '../core/narrowing.ts'
import { minute, second, times } from '../core/time.ts'
import { auditFormats } from './audit/audit-format.ts'
import { collect, examples } from './command-words.ts'
import type { Command } from './invocation.ts'
import { describeSteadyCommands } from './steady-commands.ts'
import { lengthOfTime } from './length-of-time.ts'
import { valueFormats } from './value-format.ts'
import { wholeNumber } from './whole-number.ts'

/** Makes of a command's code, which is loaded when it is called, what the parser calls. */
export type Runner = <Options>(load: () => Promise<Command<Options>>) => (...given: readonly unknown[]) => Promise<void>

/** The table of commands. Each loads its code when it is called, so that one does not wait for the others. */
export function describeCommands(program: Commander, run: Runner): void {
  const selection = (command: Commander): Commander =>
    command.option('--only <glob>', 'only tokens whose name fits; may be given several times', collect)

  const signInOnly = (command: Commander): Commander =>
    command
      .optionsGroup('Without a configuration:')
      .option('--organization <name>', 'the organization; may be given several times', collect)
      .option('--tenant <id>', 'the tenant (default: $TENANT_ID, else found)')
      .option('--user <upn>', 'who must be signed in (default: $USER_NAME)')

  const configLess = (command: Commander): Commander =>
    signInOnly(command)
      .option('--match <glob>', 'which display names (default: *)')
      .option('--method <method>', 'renew or rotate (default: renew)')
      .option('--lifetime <duration>', 'such as 60d (default: 30d)')
      .option('--renew-before <duration>', 'how long before the end (default: a third)')
      .option('--store <url|dir>', 'where rotate keeps values')

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
      .option('-y, --yes', 'do not ask on a terminal')
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
      .option('--check', 'end with exit code 3 unless every token is healthy or due'),
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
    .option('-y, --yes', 'do not ask on a terminal')
    .addHelpText(
      'after',
      examples(
        'patrol migrate global',
        'patrol migrate global --account ci-bot --narrow write',
        'patrol migrate global --in-place --revoke-replaced',
      ),
    )
    .action(run(async () => (await import('./commands/migrate.ts')).migrateCommand))

  program
    .command('get')
    .description("print a token's current value; without a line's end when it is piped")
    .argument('<name>', 'the token')
    .addOption(
      new Option('--format <format>', 'what reads it (default: value, or json with --json)').choices(valueFormats),
    )
    .option(
      '--name <variable>',
      'for env, azure-pipelines and github: the variable (default: PACKAGE_FEED for package-feed)',
    )
    .option('--registry <url>', 'for npmrc: the address of the registry')
    .option('--host <name>', 'for netrc: the machine (default: that of Azure DevOps)')
    .addOption(
      new Option('--to <place>', 'for github: what the variable is for (default: env)').choices(['env', 'output']),
    )
    .option('--show', 'print it to a terminal, too')
    .addHelpText(
      'after',
      examples(
        'AZURE_DEVOPS_EXT_PAT=$(patrol get package-feed) az devops project list',
        'patrol get package-feed --format header | curl -H @- https://dev.azure.com/contoso/_apis/projects',
        'patrol get package-feed --format npmrc --registry https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/ >> ~/.npmrc',
        'patrol get package-feed --format azure-pipelines --name FEED_PAT',
        'patrol get package-feed --format github --name FEED_PAT',
      ),
    )
    .action(run(async () => (await import('./commands/get.ts')).getCommand))

  program
    .command('exec')
    .description('run a command that finds values in its environment, and end as it does')
    .argument('<names>', 'tokens, separated by commas')
    .argument('<command...>', 'behind --: a program and its words; no shell reads them')
    .option(
      '--as <variable>',
      'the variable of the one token (default: PACKAGE_FEED for package-feed); may repeat',
      collect,
    )
    .option('--env <name=variable>', 'the variable of one of several tokens; may repeat', collect)
    .option(
      '--base64 <[name=]variable>',
      'a variable with the value in base64, as _password of npm has it; may repeat',
      collect,
    )
    .option('--feed <[name=]url>', 'a feed of Azure Artifacts, for NuGet, dotnet, pip and twine; may repeat', collect)
    .option(
      '--pass <variable>',
      "let the command have a variable with a secret of Patrol's own, which it does not get else; may repeat",
      collect,
    )
    .option('--watch', 'start the command anew when a token was rotated')
    .addOption(
      new Option('--every <time>', 'with --watch: how often to look').argParser(lengthOfTime).default(minute, '1m'),
    )
    .addOption(
      new Option('--grace <time>', 'with --watch: how long the command has to end before it is killed')
        .argParser(lengthOfTime)
        .default(times(10, second), '10s'),
    )
    .addHelpText(
      'after',
      examples(
        'patrol exec code-reader --as AZURE_DEVOPS_EXT_PAT -- az repos list',
        'patrol exec infra --as AZDO_PERSONAL_ACCESS_TOKEN -- terraform plan',
        'patrol exec package-feed --base64 NPM_PASSWORD -- npm ci',
        'patrol exec package-feed --feed https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json -- dotnet restore',
        'patrol exec reader,writer --env reader=READ_PAT --env writer=WRITE_PAT --watch -- node server.js',
      ),
    )
    .action(run(async () => (await import('./commands/exec.ts')).execCommand))

  takingOnly(program.command('git-credential'), '--config', '--log-level')
    .description('a credential helper of git, which calls it itself; see patrol setup git')
    .argument('<operation>', 'what git adds: get, store or erase')
    .option('--quit', 'let git ask nobody else when a token that should be here cannot be had')
    .addHelpText(
      'after',
      `\nTo set it up, run this once. It prints lines for git config, and a shell runs them:\n  patrol setup git | sh\n${examples(
        "git config --global credential.https://dev.azure.com/contoso.helper '!patrol git-credential --config /etc/patrol.yaml'",
        'git config --global credential.https://dev.azure.com/contoso.useHttpPath true',
        "printf 'protocol=https\\nhost=dev.azure.com\\npath=contoso\\n' | patrol git-credential get",
      )}`,
    )
    .action(run(async () => (await import('./commands/git-credential.ts')).gitCredentialCommand))

  takingOnly(program.command('cache'), '--json')
    .description('show where git-credential keeps values for some minutes; clear removes them')
    .addArgument(new Argument('[action]', 'what to do').choices(['clear']))
    .addHelpText('after', examples('patrol cache', 'patrol cache clear'))
    .action(run(async () => (await import('./commands/cache.ts')).cacheCommand))

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

  program
    .command('rotate')
    .description('give one token, or all of them, a new value now, due or not')
    .argument('[name]', 'the token')
    .option('--all', 'all tokens; say why with --reason')
    .option('--only <glob>', 'with --all: only tokens whose name fits; may be given several times', collect)
    .option('--reason <text>', 'why; it is repeated in the report')
    .option('--revoke-now', 'revoke the old PATs as soon as the new one is everywhere, without the overlap')
    .option('--revoke-first', 'revoke the old PATs before there is a new one: for values in wrong hands')
    .option('-y, --yes', 'do not ask on a terminal')
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
    .option('-y, --yes', 'do not ask on a terminal')
    .addHelpText('after', examples('patrol revoke 4ab5764f-4193-4f1d-b995-64144880b7d7', 'patrol revoke package-feed'))
    .action(run(async () => (await import('./commands/revoke.ts')).revokeCommand))

  describeSteadyCommands(program, run)

  program
    .command('validate')
    .description('check the configuration and show all its faults')
    .option('--strict', 'end with exit code 2 for a warning, too')
    .addHelpText('after', examples('patrol validate', 'patrol validate -c ci/patrol.yaml --json'))
    .action(run(async () => (await import('./commands/validate.ts')).validateCommand))

  signInOnly(
    program
      .command('doctor')
      .description('look for what is wrong between here and the services, from outside in')
      .argument('[account]', 'only this account, and the stores of its tokens')
      .option('--write', 'also create a PAT of an hour and write to each store, and remove both again')
      .option('--strict', 'end with exit code 1 for a warning, too'),
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

/** Leaves those global options out of a command's help that mean nothing to it. */
function takingOnly(command: Commander, ...long: readonly string[]): Commander {
  const help = new Help()
  help.showGlobalOptions = true
  const visibleGlobalOptions: Help['visibleGlobalOptions'] = (one) =>
    help.visibleGlobalOptions(one).filter((option) => long.includes(option.long ?? ''))
  return command.configureHelp({ showGlobalOptions: true, visibleGlobalOptions })
}
