import { sourceText } from './config-option.ts'
import type { Invocation } from './invocation.ts'

/** Whether a person is asked before anything changes: one who can be, and who did not say yes beforehand. */
export function asks({ io }: Invocation, { yes }: { readonly yes?: boolean }): boolean {
  return io.canAsk && yes !== true
}

/** Shows something on stderr and asks whether to go on; anything but yes is no. */
export async function agree(invocation: Invocation, shown: string): Promise<boolean> {
  const { io, speech } = invocation
  speech.quiet()
  const source = sourceText(invocation)
  if (source !== undefined) speech.note(source)
  io.stderr(shown)
  const answer = (await io.ask('Go ahead? [y/N] ')) ?? ''
  const agreed = /^y(es)?$/i.test(answer.trim())
  if (!agreed) io.stderr('nothing was changed\n')
  return agreed
}
