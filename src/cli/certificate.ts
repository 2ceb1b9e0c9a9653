// `broker-guard certificate`: a self-signed certificate and its key, so that guard.tls is two lines for a new user.
// Node makes the key and the randomness; node-forge only writes the certificate, and is loaded only here.
import { generateKeyPair, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../failure.ts';
import { codeOf } from '../files/errno.ts';
import { writeNewFile } from '../files/write-new.ts';
import { MIN_KEY_BITS } from '../keystore/key.ts';
import { EXIT, type ExitCode, type Terminal } from './terminal.ts';

interface CertificateFlags {
  readonly out: string;
  readonly name: string;
  readonly days: string;
  readonly json?: boolean;
}

interface CertificateRequest {
  readonly hosts: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const DAY_MS = 86_400_000;
/** RFC 952 and RFC 1123 §2.1, and a wildcard in the place of the first label (RFC 6125 §6.4.3). */
const HOST_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

export async function runCertificate(
  terminal: Terminal,
  hosts: readonly string[],
  flags: CertificateFlags,
): Promise<ExitCode> {
  const misuse = findMisuse(hosts, flags);
  if (misuse !== undefined) {
    terminal.report(misuse);
    return EXIT.misused;
  }
  const files = {
    certificate: join(resolve(flags.out), `${flags.name}.crt`),
    key: join(resolve(flags.out), `${flags.name}.key`),
  };
  // An hour of grace: the clocks of the clients are not this one.
  const notBeforeMs = terminal.now() - 3_600_000;
  const notAfterMs = terminal.now() + Number(flags.days) * DAY_MS;
  const made = await makeCertificate({ hosts, notBeforeMs, notAfterMs });
  await writeBoth(files, made);
  terminal.print(flags.json ? `${JSON.stringify(files)}\n` : describeFiles(files, hosts));
  return EXIT.done;
}

function findMisuse(hosts: readonly string[], { name, days }: CertificateFlags): string | undefined {
  const wrong = hosts.find((host) => isIP(host) === 0 && !HOST_NAME.test(host));
  if (wrong !== undefined) {
    return `${JSON.stringify(wrong)} is neither a host name nor an IP address: give each without scheme, port and brackets`;
  }
  if (!FILE_NAME.test(name)) return '--name is a file name of A-Z a-z 0-9 . _ -, not beginning with a dot';
  return /^\d{1,4}$/.test(days) && Number(days) >= 1 && Number(days) <= 3650
    ? undefined
    : '--days must be a whole number from 1 to 3650';
}

async function makeCertificate({ hosts, notBeforeMs, notAfterMs }: CertificateRequest) {
  const { default: forge } = await import('node-forge');
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: MIN_KEY_BITS,
    publicExponent: 65_537,
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  certificate.serialNumber = makeSerialNumber();
  certificate.validity.notBefore = new Date(notBeforeMs);
  certificate.validity.notAfter = new Date(notAfterMs);
  // RFC 5280 §A.1: a common name has at most 64 characters; the names that count are in subjectAltName.
  const subject = [{ name: 'commonName', value: (hosts[0] as string).slice(0, 64) }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions(listExtensions(hosts));
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signingKey = forge.pki.privateKeyFromPem(
    pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  );
  certificate.sign(signingKey, forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'), key: privateKey };
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, not guessable. */
function makeSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function listExtensions(hosts: readonly string[]): object[] {
  const altNames = hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host }));
  return [
    // Not an authority: whoever gets hold of the key can speak for these hosts and for nobody else.
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
    { name: 'subjectKeyIdentifier' },
  ];
}

interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Both or neither. */
async function writeBoth(files: CertificateFiles, made: CertificateFiles): Promise<void> {
  await writeNew(files.key, made.key, 0o600);
  try {
    await writeNew(files.certificate, made.certificate, 0o644);
  } catch (error) {
    rmSync(files.key);
    throw error;
  }
}

const writeNew = (file: string, text: string, mode: number): Promise<void> =>
  writeNewFile(file, text, mode).catch((error: unknown) => {
    throw explainWrite(file, codeOf(error));
  });

function explainWrite(file: string, code: string): Failure {
  if (code === 'EEXIST') {
    return new Failure(
      'file_exists',
      `${file} exists already and is not overwritten: choose another --name or --out`,
    );
  }
  const why = code === 'ENOENT' ? 'its directory does not exist' : `the system says ${code}`;
  return new Failure('settings_unreadable', `${file} cannot be written (${why}): choose another --out`);
}

function describeFiles({ certificate, key }: CertificateFiles, hosts: readonly string[]): string {
  return (
    `certificate: ${certificate} (for ${hosts.join(', ')}; clients must be told to trust it)\n` +
    `key:         ${key} (keep it secret)\n\nIn nanomq.conf:\n  guard.tls.certificate = ${JSON.stringify(certificate)}\n` +
    `  guard.tls.key = ${JSON.stringify(key)}\n`
  );
}
