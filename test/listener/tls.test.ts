// guard.tls: a certificate and a key that do not belong together never get as far as a handshake.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeExpiry } from '../../src/listener/certificate-time.ts';
import { readTlsFiles } from '../../src/process/tls-files.ts';
import { makeWorkspace } from '../support/workspace.ts';

const NEW_KEY = {
  rsa: ['-newkey', 'rsa:2048'],
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
} as const;

function makePair(directory: string, name: string, kind: keyof typeof NEW_KEY): void {
  const files = ['-keyout', join(directory, `${name}.key`), '-out', join(directory, `${name}.crt`)];
  const args = ['req', '-x509', '-nodes', '-days', '30', '-subj', `/CN=${name}`, ...NEW_KEY[kind], ...files];
  execFileSync('openssl', args, { stdio: 'ignore' });
}

const load = (directory: string, certificate: string, key: string) =>
  readTlsFiles({
    tls: {
      certificateFile: join(directory, `${certificate}.crt`),
      keyFile: join(directory, `${key}.key`),
      clientCaFile: undefined,
    },
  }).guarded;

describe('a certificate and its key', () => {
  const directory = () => {
    const made = makeWorkspace();
    for (const [name, kind] of [
      ['r1', 'rsa'],
      ['r2', 'rsa'],
      ['e1', 'ec'],
      ['e2', 'ec'],
    ] as const)
      makePair(made, name, kind);
    return made;
  };

  it('belong together by the key itself, of either kind', () => {
    const here = directory();
    for (const name of ['r1', 'e1']) expect(load(here, name, name)?.key).toContain('PRIVATE KEY');
    const pairs = ['r1 r2', 'e1 e2', 'r1 e1', 'e1 r1'].map((pair) => pair.split(' ') as [string, string]);
    for (const [certificate, key] of pairs) {
      expect(() => load(here, certificate, key), `${certificate} ${key}`).toThrow(
        /^guard\.tls: the files are not a PEM certificate and the private key that belongs to it: name two that are/,
      );
    }
  });

  it('that are both missing are told together', () => {
    expect(() => load(makeWorkspace(), 'a', 'b')).toThrow(
      /^guard\.tls\.certificate: \S+a\.crt cannot be read \(ENOENT\); make it .*\nguard\.tls\.key: \S+b\.key cannot be read/,
    );
  });
});

describe('the time of a certificate', () => {
  const DAY = 86_400_000;

  it('deserves a line where it is over, has not come, or ends within 14 days', () => {
    const here = makeWorkspace();
    makePair(here, 'x', 'ec');
    const tls = load(here, 'x', 'x');
    const now = Date.now();
    const tell = (days: number) => describeExpiry(tls, now + days * DAY, 'guard.tls')?.message;
    expect(tell(0)).toBeUndefined();
    expect(tell(15)).toBeUndefined();
    expect(tell(20)).toMatch(
      /^guard\.tls\.certificate expires \d{4}-\d\d-\d\d, in 1[01] days\. Put a renewed one/,
    );
    expect(tell(31)).toMatch(
      /^guard\.tls\.certificate has expired, \d{4}-\d\d-\d\d: clients refuse it\. Put/,
    );
    expect(tell(-2)).toMatch(/^guard\.tls\.certificate is not valid before /);
  });

  it('is nothing without TLS', () => {
    expect(describeExpiry(undefined, 0, 'guard.tls')).toBeUndefined();
  });
});
