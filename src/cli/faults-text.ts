import type { ConfigProblem } from '../app/config/problems.ts'
import { clean, type Pen } from './terminal.ts'

/** Faults as compilers print them, so that editors and people find the place. */
export function faultsText(pen: Pen, faults: readonly ConfigProblem[]): string {
  return faults
    .map((fault) => {
      const place = fault.file === undefined ? '' : `${fault.file}:${fault.line}:${fault.column}: `
      const label = labelOf(pen, fault)
      return `${pen.colour('bold', place)}${label} ${clean(fault.message)}\n  ${clean(fault.remedy)}\n`
    })
    .join('')
}

function labelOf(pen: Pen, { severity, isAdvice }: ConfigProblem): string {
  if (severity === 'error') return pen.colour('red', 'error')
  return isAdvice ? pen.colour('cyan', 'advice') : pen.colour('yellow', 'warning')
}
