import { Argument, type Command as Commander, Option } from 'commander'
import { minute, second, times } from '../core/time.ts'
import type { Runner } from './command-table.ts'
import { collect, examples } from './command-words.ts'
import { lengthOfTime } from './length-of-time.ts'
import { takingOnly } from './option-groups.ts'
import { valueFormats } from './value-format.ts'

/** The commands that hand out values. */
export function describeValueCommands(program: Commander, run: Runner): void {
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
}
