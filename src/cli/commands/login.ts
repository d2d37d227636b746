import type { OpenWorld } from '../../app/compose.ts'
import type { Wanted } from '../../app/config/wanted.ts'
import { checkLogin, type DeviceCode, login, type Reach, requireKept } from '../../app/login.ts'
import { PatrolError } from '../../core/errors.ts'
import { diesAt, type SignInLife } from '../../core/sign-in-life.ts'
import { type Duration, formatDuration, minute, parseDuration, second, shortest, times } from '../../core/time.ts'
import { accountNamed } from '../account-named.ts'
import { hasBrowser, openInBrowser } from '../browser-at-hand.ts'
import { withWorld } from '../configured.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Command, Invocation } from '../invocation.ts'
import { errorJson, jsonLine } from '../json.ts'
import { clean } from '../terminal.ts'
import { isoText, whenText } from '../time-text.ts'

export interface LoginOptions {
  readonly positional: readonly string[]
  readonly deviceCode?: boolean
  readonly browser?: boolean
  readonly check?: boolean
  readonly timeout?: string
}

/** Microsoft Entra's own limit for a device code. */
const builtInTimeout = times(15, minute)

/** `patrol login`: a person signs in once, for all runs to come. */
export const loginCommand: Command<LoginOptions> = (invocation, options) => {
  const clash = [options.deviceCode && '--device-code', options.browser && '--browser', options.check && '--check']
  const [one, other] = clash.filter((flag) => typeof flag === 'string')
  if (other !== undefined)
    throw new PatrolError('usage', `${one} and ${other} exclude each other`, { remedy: 'Leave one of them out.' })
  const timeout = timeoutOf(options.timeout)
  const [name = ''] = options.positional
  const work = async (_: Wanted, { world, accounts }: OpenWorld): Promise<ExitCode> => {
    const { io, speech, options: global } = invocation
    const account = accountNamed(name, accounts)
    if (options.check === true) {
      const result = await checkLogin(account)
      io.stdout(
        global.json
          ? jsonLine({ account: name, user: result.user, place: result.place, ...lifeJson(result.life) })
          : clean(
              `${result.user} is signed in for ${name} (${result.place})\n${lifeText(result.life, world.clock.now())}`,
            ),
      )
      return exitCodes.done
    }
    requireKept(account)
    const way = options.deviceCode === true ? 'device-code' : options.browser === true ? 'browser' : wayHere(invocation)
    const ending = AbortSignal.any([io.stop, timedOut(timeout)])
    const result = await login(account, reachOf(invocation, way, account.wanted.user, timeout), { ...world, ending })
    const { user, life, place, triedIn, untried } = result
    if (untried !== undefined) speech.warn(`${untried.message}; the sign-in is kept all the same: ${untried.remedy}`)
    if (global.json) {
      const tried = triedIn === undefined ? {} : { organization: triedIn }
      const failure = untried === undefined ? {} : { untried: errorJson(untried)['error'] }
      io.stdout(jsonLine({ account: name, user, place, method: way, ...lifeJson(life), ...tried, ...failure }))
    } else {
      const lists = triedIn === undefined ? '' : `, who can list the PATs in ${triedIn}`
      const next = `next: patrol apply; look at the sign-in now and then with patrol status, or patrol login ${name} --check`
      io.stdout(
        clean(
          `${user} is signed in for ${name}${lists}\nkept in ${place}\n${lifeText(life, world.clock.now())}${next}\n`,
        ),
      )
    }
    return exitCodes.done
  }
  return withWorld(invocation, {}, work, { signIn: name })
}

/** A person's patience is real time, also where a test has clocks of its own. */
function timedOut(ms: number): AbortSignal {
  const out = new AbortController()
  setTimeout(() => out.abort('time-out'), ms).unref()
  return out.signal
}

function wayHere({ io, speech }: Invocation): 'browser' | 'device-code' {
  if (hasBrowser(io.environment, process.platform)) return 'browser'
  speech.note(
    'there is no browser here that you would see, so that a code for another device serves (--browser insists)',
  )
  return 'device-code'
}

function reachOf({ io, speech }: Invocation, way: 'browser' | 'device-code', user: string, timeout: Duration): Reach {
  if (way === 'device-code') {
    return {
      way,
      show: ({ address, code, expiresInSeconds }: DeviceCode) => {
        const longest = formatDuration(shortest(timeout, times(expiresInSeconds, second)))
        io.stderr(clean(`Open ${address} in a browser on any device, type the code ${code} and sign in as ${user}.\n`))
        speech.note(`waiting until you have signed in, ${longest} at most (Ctrl-C gives up)`)
      },
    }
  }
  return {
    way,
    show: async (address) => {
      const opened = hasBrowser(io.environment, process.platform) && (await openInBrowser(address))
      const open = opened ? 'A browser opens. If it does not, open this address' : 'Open this address in a browser'
      io.stderr(clean(`${open} on this computer and sign in as ${user}:\n\n${address}\n\n`))
      speech.note('waiting until you have signed in (Ctrl-C gives up)')
    },
  }
}

function timeoutOf(written: string | undefined): Duration {
  if (written === undefined) return builtInTimeout
  const length = parseDuration(written)
  if (length !== undefined) return length
  throw new PatrolError('usage', `--timeout ${written} is no duration`, { remedy: 'Write one such as 90s or 15m.' })
}

function lifeText(life: SignInLife, now: SignInLife['redeemedAt']): string {
  return `renewed ${whenText(life.redeemedAt, now)}; dies ${whenText(diesAt(life), now)} if nobody uses it until then\n`
}

function lifeJson(life: SignInLife): Readonly<Record<string, string>> {
  return { signedInAt: isoText(life.signedInAt), redeemedAt: isoText(life.redeemedAt), diesAt: isoText(diesAt(life)) }
}
