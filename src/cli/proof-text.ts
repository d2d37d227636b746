import type { Proof } from '../reconcile/proof.ts'
import type { Io } from './io.ts'
import { clean, type Colour, type Pen } from './terminal.ts'
import { table } from './text-table.ts'

const colours = {
  delivered: 'green',
  refused: 'green',
  unlisted: 'green',
  accepted: 'red',
  unknown: 'yellow',
} as const satisfies Record<Proof['kind'], Colour>

/** What was seen after a revocation; empty when there is nothing to see. */
export function proofsText(io: Io, pen: Pen, proofs: readonly Proof[]): string {
  if (proofs.length === 0) return ''
  const rows = proofs.map((proof): readonly string[] => [
    clean(proof.token),
    pen.colour(colours[proof.kind], proof.kind),
    clean(proofText(proof)),
  ])
  return `\n${pen.colour('bold', 'proof')}\n${table(rows, io.columns)}`
}

function proofText(proof: Proof): string {
  switch (proof.kind) {
    case 'delivered':
      return `${proof.target} has the new value`
    case 'refused':
      return `a call with the value of PAT ${proof.authorizationId} was refused`
    case 'unlisted':
      return `the list no longer shows PAT ${proof.authorizationId}; nobody had its value to try it`
    case 'accepted':
      return `PAT ${proof.authorizationId} is still let in`
    case 'unknown':
      return `whether PAT ${proof.authorizationId} is still let in could not be seen: ${proof.message}`
  }
}

export function proofJson(proof: Proof): Readonly<Record<string, unknown>> {
  return { ...proof }
}
