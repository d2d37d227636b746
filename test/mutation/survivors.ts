import type { Survivor } from './mutation-report.ts'

/** Why changes that no test noticed do no harm. */
interface Reason {
  readonly why: string
  readonly survivors: readonly (readonly [file: string, at: string, change: string])[]
}

/** Read by a person, each of them: what no entry names counts as not explained. */
export const reasons: readonly Reason[] = []

/** The reason why this survivor does no harm, if somebody found one. */
export function reasonFor({ file, at, change }: Pick<Survivor, 'file' | 'at' | 'change'>): Reason | undefined {
  return reasons.find(({ survivors }) =>
    survivors.some(([ofFile, ofLine, made]) => ofFile === file && ofLine === at && made === change),
  )
}
