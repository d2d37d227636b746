import { type Command as Commander, Help } from 'commander'
import { collect } from './command-words.ts'

/** Which tokens. */
export function selection(command: Commander): Commander {
  return command.option('--only <glob>', 'only tokens whose name fits; may be given several times', collect)
}

/** What stands for the part of a configuration that signs in. */
export function signInOnly(command: Commander): Commander {
  return command
    .optionsGroup('Without a configuration:')
    .option('--organization <name>', 'the organization; may be given several times', collect)
    .option('--tenant <id>', 'the tenant (default: $TENANT_ID, else found)')
    .option('--user <upn>', 'who must be signed in (default: $USER_NAME)')
}

/** What stands for a whole configuration. */
export function configLess(command: Commander): Commander {
  return signInOnly(command)
    .option('--match <glob>', 'which display names (default: *)')
    .option('--method <method>', 'renew or rotate (default: renew)')
    .option('--lifetime <duration>', 'such as 60d (default: 30d)')
    .option('--renew-before <duration>', 'how long before the end (default: a third)')
    .option('--store <url|dir>', 'where rotate keeps values')
}

/** Leaves those global options out of a command's help that mean nothing to it. */
export function takingOnly(command: Commander, ...long: readonly string[]): Commander {
  const help = new Help()
  help.showGlobalOptions = true
  const visibleGlobalOptions: Help['visibleGlobalOptions'] = (one) =>
    help.visibleGlobalOptions(one).filter((option) => long.includes(option.long ?? ''))
  return command.configureHelp({ showGlobalOptions: true, visibleGlobalOptions })
}
