// Key material in a form that is not read here: what it is, and how to make a key file of it.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { readRsaPublicKey } from './der.ts';
import { sshTypeOf } from './openssh.ts';
import { decodeUtf16, listJwks } from './private-text.ts';

/** A sentence for the operator; undefined where the text is none of these forms. */
export function describeForeignForm(text: string): string | undefined {
  if (decodeUtf16(text) !== undefined) {
    return 'The file is in UTF-16, as some programs of Windows write it. Save it as UTF-8, or convert it: iconv -f UTF-16 -t UTF-8 FILE.';
  }
  if (/-----BEGIN [A-Z0-9 ]{1,64}-----(?:\\r)?\\n/.test(text)) {
    return "The line breaks of the PEM block are written as a backslash and an n. Write real line breaks in their place: sed 's/\\\\n/\\n/g' FILE.";
  }
  if (text.includes('---- BEGIN SSH2 PUBLIC KEY ----')) {
    return 'The file is an SSH2 public key (RFC 4716). Convert it: ssh-keygen -i -f FILE.';
  }
  if (/^\s*[[{]/.test(text) && listJwks(text).length > 0) {
    return "The file is a JWK or a set of them, and keys are read from PEM. Convert each, with Node for example: crypto.createPublicKey({ key: JWK, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).";
  }
  return describeBytes(Buffer.from(text, 'latin1'), describeDer) ?? describeBase64(text);
}

type Form = 'PUBLIC KEY' | 'RSA PUBLIC KEY' | 'CERTIFICATE';

const CONVERSIONS: Readonly<Record<Form, string>> = {
  'PUBLIC KEY': 'openssl pkey -pubin -inform DER -in FILE',
  'RSA PUBLIC KEY': 'openssl rsa -RSAPublicKey_in -inform DER -in FILE -pubout',
  CERTIFICATE: 'openssl x509 -inform DER -in FILE',
};

const describeDer = (form: Form): string =>
  `The file is in DER, the binary form. Convert it to PEM: ${CONVERSIONS[form]}.`;

const describeNaked = (form: Form): string =>
  `The file holds base64 alone. Put the line -----BEGIN ${form}----- before it and -----END ${form}----- behind it.`;

function describeBase64(text: string): string | undefined {
  const bytes = decodeBase64(text);
  const type = bytes && sshTypeOf(bytes);
  if (type !== undefined) return `The file holds base64 alone. Write ${type} and a blank before it.`;
  return bytes && describeBytes(bytes, describeNaked);
}

function describeBytes(bytes: Buffer, describe: (form: Form) => string): string | undefined {
  if (bytes[0] !== 0x30) return undefined;
  if (readRsaPublicKey(bytes)) return describe('RSA PUBLIC KEY');
  if (isCertificate(bytes)) return describe('CERTIFICATE');
  return isSpki(bytes) ? describe('PUBLIC KEY') : undefined;
}

const isCertificate = (der: Buffer): boolean => works(() => new X509Certificate(der));

/** Of any type: whether it can be used is said of the PEM. */
const isSpki = (der: Buffer): boolean =>
  works(() => createPublicKey({ key: der, format: 'der', type: 'spki' }));

function works(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
