import type { Secret } from '../../core/secret.ts'

/** Whether a text is a private key in PEM, whole by its looks. */
export function isPrivateKey(key: Secret): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+-----END [A-Z ]*PRIVATE KEY-----/.test(key.reveal())
}
