/**
 * A value that only the holder of the secret key can open (libsodium's sealed box: X25519 and XSalsa20-Poly1305).
 *
 * @param publicKey base64 of 32 bytes
 * @returns base64; undefined when the key is none
 */
export async function sealed(value: string, publicKey: string): Promise<string | undefined> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  const key = Buffer.from(publicKey, 'base64')
  if (key.length !== sodium.crypto_box_PUBLICKEYBYTES) return undefined
  return Buffer.from(sodium.crypto_box_seal(value, key)).toString('base64')
}
