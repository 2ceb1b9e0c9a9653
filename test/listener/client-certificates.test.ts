// guard.tls.client_ca: whoever shows no certificate of that CA gets no further than the handshake, and whoever does is in
// the record and in the rules by its subject. Asked with curl and openssl, as operators would.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Authority } from '../support/authority.ts';
import { BROKERS, type Pair, startPair } from '../support/pair.ts';

const run = promisify(execFile);

const CA = new Authority();
const SERVER = CA.sign('server', '/CN=localhost');
const OPS = CA.sign('ops', '/C=DE/O=Example, Inc/CN=ops');
const SUBJECT = 'CN=ops,O=Example\\, Inc,C=DE';
const STRANGER = new Authority('Somebody else').sign('ops', '/C=DE/O=Example, Inc/CN=ops');

const TLS = (more = '') => `{ certificate = "${SERVER.certificate}", key = "${SERVER.key}"${more} }`;
const MUTUAL = `tls ${TLS(`, client_ca = "${CA.file}"`)}`;

/** Status and exit code: 000 where no answer came. */
async function curl(port: number, path: string, args: readonly string[]): Promise<string> {
  const fixed = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', CA.file];
  const { stdout } = await run('curl', [...fixed, ...args, `https://localhost:${port}${path}`], {
    env: { PATH: process.env.PATH },
  }).catch((error: { stdout: string }) => error);
  return stdout;
}

const ask = (pair: Pair, shown: { certificate: string; key: string } | undefined) =>
  curl(pair.guard.port, BROKERS, [
    '-H',
    pair.authorization,
    ...(shown ? ['--cert', shown.certificate, '--key', shown.key] : []),
  ]);

describe('a listener with a client CA', () => {
  it('takes a client with a certificate of the CA, and has its subject in the record', async () => {
    const pair = await startPair({ guard: MUTUAL });
    expect(await ask(pair, OPS)).toBe('200');
    expect(await pair.soleRecord()).toMatchObject({ client_certificate: SUBJECT, outcome: 'allowed' });
  });

  it.each([
    ['without a certificate', undefined],
    ['with a certificate of another CA that says the same', STRANGER],
  ])('ends the handshake of a client %s, good token or not', async (_, shown) => {
    const pair = await startPair({ guard: MUTUAL });
    expect(await ask(pair, shown)).toBe('000');
    expect(pair.upstream.requests).toEqual([]);
    expect(await pair.soleRecord()).toMatchObject({
      outcome: 'denied',
      reason: 'request_malformed',
    });
  });

  it('asks for no certificate where there is none, and takes none down', async () => {
    const pair = await startPair({ guard: `tls ${TLS()}` });
    expect(await ask(pair, STRANGER)).toBe('200');
    expect((await pair.soleRecord()).client_certificate).toBeUndefined();
  });
});

describe('the rule client_certificates of an issuer', () => {
  const withRule = (pattern: string) =>
    `${MUTUAL}\n policy.issuers { "ops.pub" { client_certificates = ['${pattern}'] } }`.replaceAll("'", '"');

  it.each([
    ['CN=ops,*', '200'],
    ['CN=ops', '403'],
    ['CN=dev,*', '403'],
  ])('%s answers a token that comes with CN=ops,O=…,C=DE with %s', async (pattern, status) => {
    const pair = await startPair({ guard: withRule(pattern) });
    expect(await ask(pair, OPS)).toBe(status);
    const rule = status === '200' ? 'default role' : 'client_certificates';
    if (status === '403') expect(await pair.soleRecord()).toMatchObject({ reason: 'not_permitted', rule });
  });

  it('refuses a token that comes without any certificate', async () => {
    const pair = await startPair({
      guard: 'policy.issuers { "ops.pub" { client_certificates = ["CN=*"] } }',
    });
    expect((await pair.ask()).status).toBe(403);
  });
});

describe('the service listener', () => {
  it('speaks https with files of its own, and asks for certificates of its own CA', async () => {
    const pair = await startPair({ guard: `service.tls ${TLS(`, client_ca = "${CA.file}"`)}` });
    const { servicePort } = pair.guard;
    expect(await curl(servicePort, '/livez', ['--cert', OPS.certificate, '--key', OPS.key])).toBe('200');
    expect(await curl(servicePort, '/livez', [])).toBe('000');
    expect((await pair.ask()).status).toBe(200);
  });
});

describe('TLS before 1.2', () => {
  it.each([
    ['-tls1', /alert protocol version|no protocols available|unsupported protocol/],
    ['-tls1_1', /alert protocol version|no protocols available|unsupported protocol/],
  ])('is refused: openssl s_client %s', async (version, sentence) => {
    const pair = await startPair({ guard: `tls ${TLS()}` });
    const args = [
      's_client',
      version,
      '-cipher',
      'ALL:@SECLEVEL=0',
      '-connect',
      `127.0.0.1:${pair.guard.port}`,
    ];
    const failed = await run('openssl', args).catch((error: { stderr: string }) => error);
    expect(failed.stderr).toMatch(sentence);
  });

  it('1.2 and 1.3 are spoken', async () => {
    const pair = await startPair({ guard: `tls ${TLS()}` });
    for (const version of ['-tls1_2', '-tls1_3']) {
      const asking = run('openssl', ['s_client', version, '-connect', `127.0.0.1:${pair.guard.port}`]);
      asking.child.stdin?.end();
      expect((await asking).stdout).toMatch(/Cipher is (?!\(NONE\))/);
    }
  });
});
