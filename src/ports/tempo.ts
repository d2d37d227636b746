/**
 * How fast the services let us go. Their limits count for an account in an organization, so one that asks to wait says
 * nothing about the others.
 */
export interface Tempo {
  /** Whether what is to be sent for this account and organization waits, because a service asked for it. */
  isHeld(account: string, organization: string): boolean
  /** Calls back whenever such a wait begins. @returns ends that */
  onHold(listener: () => void): () => void
}
