import { randomBytes } from 'node:crypto'
import { generate } from 'selfsigned'

export interface Certificate {
  /** PEM of the authority a client has to trust. */
  readonly authority: string
  readonly certificate: string
  readonly privateKey: string
}

const DAY = 86_400_000

/**
 * Makes a certificate authority and one certificate signed by it. The authority's key is forgotten at once, and the
 * certificate bears only `localhost` and the loopback addresses, so trusting it opens nothing else. Clients judge
 * validity by their own clock, hence real time here and not the emulator's.
 */
export async function makeCertificate(): Promise<Certificate> {
  const notBeforeDate = new Date(Date.now() - DAY)
  const notAfterDate = new Date(Date.now() + 30 * DAY)
  const shared = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', notBeforeDate, notAfterDate } as const
  const authority = await generate(
    [{ name: 'commonName', value: `Emulator authority ${randomBytes(6).toString('hex')}` }],
    {
      ...shared,
      extensions: [
        { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
        { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
      ],
    },
  )
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...shared,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { authority: authority.cert, certificate: leaf.cert, privateKey: leaf.private }
}
