import type { Proof } from '../reconcile/proof.ts'
import type { Io } from './io.ts'
import { clean, type Colour, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { dateText, isoText } from './time-text.ts'

const colours = {
  delivered: 'green',
  refused: 'green',
  unlisted: 'green',
  accepted: 'red',
  unknown: 'yellow',
  current: 'green',
  'not-current': 'red',
  lacking: 'red',
  kept: 'green',
} as const satisfies Record<Proof['kind'], Colour>

/** What was seen after a revocation or a rollback; empty when there is nothing to see. */
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
      return proof.authorizationId === undefined
        ? `${proof.target} has the new value`
        : `${proof.target} has the value of PAT ${proof.authorizationId}`
    case 'refused':
      return `a call with the value of PAT ${proof.authorizationId} was refused`
    case 'unlisted':
      return `the list no longer shows PAT ${proof.authorizationId}; its value was not tried`
    case 'accepted':
      return proof.listed === false
        ? `the value that the store had for PAT ${proof.authorizationId} is still let in, though the list no longer shows that PAT: it is most likely the value of another PAT of the same user; patrol list  shows those, and patrol revoke ID  ends one`
        : `PAT ${proof.authorizationId} is still let in`
    case 'unknown':
      return `whether PAT ${proof.authorizationId} is still let in could not be seen: ${proof.message}`
    case 'current':
      return `the store hands out PAT ${proof.authorizationId}, and a call with its value was let in`
    case 'not-current':
      return `the store does not hand out PAT ${proof.authorizationId}${proof.other === undefined ? '' : `, but PAT ${proof.other}`}`
    case 'lacking':
      return `${proof.target} does not have the value of PAT ${proof.authorizationId} yet`
    case 'kept':
      return `PAT ${proof.authorizationId} still works${proof.until === undefined ? '' : `, and is not revoked before ${dateText(proof.until)}`}`
  }
}

export function proofJson(proof: Proof): Readonly<Record<string, unknown>> {
  return 'until' in proof && proof.until !== undefined ? { ...proof, until: isoText(proof.until) } : { ...proof }
}
