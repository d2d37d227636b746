import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Two targets, a file of variables and a program of the second group, which keep what they get in plain text. They lie
 * outside of the estate, in which no value may stand.
 */
export class Copies {
  readonly directory = mkdtempSync(join(tmpdir(), 'patrol-copies-'))
  readonly file = join(this.directory, 'variables.env')
  readonly program = join(this.directory, 'program')

  /** The configuration with these targets, and with its first token naming them. */
  readonly into = (text: string): string => {
    const shell = `[ ! -e '${this.program}.down' ] && cat > '${this.program}'`
    const look = `[ -e '${this.program}' ] || exit 11`
    const targets = `targets:
  variables:
    type: dotenv
    path: ${this.file}
    variable: FEED_PAT
  program:
    type: command
    shell: ${JSON.stringify(shell)}
    inspect:
      - /bin/sh
      - -c
      - ${JSON.stringify(look)}
    group: 2
`
    const named = '    targets:\n      - variables\n      - program\n'
    return text.replace(/^defaults:$/m, `${targets}defaults:`).replace(/^( {4}displayName: .*\n)/m, `$1${named}`)
  }

  /** Keeps the program from taking anything, or lets it. */
  breakProgram(isDown: boolean): void {
    if (isDown) writeFileSync(`${this.program}.down`, '')
    else rmSync(`${this.program}.down`)
  }

  /** What consumers of the file and of the program read. */
  held(): readonly (string | undefined)[] {
    const line = existsSync(this.file) ? /^FEED_PAT=(.*)$/m.exec(readFileSync(this.file, 'utf8'))?.[1] : undefined
    return [line, existsSync(this.program) ? readFileSync(this.program, 'utf8') : undefined]
  }

  stop(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
