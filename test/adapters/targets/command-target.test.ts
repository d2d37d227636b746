import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandTarget } from '../../../src/adapters/targets/command-target.ts'
import { minute } from '../../../src/core/time.ts'
import type { Addressee } from '../../../src/ports/target.ts'
import { targetContract, type TargetWorld } from '../../contract/target.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock } from '../stores/test-clock.ts'

/** Programs that keep the value and, beside it, of which generation it is. */
const deliver = 'cat > "$1/$PATROL_TOKEN"; echo "$PATROL_GENERATION" > "$1/$PATROL_TOKEN.generation"'
const inspect = `[ -e "$1/$PATROL_TOKEN" ] || exit 11
[ "$(cat "$1/$PATROL_TOKEN.generation")" = "$PATROL_GENERATION" ] || { echo "it is of another generation"; exit 10; }`
const remove = `[ -e "$1/$PATROL_TOKEN" ] || exit 11
[ "$(cat "$1/$PATROL_TOKEN.generation")" = "$PATROL_GENERATION" ] || exit 10
rm "$1/$PATROL_TOKEN" "$1/$PATROL_TOKEN.generation"`

async function commandWorld(variable: string | undefined, tells: boolean): Promise<TargetWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'patrol-command-'))
  const leaks = new LeakWatch()
  const shell = (text: string): readonly string[] => ['/bin/sh', '-c', text, 'sh', directory]
  const placeOf = ({ token }: Addressee): string => join(directory, token)
  const body = variable === undefined ? deliver : deliver.replace('cat >', `printf %s "$${variable}" >`)
  const target = commandTarget({
    name: 'program',
    command: shell(body),
    variable,
    inspect: tells ? shell(inspect) : undefined,
    remove: tells ? shell(remove) : undefined,
    timeout: minute,
    directory,
    environment: process.env,
    clock: testClock,
  })
  return {
    target: leaks.over(target),
    tells,
    removes: tells,
    apart: true,
    isReadable: true,
    elapsed: () => testClock.elapsed(),
    held: (of) => readFile(placeOf(of), 'utf8').catch(() => undefined),
    overwrite: async (of, value) => {
      await writeFile(placeOf(of), value)
      await writeFile(`${placeOf(of)}.generation`, 'another')
    },
    destroy: (of) => rm(placeOf(of)),
    loseThePlace: () => rm(directory, { recursive: true }),
    stop: async () => {
      await rm(directory, { recursive: true, force: true })
      leaks.check([], {})
    },
  }
}

targetContract('a program that reads the value', () => commandWorld(undefined, true))
targetContract('a program that finds the value in its environment', () => commandWorld('NEW_PAT', false))
