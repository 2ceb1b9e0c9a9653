// A CA of one's own, made with openssl: certificates of servers and clients as operators have them.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** To be made once a test file. */
export class Authority {
  readonly directory = mkdtempSync(join(tmpdir(), 'broker-guard-ca-'));
  readonly file = join(this.directory, 'ca.crt');
  readonly #key = join(this.directory, 'ca.key');

  constructor(name = 'Test CA') {
    afterAll(() => rmSync(this.directory, { recursive: true }));
    openssl(
      'req',
      '-x509',
      ...EC,
      '-days',
      '30',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      this.#key,
      '-out',
      this.file,
    );
  }

  /** Signs a certificate for `subject` (`/O=Example/CN=ops`). Gives the files. */
  sign(name: string, subject: string, host = 'localhost'): { certificate: string; key: string } {
    const [key, request, certificate, names] = ['key', 'csr', 'crt', 'ext'].map((ending) =>
      join(this.directory, `${name}.${ending}`),
    ) as [string, string, string, string];
    writeFileSync(names, `subjectAltName=DNS:${host},IP:127.0.0.1\nbasicConstraints=CA:FALSE\n`);
    openssl('req', '-new', ...EC, '-subj', subject, '-keyout', key, '-out', request);
    const by = ['-CA', this.file, '-CAkey', this.#key, '-CAcreateserial', '-extfile', names];
    openssl('x509', '-req', '-in', request, '-days', '30', ...by, '-out', certificate);
    return { certificate, key };
  }
}

/** A link that leads elsewhere from one moment to the next, as certbot and the kubelet make it. */
export function swapLink(target: string, link: string): void {
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

export const copyPair = ({ certificate, key }: { certificate: string; key: string }, to: string): void => {
  copyFileSync(certificate, join(to, 'guard.crt'));
  copyFileSync(key, join(to, 'guard.key'));
};
