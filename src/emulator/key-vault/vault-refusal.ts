import { type Answer, jsonAnswer } from '../exchange.ts'

/** Thrown inside the vault's service and turned into its answer at the edge. */
export class VaultRefusal extends Error {
  override readonly name = 'VaultRefusal'
  readonly answer: Answer

  constructor(
    status: number,
    code: string,
    message: string,
    more: { inner?: string; headers?: Record<string, string> } = {},
  ) {
    super(`refused with ${status} ${code}`)
    this.answer = vaultErrorAnswer(status, code, message, more)
  }
}

/** The error JSON of Key Vault. */
export function vaultErrorAnswer(
  status: number,
  code: string,
  message: string,
  more: { inner?: string; headers?: Record<string, string> } = {},
): Answer {
  const inner = more.inner === undefined ? {} : { innererror: { code: more.inner } }
  return jsonAnswer(status, { error: { code, message, ...inner } }, more.headers)
}

export function badParameter(message: string): VaultRefusal {
  return new VaultRefusal(400, 'BadParameter', message)
}
