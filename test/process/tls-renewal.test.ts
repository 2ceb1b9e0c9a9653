// Renewed TLS files are taken in by a running guard by itself, however they are put in place; what is half there never is.
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTlsFiles } from '../../src/process/tls-files.ts';
import { Authority, copyPair, swapLink } from '../support/authority.ts';
import { until } from '../support/guard.ts';
import { openTls } from '../support/https.ts';
import { BROKERS, type Pair, startPair } from '../support/pair.ts';
import { makeWorkspace } from '../support/workspace.ts';

const CA = new Authority();
const [FIRST, SECOND] = [CA.sign('first', '/CN=localhost'), CA.sign('second', '/CN=localhost')];
const OTHER_CA = new Authority('Other');

const fingerprintOf = ({ certificate }: { certificate: string }) =>
  new X509Certificate(readFileSync(certificate)).fingerprint256;

async function shown(port: number): Promise<string | undefined> {
  const socket = await openTls(port);
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? {};
  socket.destroy();
  return fingerprint256;
}

async function untilShown(port: number, pair: { certificate: string }): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if ((await shown(port)) === fingerprintOf(pair)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the renewed certificate is not shown');
}

const start = (directory: string): Promise<Pair> =>
  startPair({
    guard: `tls { certificate = "${join(directory, 'guard.crt')}", key = "${join(directory, 'guard.key')}" }`,
  });

/** Requests one after the other, each on a connection of its own, until told to stop. Gives what came of each. */
function askOn(pair: Pair): () => Promise<(number | string | undefined)[]> {
  let isOver = false;
  const seen: (number | string | undefined)[] = [];
  const headers = { authorization: `Bearer ${pair.token}` };
  const ask = () =>
    new Promise<void>((resolve) => {
      const options = {
        port: pair.guard.port,
        path: BROKERS,
        headers,
        rejectUnauthorized: false,
        agent: false,
      };
      get({ host: '127.0.0.1', ...options }, (res) => {
        res.resume().once('end', () => {
          seen.push(res.statusCode);
          resolve();
        });
      }).once('error', (error) => {
        seen.push(error.message);
        resolve();
      });
    });
  const loop = async () => {
    while (!isOver) await ask();
  };
  const all = Promise.all([loop(), loop(), loop(), loop()]);
  return async () => {
    isOver = true;
    await all;
    return seen;
  };
}

