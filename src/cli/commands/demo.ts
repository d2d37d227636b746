import { PatrolError } from '../../core/errors.ts'
import { dailyScenery, dailyWork } from '../demo-daily-work.ts'
import { leavingGlobal, leavingScenery } from '../demo-leaving-global.ts'
import { withStage } from '../demo-stage.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { millisecondsText } from '../time-text.ts'

export interface DemoOptions {
  readonly keep?: boolean
}

/** `patrol demo`: the main job, and the way out of PATs for all organizations, on emulators in this process. */
export const demoCommand: Command<DemoOptions> = async (invocation, { keep }) => {
  const { io, pen, options } = invocation
  if (options.json) {
    throw new PatrolError('usage', 'the demonstration is a story for people', { remedy: 'Leave --json out.' })
  }
  const beganAt = io.monotonic()
  await withStage({ io, pen }, dailyScenery(io.wall()), async (stage) => {
    await dailyWork(stage)
    await withStage({ io, pen }, leavingScenery, leavingGlobal)
    io.stdout(`\n${pen.colour('green', `done, in ${millisecondsText(io.monotonic() - beganAt)}`)}\n`)
    if (keep !== true) return
    io.stdout(
      `\nthe emulator of the first act stays up until Ctrl-C; in another shell:\n\n  . ${stage.environmentFile}\n  patrol status\n`,
    )
    await invocation.awaitStop()
  })
  return exitCodes.done
}
