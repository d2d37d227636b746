import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { PatrolError } from '../../core/errors.ts'

/**
 * What TLS trusts when a file of further certificate authorities is named: all that it trusts anyway (the ones built
 * in, and those of NODE_EXTRA_CA_CERTS), and those of the file.
 *
 * @param path a PEM file of one or more certificates
 * @throws PatrolError `config-invalid` naming the file, when it is missing or holds no readable certificate
 */
export async function trustWith(path: string): Promise<SecureContext> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
    throw invalid(path, `cannot be read (${code})`)
  })
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw invalid(path, 'holds no certificate in PEM form')
  for (const [index, certificate] of certificates.entries()) {
    if (!readable(certificate)) throw invalid(path, `holds a certificate that cannot be read (number ${index + 1})`)
  }
  return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] })
}

function readable(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0
  } catch {
    return false
  }
}

function invalid(path: string, what: string): PatrolError {
  return new PatrolError('config-invalid', `tls.caFile: ${path} ${what}`, {
    remedy: 'Name a PEM file with the certificate of the authority that signs for your proxy or servers.',
  })
}