describe('a renewal', () => {
  it("by certbot's links takes place under load, and no request is lost", async () => {
    const live = makeWorkspace();
    const links = { 'guard.crt': 'certificate', 'guard.key': 'key' } as const;
    for (const [link, part] of Object.entries(links)) symlinkSync(FIRST[part], join(live, link));
    const pair = await start(live);
    const stop = askOn(pair);
    for (const renewed of [SECOND, FIRST, SECOND]) {
      for (const [link, part] of Object.entries(links)) swapLink(renewed[part], join(live, link));
      await untilShown(pair.guard.port, renewed);
    }
    const seen = await stop();
    expect(seen.length).toBeGreaterThan(10);
    expect(new Set(seen)).toEqual(new Set([200]));
    expect(
      pair.guard.lines.filter((line) => line.startsWith('renewed TLS files are in place, good until 2')),
    ).toHaveLength(3);
  });

  it('by the ..data link of a Kubernetes volume takes place, again and again', async () => {
    const volume = makeWorkspace();
    const fill = (name: string, from: typeof FIRST) => {
      mkdirSync(join(volume, name));
      copyPair(from, join(volume, name));
      swapLink(name, join(volume, '..data'));
    };
    fill('..1', FIRST);
    for (const name of ['guard.crt', 'guard.key']) symlinkSync(join('..data', name), join(volume, name));
    const pair = await start(volume);
    fill('..2', SECOND);
    await untilShown(pair.guard.port, SECOND);
    fill('..3', FIRST);
    await untilShown(pair.guard.port, FIRST);
  });

  it('that stops half way leaves the old pair in use, says so, and goes on once the rest is there', async () => {
    const directory = makeWorkspace();
    copyPair(FIRST, directory);
    const pair = await start(directory);
    copyFileSync(SECOND.certificate, join(directory, 'guard.crt'));
    const { lines } = pair.guard;
    await until(() => lines.some((line) => line.startsWith('guard.tls: the files are not')), 'a complaint');
    expect(lines.join()).toContain('Until then what was there before stays in use');
    expect(await shown(pair.guard.port)).toBe(fingerprintOf(FIRST));
    copyFileSync(SECOND.key, join(directory, 'guard.key'));
    await untilShown(pair.guard.port, SECOND);
  });

  it('that leaves a certificate cut short is not taken in', async () => {
    const directory = makeWorkspace();
    copyPair(FIRST, directory);
    const pair = await start(directory);
    truncateSync(join(directory, 'guard.crt'), 300);
    const { lines } = pair.guard;
    await until(() => lines.some((line) => line.startsWith('guard.tls: ')), 'a complaint');
    expect(await shown(pair.guard.port)).toBe(fingerprintOf(FIRST));
  });

  it('of the service listener takes place as well', async () => {
    const directory = makeWorkspace();
    copyPair(FIRST, directory);
    const [certificate, key] = ['guard.crt', 'guard.key'].map((name) => join(directory, name));
    const pair = await startPair({ guard: `service.tls { certificate = "${certificate}", key = "${key}" }` });
    copyPair(SECOND, directory);
    await untilShown(pair.guard.servicePort, SECOND);
  });

  it('of the client CA shuts out who has a certificate of the old one', async () => {
    const client = CA.sign('client', '/CN=ops');
    const file = join(makeWorkspace(), 'ca.crt');
    copyFileSync(CA.file, file);
    const pair = await startPair({
      guard: `tls { certificate = "${FIRST.certificate}", key = "${FIRST.key}", client_ca = "${file}" }`,
    });
    const show = async () => {
      const [cert, key] = [readFileSync(client.certificate), readFileSync(client.key)];
      const socket = await openTls(pair.guard.port, { cert, key });
      socket.write('GET / HTTP/1.1\r\n\r\n');
      return new Promise<boolean>((resolve) => {
        socket.once('data', () => resolve(true)).once('close', () => resolve(false));
      });
    };
    expect(await show()).toBe(true);
    copyFileSync(OTHER_CA.file, file);
    await until(() => pair.guard.lines.some((line) => line.startsWith('renewed TLS files')), 'the other CA');
    expect(await show()).toBe(false);
  });
});

describe('a CA file', () => {
  const read = (text: string) => {
    const file = join(makeWorkspace({ 'ca.crt': text }), 'ca.crt');
    return () => readTlsFiles({ upstreamCaFile: file });
  };

  it.each([
    ['that is empty', ''],
    ['that holds a key alone', readFileSync(FIRST.key, 'utf8')],
    ['that holds a certificate which no CA is', readFileSync(FIRST.certificate, 'utf8')],
  ])('%s is refused with what to name', (_, text) => {
    expect(read(text)).toThrow(
      /^guard\.upstream\.ca_file: \S+ca\.crt holds no PEM certificate of a CA; name the file of the CA/,
    );
  });

  it('may hold more than the CA', () => {
    const text = `# ours\n${readFileSync(FIRST.certificate, 'utf8')}\n${readFileSync(CA.file, 'utf8')}`;
    expect(read(text)().upstreamCa).toBe(text);
  });

  it('of a client CA is looked at in the same way, with everything else that is wrong', () => {
    const file = join(makeWorkspace({ 'ca.crt': 'x' }), 'ca.crt');
    writeFileSync(`${file}.key`, 'no key');
    const serviceTls = { certificateFile: FIRST.certificate, keyFile: `${file}.key`, clientCaFile: file };
    expect(() => readTlsFiles({ serviceTls })).toThrow(
      /^guard\.service\.tls: the files are not .*\nguard\.service\.tls\.client_ca: \S+ holds no PEM certificate of a CA/,
    );
  });
});
