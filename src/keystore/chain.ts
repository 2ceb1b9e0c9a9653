// Which certificates of one file stand there only because they signed another: whoever drops in a chain
// (`fullchain.pem`) means its first certificate, and a CA would otherwise become an issuer that nobody has named.

import { X509Certificate } from 'node:crypto';
import type { PemBlock } from './pem.ts';

/** The blocks of those certificates, in whatever order the file has them. */
export function findSigners(blocks: readonly PemBlock[]): ReadonlySet<PemBlock> {
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE').flatMap(readCertificate);
  const signers = certificates.filter((one) => certificates.some((other) => hasSigned(one, other)));
  return new Set(signers.map(({ block }) => block));
}

interface Certificate {
  readonly block: PemBlock;
  readonly x509: X509Certificate;
}

/** What is no certificate is told elsewhere. */
function readCertificate(block: PemBlock): Certificate[] {
  try {
    return [{ block, x509: new X509Certificate(block.der) }];
  } catch {
    return [];
  }
}

/** A self-signed certificate that was renewed for the same key has signed no other key. */
function hasSigned({ x509: signer }: Certificate, { x509: signed }: Certificate): boolean {
  try {
    const { publicKey } = signer;
    return !signed.publicKey.equals(publicKey) && signed.verify(publicKey);
  } catch {
    return false;
  }
}
