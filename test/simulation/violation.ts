export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8'

export interface Violation {
  readonly invariant: Invariant
  readonly message: string
}

export type Report = (invariant: Invariant, message: string) => void
