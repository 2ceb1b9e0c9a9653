// The certificate of the guarded listener and its key: read, held against each other, renewed.
import type http from 'node:http';
import https from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Settings } from '../config/settings.ts';
import { Failure } from '../failure.ts';
import { readWhole } from '../files/read.ts';

/** What the files of `guard.tls` hold. */
export interface TlsMaterial {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads the certificate and its key; undefined where the settings name none.
 * @throws Failure where they cannot be read or do not belong together
 */
export function readTls({ tls }: Settings): TlsMaterial | undefined {
  if (tls === undefined) return undefined;
  const certificate = readTlsFile(tls.certificateFile, 'guard.tls.certificate');
  const key = readTlsFile(tls.keyFile, 'guard.tls.key');
  try {
    createSecureContext(toContext({ certificate, key }));
    return { certificate, key };
  } catch (error) {
    const why = 'guard.tls: the files are not a PEM certificate and the private key that belongs to it';
    throw new Failure('settings_invalid', why, { cause: error });
  }
}

/** Puts a renewed certificate in place, for the connections to come; a server without TLS stays without. */
export function renewTls(server: http.Server, tls: TlsMaterial | undefined): void {
  if (server instanceof https.Server && tls !== undefined) server.setSecureContext(toContext(tls));
}

export const toContext = ({ certificate, key }: TlsMaterial): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
});

function readTlsFile(file: string, setting: string): string {
  try {
    return readWhole(file).toString();
  } catch (error) {
    const why = `${setting}: ${file} cannot be read (${(error as Error).message})`;
    throw new Failure('settings_unreadable', why, { cause: error });
  }
}
