import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface TestCertificate {
  readonly key: string
  readonly cert: string
  /** A PEM file of the authority that signed it. */
  readonly caFile: string
  remove: () => Promise<void>
}

/** A fresh authority and a certificate for localhost and service.test. */
export async function testCertificate(): Promise<TestCertificate> {
  const shared = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Authority of a test' }], {
    ...shared,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...shared,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'service.test' },
        ],
      },
    ],
  })
  const directory = await mkdtemp(join(tmpdir(), 'patrol-certificate-'))
  const caFile = join(directory, 'ca.pem')
  await writeFile(caFile, authority.cert)
  return { key: leaf.private, cert: leaf.cert, caFile, remove: () => rm(directory, { recursive: true }) }
}
