// `broker-guard certificate` and guard.tls: two lines, and the guard speaks https.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { checkServerIdentity, connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeIssuer, mintToken } from '../support/issuers.ts';
import { announcedPorts, runProgram, startProgram } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';
import { makeWorkspace } from '../support/workspace.ts';

const OPS = makeIssuer();

describe('certificate', () => {
  it('makes a certificate for the hosts and a key for its owner alone', async () => {
    const cwd = makeWorkspace();
    const { code, stdout, stderr } = await runProgram(['certificate', 'guard.example', '127.0.0.1', '::1'], {
      cwd,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(cwd).sort()).toEqual(['guard.crt', 'guard.key']);
    expect(statSync(join(cwd, 'guard.key')).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(readFileSync(join(cwd, 'guard.crt')));
    expect(certificate.subjectAltName).toBe(
      'DNS:guard.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    // sha256WithRSAEncryption, 1.2.840.113549.1.1.11
    expect(certificate.raw.includes(Buffer.from('06092a864886f70d01010b', 'hex'))).toBe(true);
    const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(364.9);
    expect(days).toBeLessThan(365.1);
    expect(stdout).toContain(`guard.tls.certificate = "${join(cwd, 'guard.crt')}"`);
    expect(stdout).not.toContain('BEGIN');
  });

  it('has another serial number each time; --name, --out, --days and --json', async () => {
    const cwd = makeWorkspace({ 'tls/.keep': '' });
    const make = (name: string) =>
      runProgram(['certificate', 'h', '--name', name, '--out', 'tls', '--days', '7', '--json'], { cwd });
    const files = [await make('a'), await make('b')].map(({ stdout }) => JSON.parse(stdout));
    expect(files[0]).toEqual({ certificate: join(cwd, 'tls/a.crt'), key: join(cwd, 'tls/a.key') });
    const [a, b] = files.map(({ certificate }) => new X509Certificate(readFileSync(certificate)));
    expect(a?.serialNumber).not.toBe(b?.serialNumber);
    expect(Date.parse(a?.validTo as string) - Date.now()).toBeLessThan(7.1 * 86_400_000);
  });

  it.each(['guard.crt', 'guard.key'])('overwrites nothing: %s is there already', async (file) => {
    const cwd = makeWorkspace({ [file]: 'precious' });
    const { code, stderr } = await runProgram(['certificate', 'localhost'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/exists already and is not overwritten: choose another --name or --out\n$/);
    expect(readdirSync(cwd)).toEqual([file]);
    expect(readFileSync(join(cwd, file), 'utf8')).toBe('precious');
  });

  it.each([
    ['a URL', ['https://h'], /"https:\/\/h" is neither a host name nor an IP address/],
    ['an address with its port', ['127.0.0.1:8090'], /is neither a host name nor an IP address/],
    ['a name that climbs', ['h', '--name', '../x'], /--name is a file name/],
    ['no days', ['h', '--days', '0'], /--days must be a whole number from 1 to 3650/],
    [
      'a missing directory',
      ['h', '--out', 'no'],
      /cannot be written \(its directory does not exist\): choose another --out/,
    ],
  ])('refuses %s as wrong use and writes nothing', async (_, args, sentence) => {
    const cwd = makeWorkspace();
    const { code, stdout, stderr } = await runProgram(['certificate', ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('guard.tls', () => {
  async function startWithTls() {
    const upstream = await startUpstream();
    onTestFinished(() => upstream.close());
    const cwd = makeWorkspace({
      'conf/nanomq.conf': `guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", keys_dir = "../keys"
        upstream.url = "${upstream.url}", tls { certificate = guard.crt, key = guard.key } }\nhttp_server.password = x`,
      'keys/ops.pub': OPS.publicPem,
    });
    expect((await runProgram(['certificate', 'localhost', '127.0.0.1', '--out', 'conf'], { cwd })).code).toBe(
      0,
    );
    const program = startProgram(['serve', '-c', 'conf/nanomq.conf'], { cwd });
    onTestFinished(async () => {
      await program.stop('SIGKILL');
    });
    const { front } = await announcedPorts(program);
    return { program, front, ca: readFileSync(join(cwd, 'conf/guard.crt')) };
  }

  it('serves https to a client that trusts the certificate, by name and by address', async () => {
    const { program, front, ca } = await startWithTls();
    expect(program.stderr()).toMatch(/listening on https:\/\/127\.0\.0\.1:\d+, service on http:/);
    for (const host of ['localhost', '127.0.0.1']) {
      const status = await new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${mintToken(OPS)}` };
        const options = {
          host,
          family: 4,
          port: front,
          path: '/api/v4/brokers',
          ca,
          headers,
          agent: false as const,
        };
        request(options, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(200);
    }
  });

  it('the certificate stands for its hosts only, and old TLS versions are refused', async () => {
    const { front, ca } = await startWithTls();
    const shake = (options: object) =>
      new Promise<string>((resolve) => {
        const socket = connect({ port: front, host: '127.0.0.1', ca, ...options }, () => {
          resolve(socket.authorized ? (socket.getProtocol() as string) : String(socket.authorizationError));
          socket.destroy();
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
    expect(await shake({ servername: 'localhost', checkServerIdentity })).toBe('TLSv1.3');
    expect(await shake({ servername: 'other.example' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await shake({ servername: 'localhost', ca: [] })).toMatch(/SELF_SIGNED/);
    expect(
      await shake({
        servername: 'localhost',
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      }),
    ).not.toMatch(/^TLS/);
  });

  it.each([
    [
      'a missing file',
      { 'guard.key': 'x' },
      /guard\.tls\.certificate: \S+guard\.crt cannot be read \(ENOENT\)/,
    ],
    [
      'files that are none',
      { 'guard.crt': 'x', 'guard.key': 'x' },
      /guard\.tls: the files are not a PEM certificate and the private key that belongs to it/,
    ],
  ])('%s is one sentence and exit 2, in check and in serve', async (_, files, sentence) => {
    const cwd = makeWorkspace({
      'nanomq.conf':
        'guard { listen = "127.0.0.1:0", service.listen = "127.0.0.1:0", tls { certificate = guard.crt, key = guard.key } }',
      'keys/ops.pub': OPS.publicPem,
      ...(files as Record<string, string>),
    });
    for (const command of ['check', 'serve']) {
      const { code, stdout, stderr } = await runProgram([command], { cwd });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('a FIFO in the place of the key is refused at once, and no start waits for its writer', async () => {
    const cwd = makeWorkspace({
      'nanomq.conf': 'guard.tls { certificate = guard.crt, key = fifo }',
      'keys/ops.pub': OPS.publicPem,
      'guard.crt': 'x',
    });
    execFileSync('mkfifo', ['fifo'], { cwd });
    const { code, stderr } = await runProgram(['check'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/guard\.tls\.key: \S+fifo cannot be read \(not a regular file\)/);
  });

  it('a key of another certificate is refused in the same way', async () => {
    const cwd = makeWorkspace({ 'keys/ops.pub': OPS.publicPem });
    await runProgram(['certificate', 'localhost', '--name', 'a'], { cwd });
    await runProgram(['certificate', 'localhost', '--name', 'b'], { cwd });
    writeFileSync(join(cwd, 'nanomq.conf'), 'guard.tls { certificate = a.crt, key = b.key }');
    const { code, stderr } = await runProgram(['check'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /guard\.tls: the files are not a PEM certificate and the private key that belongs to it/,
    );
  });
});
