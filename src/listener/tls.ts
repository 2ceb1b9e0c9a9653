// The certificate of the guarded listener and its key: read, held against each other, renewed.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type http from 'node:http';
import https from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Settings } from '../config/settings.ts';
import { type Problem, SettingsFailure } from '../failure.ts';
import { readWhole, UnreadableFile } from '../files/read.ts';

/** What the files of `guard.tls` hold. */
export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads the certificate and its key; undefined where the settings name none.
 * @throws SettingsFailure where they cannot be read or do not belong together
 */
export function readTls({ tls }: Pick<Settings, 'tls'>): TlsMaterial | undefined {
  if (tls === undefined) return undefined;
  const problems: Problem[] = [];
  const certificate = readTlsFile(tls.certificateFile, 'guard.tls.certificate', problems);
  const key = readTlsFile(tls.keyFile, 'guard.tls.key', problems);
  if (problems.length > 0) throw new SettingsFailure(problems);
  if (!belongTogether({ certificate, key })) {
    throw new SettingsFailure([{ name: 'guard.tls', message: `guard.tls: ${NOT_A_PAIR}` }]);
  }
  return { certificate, key };
}

const NOT_A_PAIR =
  'the files are not a PEM certificate and the private key that belongs to it: name two that are, such as broker-guard certificate HOST makes';

/** OpenSSL takes an EC key beside an RSA certificate, one slot for each kind, and then fails every handshake. */
function belongTogether({ certificate, key }: TlsMaterial): boolean {
  try {
    createSecureContext(toContext({ certificate, key }));
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Unix milliseconds at which the certificate ends. */
export const certificateEnd = (tls: TlsMaterial | undefined): number | undefined =>
  tls && Date.parse(new X509Certificate(tls.certificate).validTo);

const DAY_MS = 86_400_000;
const RENEW_DAYS = 14;

/** What deserves a line about the certificate's time: that it is over, has not begun, or is over soon. */
export function describeExpiry(tls: TlsMaterial | undefined, nowMs: number): Problem | undefined {
  if (tls === undefined) return undefined;
  const { validFrom, validTo } = new X509Certificate(tls.certificate);
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const what =
    toMs <= nowMs
      ? `has expired, ${formatDay(toMs)}: clients refuse it`
      : fromMs > nowMs
        ? `is not valid before ${formatDay(fromMs)}: clients refuse it until then`
        : `expires ${formatDay(toMs)}, in ${Math.ceil((toMs - nowMs) / DAY_MS)} days`;
  const isFine = fromMs <= nowMs && toMs - nowMs > RENEW_DAYS * DAY_MS;
  if (isFine) return undefined;
  const name = 'guard.tls.certificate';
  return {
    name,
    message: `${name} ${what}. Put a renewed one in its place; SIGHUP has a running guard read it`,
  };
}

const formatDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Puts a renewed certificate in place, for the connections to come; a server without TLS stays without. */
export function renewTls(server: http.Server, tls: TlsMaterial | undefined): void {
  if (server instanceof https.Server && tls !== undefined) server.setSecureContext(toContext(tls));
}

export const toContext = ({ certificate, key }: TlsMaterial): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
});

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'make it with broker-guard certificate HOST, or name the one you have'],
  ['EACCES', 'let this user read it'],
]);

function readTlsFile(file: string, setting: string, problems: Problem[]): string {
  try {
    return readWhole(file).toString();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const advice = ADVICE.get(error.code) ?? 'name a file that can';
    problems.push({
      name: setting,
      message: `${setting}: ${file} cannot be read (${error.message}); ${advice}`,
    });
    return '';
  }
}
