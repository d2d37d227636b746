import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'

/** A certificate with its key, as the settings of MSAL have it. */
export interface ClientCertificate {
  readonly thumbprintSha256: string
  /** PKCS #8, not encrypted. */
  readonly privateKey: string
  /** PEM, the certificate of the key first. */
  readonly x5c: string
}

/** What a PEM text holds: a certificate with its key, or what keeps it from being one, as an end to "it". */
export type CertificateReading =
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate; readonly validTo: string }
  | { readonly kind: 'fault'; readonly text: string }

/**
 * Reads a PEM text with a certificate and the private key that belongs to it, in any order, other certificates of the
 * chain among them. No message holds anything of the text.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 *
 * @param passphrase of the key, where it is encrypted
 */
export function readCertificate(pem: Secret, passphrase: Secret | undefined): CertificateReading {
  const text = pem.reveal()
  const certificates = [...text.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].flatMap(
    ([block]) => parsed(block),
  )
  if (certificates.length === 0) return { kind: 'fault', text: 'holds no certificate in PEM form' }
  const block = /-----BEGIN ((?:ENCRYPTED |RSA |EC )?PRIVATE KEY)-----[^-]+-----END \1-----/.exec(text)?.[0]
  if (block === undefined) return { kind: 'fault', text: 'holds no private key in PEM form' }
  const isEncrypted = /ENCRYPTED/.test(block)
  if (isEncrypted && passphrase === undefined) {
    return { kind: 'fault', text: 'holds a private key that is encrypted, and there is no passphrase' }
  }
  const key = opened(block, passphrase)
  if (key === undefined) {
    return {
      kind: 'fault',
      text: `holds a private key that ${isEncrypted ? 'the passphrase does not open' : 'cannot be read'}`,
    }
  }
  if (key.asymmetricKeyType !== 'rsa')
    return { kind: 'fault', text: 'holds a key that is not RSA, which Microsoft Entra asks for' }
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key))
  if (own === undefined) return { kind: 'fault', text: 'holds a private key that belongs to none of its certificates' }
  return {
    kind: 'certificate',
    validTo: own.validTo,
    certificate: {
      thumbprintSha256: own.fingerprint256.replaceAll(':', ''),
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      // The library looks for line breaks at the borders of each certificate.
      x5c: [own, ...certificates.filter((other) => other !== own)].map((each) => each.toString()).join(''),
    },
  }
}

/**
 * The certificate in a PEM text.
 *
 * @param account its name in the configuration, for the message
 * @throws PatrolError `sign-in-misconfigured` when it holds none
 */
export function certificateOf(account: string, pem: Secret, passphrase: Secret | undefined): ClientCertificate {
  const reading = readCertificate(pem, passphrase)
  if (reading.kind === 'certificate') return reading.certificate
  throw new PatrolError('sign-in-misconfigured', `account ${account}: the value of certificate ${reading.text}`, {
    remedy: 'Store a certificate and its RSA key as one PEM text, the key with passphrase: where it is encrypted.',
  })
}

function parsed(block: string): readonly X509Certificate[] {
  try {
    return [new X509Certificate(block)]
  } catch {
    return []
  }
}

function opened(block: string, passphrase: Secret | undefined): KeyObject | undefined {
  try {
    return createPrivateKey(passphrase === undefined ? block : { key: block, passphrase: passphrase.reveal() })
  } catch {
    return undefined
  }
}
